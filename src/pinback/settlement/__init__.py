"""Stores settlement: the event log and everything that follows from it, on SQLite and PostgreSQL.

`actions.settle` is the one way in: load what a batch touches, fold the rules over it, write it back.
"""
