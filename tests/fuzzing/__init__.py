"""The fuzzing targets under a small budget, and proofs that they notice what they are for."""
