"""Fuzzing: bytes that nobody meant, through the reader of events and through the rules.

`targets` says what must hold for any bytes, `decoding` and `play` make lines and stories of them. They are
driven by Hypothesis (`python -m fuzzing`, a little in the tests) or by a coverage-guided fuzzer (README.md).
"""
