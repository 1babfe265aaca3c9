"""The commands of `pinback`, a module each: `add_arguments` and `run`, which imports what is heavy."""
