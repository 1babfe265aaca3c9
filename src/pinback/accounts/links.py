"""One-time links for a new password: Django's tokens, on the market's clock.

A token is made of the person, their password so far, their login, and the moment, under the secret key of the
installation. So it is in no table; it ends with any new password, with another login, and after
`PASSWORD_RESET_TIMEOUT`.
"""

from datetime import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from pinback.accounts.models import Person
from pinback.accounts.queries import is_only_staff
from pinback.kit import clock
from pinback.kit.ids import id_of, public_id

PATH = "/password/link/"
"""Where a link leads; behind it the person's id and the token."""


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "pinback.accounts.links"

    def _now(self) -> datetime:
        # Django counts in naive time; the difference of two of them is all that counts.
        return clock.now().replace(tzinfo=None)


class _ShopsTokens(_Tokens):
    key_salt = "pinback.accounts.links by a shop"


_tokens, _shops_tokens = _Tokens(), _ShopsTokens()


def path_of_new_link(person: Person, *, by_shop: bool = False) -> str:
    """The path of a new link for somebody, which whoever has it may use once. `by_shop`: a shop made it, and
    it holds only as long as there is nothing else in the account.
    """
    tokens = _shops_tokens if by_shop else _tokens
    return f"{PATH}{public_id(person.pk)}/{tokens.make_token(person)}"


def person_by_link(public: str, token: str) -> Person | None:
    """Whose link that is; None: nobody's, or it is used up or too old."""
    try:
        person = Person.objects.filter(pk=id_of(public), is_active=True).first()
    except ValueError:
        return None
    if person is None:
        return None
    holds = _tokens.check_token(person, token)
    if not holds:
        holds = _shops_tokens.check_token(person, token) and is_only_staff(person)
    return person if holds else None
