"""The settlement rules of `settlement.md` as code: pure, no Django, no I/O, no clock, no randomness.

`parse_line` turns a line of input into a typed event (section 10), `settle` folds one event into a `State`
and returns its decisions (section 11), `state_document` shows a state (section 12).
"""
