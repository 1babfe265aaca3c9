"""The law of the settlement specification, and what else must always be true, as properties of generated
runs.
"""
