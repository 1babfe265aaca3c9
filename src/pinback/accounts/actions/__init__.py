"""Writes of people, shops, staff, sessions, keys, addresses and what people keep of lists."""

from pinback.accounts.actions.addresses import AddressTerms, add_address, change_address, remove_address
from pinback.accounts.actions.keys import (
    make_key,
    make_operator_key,
    revoke_key,
    revoke_operator_keys,
)
from pinback.accounts.actions.letters import forget_letters, send_letters
from pinback.accounts.actions.lists import MOST_FILTERS, keep_filter, keep_look, remove_filter
from pinback.accounts.actions.passwords import (
    ask_for_link,
    make_link,
    make_staff_link,
    set_password_by_link,
)
from pinback.accounts.actions.people import change_password, change_profile, register
from pinback.accounts.actions.secret import PREFIX_LENGTH, hash_of
from pinback.accounts.actions.sessions import (
    SESSION,
    end_other_sessions,
    end_session,
    sign_in,
    start_session,
)
from pinback.accounts.actions.shops import change_shop, open_shop
from pinback.accounts.actions.staff import add_staff, change_role, remove_staff

__all__ = [
    "MOST_FILTERS",
    "PREFIX_LENGTH",
    "SESSION",
    "AddressTerms",
    "add_address",
    "add_staff",
    "ask_for_link",
    "change_address",
    "change_password",
    "change_profile",
    "change_role",
    "change_shop",
    "end_other_sessions",
    "end_session",
    "forget_letters",
    "hash_of",
    "keep_filter",
    "keep_look",
    "make_key",
    "make_link",
    "make_operator_key",
    "make_staff_link",
    "open_shop",
    "register",
    "remove_address",
    "remove_filter",
    "remove_staff",
    "revoke_key",
    "revoke_operator_keys",
    "send_letters",
    "set_password_by_link",
    "sign_in",
    "start_session",
]
