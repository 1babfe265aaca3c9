"""`pinback version`: which Pinback this is."""

from argparse import ArgumentParser, Namespace

from pinback import __version__
from pinback.kit.language import gettext as _

HELP = _("show the version")
DESCRIPTION = _("Shows the version of Pinback.")


def add_arguments(parser: ArgumentParser) -> None:
    """It takes none."""


def run(arguments: Namespace) -> int:  # noqa: ARG001 - as every command is called
    """Run the command."""
    print(f"pinback {__version__}")
    return 0
