"""The commands of `pinback`: a module each, with `add_arguments` and `run`; what is heavy is imported in `run`."""
