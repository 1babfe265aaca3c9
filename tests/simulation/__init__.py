"""Small worlds that live on each kind of engine, and proofs that their auditor can fail."""
