"""Tools for working on Pinback; none of them is needed to run it."""
