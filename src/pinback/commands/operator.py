"""`pinback operator`: the first person of an installation, and a key for programs that act for them."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument, open_database
from pinback.kit.language import gettext as _

HELP = _("make somebody the operator, or give them a key for the engine")
DESCRIPTION = _("""\
Makes the operator of this installation, or gives one a new password or a key. The key brings events of
all shops and reads their decisions, or may do what its scopes say; it is shown this once.

  pinback operator opal@example.com --password < password.txt
  pinback operator opal@example.com --key engine
  pinback operator opal@example.com --key deploy --scope shops.admit --scope clock.set
  pinback operator opal@example.com --revoke deploy
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback operator`."""
    parser.add_argument("login", metavar="LOGIN", help=_("e-mail address or phone number"))
    parser.add_argument(
        "--password", action="store_true", help=_("read a password from the first line of standard input")
    )
    parser.add_argument("--key", metavar="NAME", help=_("make a key of that name, and print it"))
    parser.add_argument(
        "--scope",
        action="append",
        metavar="SCOPE",
        default=[],
        help=_("what the key may do, once for each, such as shops.admit; without any, what the engine needs"),
    )
    parser.add_argument(
        "--revoke", metavar="NAME", help=_("end the operator's keys of that name, or that begin so")
    )
    add_database_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command."""
    open_database(arguments.database)
    if arguments.revoke is not None:
        return _revoke(arguments.login, arguments.revoke)
    password = sys.stdin.readline().rstrip("\n") if arguments.password else None
    secret = _make(arguments.login, password, arguments.key, arguments.scope)
    if secret is None:
        print(_("{login} is the operator").format(login=arguments.login))
    else:
        print(secret)
    return 0


def _make(login: str, password: str | None, key: str | None, scopes: Sequence[str]) -> str | None:
    """The operator, as they are to be; the secret of a new key."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from pinback.accounts.actions import make_operator_key
    from pinback.accounts.models import Person
    from pinback.accounts.rules import ENGINE_SCOPES, OPERATOR_SCOPES
    from pinback.kit import clock
    from pinback.kit.ids import new_id
    from pinback.kit.transactions import durable

    if not set(scopes) <= OPERATOR_SCOPES:
        known = ", ".join(sorted(OPERATOR_SCOPES))
        raise CommandProblem(_("a key can have these scopes: {scopes}").format(scopes=known))
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
        if key is None:
            return None
        return make_operator_key(person, name=key, scopes=scopes or ENGINE_SCOPES, now=now)[1]

    return make()


def _revoke(login: str, name: str) -> int:
    from pinback.accounts.actions import revoke_operator_keys
    from pinback.accounts.models import Person
    from pinback.kit import clock

    person = Person.objects.filter(login=login).first()
    ended = 0 if person is None else revoke_operator_keys(person, name, now=clock.now())
    if not ended:
        raise CommandProblem(_("there is no such key that could be ended"))
    print(_("{count} keys ended").format(count=ended))
    return 0
