"""How a command says that it cannot go on."""


class CommandProblem(Exception):
    """The command ends with exit code 2 and this one line."""
