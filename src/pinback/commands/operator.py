"""`pinback operator`: the first person of an installation, and a key for programs that act for them."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument, open_database
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from pinback.accounts.models import Person

SCOPES = ("events.write", "decisions.read", "webhooks.write")
_PREFIX_LENGTH = 12

HELP = _("make somebody the operator, or give them a key for the engine")
DESCRIPTION = _("""\
Makes the operator of this installation, or gives one a new password or a key. The key brings events of
all shops and reads their decisions; it is shown this once.

  pinback operator opal@example.com --password < password.txt
  pinback operator opal@example.com --key engine
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback operator`."""
    parser.add_argument("login", metavar="LOGIN", help=_("e-mail address or phone number"))
    parser.add_argument(
        "--password", action="store_true", help=_("read a password from the first line of standard input")
    )
    parser.add_argument("--key", metavar="NAME", help=_("make a key of that name, and print it"))
    add_database_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command."""
    open_database(arguments.database)
    password = sys.stdin.readline().rstrip("\n") if arguments.password else None
    secret = _make(arguments.login, password, arguments.key)
    if secret is None:
        print(_("{login} is the operator").format(login=arguments.login))
    else:
        print(secret)
    return 0


def _make(login: str, password: str | None, key: str | None) -> str | None:
    """The operator, as they are to be; the secret of a new key."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from pinback.accounts.models import Person
    from pinback.kit import clock
    from pinback.kit.ids import new_id
    from pinback.kit.transactions import durable

    try:
        if password is not None:
            validate_password(password)
    except ValidationError as error:
        raise CommandProblem(" ".join(error.messages)) from error

    @durable
    def make() -> str | None:
        now = clock.now()
        known = Person.objects.filter(login=login).first()
        person = known or Person(id=new_id(), login=login, name=login[:60], language="en", created_at=now)
        person.is_operator = True
        if password is not None:
            person.set_password(password)
        elif known is None:
            person.set_unusable_password()
        person.save(force_insert=known is None)
        return None if key is None else _new_key(person, key)

    return make()


def _new_key(person: "Person", name: str) -> str:
    import secrets

    from pinback.accounts.actions import hash_of
    from pinback.accounts.models import Credential
    from pinback.kit import clock
    from pinback.kit.ids import new_id

    secret = f"pbk_{secrets.token_urlsafe(32)}"
    Credential.objects.create(
        id=new_id(),
        kind="key",
        prefix=secret[:_PREFIX_LENGTH],
        secret_hash=hash_of(secret),
        name=name[:60],
        scopes=list(SCOPES),
        person=person,
        created_at=clock.now(),
    )
    return secret
