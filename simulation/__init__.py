"""A small world of shops, buyers and bonus hunters that lives for simulated months on the settlement engine.

`run` lets a world live from its seed, `auditing` watches it from outside: it sees the events that are sent
and the decisions that come back, and knows nothing of how they are made. `python -m simulation --help`.
"""
