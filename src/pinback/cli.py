"""The command line: `pinback COMMAND`. Each command is a module of `pinback.commands`.

Exit codes: 0 the command did its work; 1 it found something (`audit`); 2 it could not, one line says why.
"""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module

from pinback import __version__
from pinback.commands.problem import CommandProblem
from pinback.kit.files import FileProblem
from pinback.kit.language import gettext as _

COMMANDS = (
    "settle",
    "import-orders",
    "audit",
    "reconcile",
    "report",
    "serve",
    "worker",
    "operator",
    "demo",
    "migrate",
    "version",
)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="pinback",
        formatter_class=RawDescriptionHelpFormatter,
        description=_(
            "Group-buying promotions that stay right when orders are refunded.\n"
            "Refund everything and everyone is back where they started."
        ),
        epilog=_("`pinback COMMAND --help` tells more, with examples."),
    )
    parser.add_argument("--version", action="version", version=f"pinback {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title=_("commands"))
    for name in COMMANDS:
        module = import_module(f"pinback.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            formatter_class=RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (CommandProblem, FileProblem) as problem:
        return _stopped() if _began_with_ctrl_c(problem) else _fail(str(problem), 2)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        # Whoever read our output has had enough.
        _give_up_output()
        return 141
    except OSError as error:
        return _fail(_("cannot go on: {reason}").format(reason=_system_reason(error)), 2)
    except Exception as error:
        # People get a line, developers the traceback with PINBACK_DEBUG=1.
        if os.environ.get("PINBACK_DEBUG") == "1":
            raise
        return _fail(
            _("this is a fault of Pinback's own: {error}").format(error=f"{type(error).__name__}: {error}"),
            70,
        )
    return code


def _stopped() -> int:
    return _fail(_("stopped"), 130)


def _began_with_ctrl_c(error: BaseException) -> bool:
    """Whether Ctrl-C is behind an error: who is stopped in the midst of a transaction may find that the
    driver cannot take it back any more, and that hides why.
    """
    behind = error.__cause__ or error.__context__
    return behind is not None and (isinstance(behind, KeyboardInterrupt) or _began_with_ctrl_c(behind))


def _fail(line: str, code: int) -> int:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _give_up_output()
    print(f"pinback: {line}", file=sys.stderr)
    return code


def _system_reason(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _give_up_output() -> None:
    """Let the rest of standard output go nowhere, or Python would try again, and complain, at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
