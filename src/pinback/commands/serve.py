"""`pinback serve`: the pages, on this machine."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument, open_database
from pinback.commands.worker import work
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler

ADDRESS = "127.0.0.1"
_THREADS = 4
_STOP_SECONDS = 5
_LOOK_SECONDS = 0.05

HELP = _("serve the pages on this machine")
DESCRIPTION = _("""\
Serves Pinback's pages on http://127.0.0.1:8000 until it is stopped with Ctrl-C.

  pinback serve
  pinback serve --port 8080 --database postgresql://localhost/shop
""")


def port_number(text: str) -> int:
    """A port that a server can listen at."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(_("{text} is not a port from 1 to 65535").format(text=text))
    return int(text)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback serve`."""
    add_database_argument(parser)
    parser.add_argument(
        "--port", type=port_number, default=8000, metavar="N", help=_("port to listen at (default: 8000)")
    )
    parser.add_argument(
        "--no-worker",
        action="store_true",
        help=_("leave timers and deliveries to `pinback worker`, running beside this"),
    )


def run(arguments: Namespace) -> int:
    """Run the command until it is told to stop."""
    open_database(arguments.database)
    serve(arguments.port, with_worker=not arguments.no_worker)
    return 0


def serve(port: int, *, with_worker: bool = True) -> None:
    """Serve the pages from the open database until SIGINT or SIGTERM. Raises CommandProblem if it cannot."""
    _refuse_private_database()
    _check_port(port)
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # The worker is a copy of this process: it shall share no connection, and say nothing twice.
    connections.close_all()
    sys.stdout.flush()
    server = Granian(
        "pinback.config.wsgi:application",
        address=ADDRESS,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning,
    )
    try:
        server.serve(target_loader=partial(pages, port, with_worker), wrap_loader=False)
    finally:
        # Whoever goes on after us is stopped as if there had been no server.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def pages(port: int, with_worker: bool) -> "WSGIHandler":
    """The pages, as the worker process runs them; it says when they are there, and ends with its parent."""
    from pinback.config.wsgi import application

    Thread(target=_announce, args=(port,), daemon=True).start()
    Thread(target=_end_with_parent, daemon=True).start()
    if with_worker:
        Thread(target=work, args=(Event(),), name="pinback-worker", daemon=True).start()
    return application


def _announce(port: int) -> None:
    """Print the address, as soon as somebody listens there."""
    while True:
        try:
            socket.create_connection((ADDRESS, port)).close()
        except ConnectionRefusedError:
            time.sleep(_LOOK_SECONDS)
        else:
            break
    told = _("Pinback is at http://{address}:{port} (Ctrl-C stops it)").format(address=ADDRESS, port=port)
    print(told, flush=True)


def _end_with_parent() -> None:
    """Stop when the parent is gone, however it went; else the worker of a killed server would live on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _refuse_private_database() -> None:
    """A database in memory belongs to one connection, so pages could not see it."""
    from django.db import connection

    if connection.settings_dict["NAME"] == ":memory:":
        raise CommandProblem(
            _("pages cannot be served from :memory:; name a file, as in sqlite:///shop.sqlite3")
        )


def _check_port(port: int) -> None:
    """Say in one line that the port is taken; the server would say it in many."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise CommandProblem(
                _("cannot listen at {address}:{port}: {reason}").format(
                    address=ADDRESS, port=port, reason=error.strerror
                )
            ) from error
