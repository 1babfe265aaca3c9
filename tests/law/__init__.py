"""The law of the settlement specification, and what else must always be true, as properties over generated runs."""
