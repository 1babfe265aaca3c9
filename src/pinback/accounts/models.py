"""People, shops, staff with roles, keys and sessions, addresses, letters, and refused attempts.

A person's public id is the buyer id of settlement; a shop's `name` is its shop id there. A row of another
table points without a constraint in the database (ADR 0012).
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q

ROLES = ("owner", "marketing", "service", "warehouse", "finance")


class Person(AbstractBaseUser):
    """Somebody who signs in: buyer, staff of shops, or operator. `login` is a phone number in E.164 or an
    e-mail address in lower case.
    """

    id = models.BigIntegerField(primary_key=True)
    login = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=60)
    language = models.CharField(max_length=8, default="zh-hans")
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "login"
    # A link for a new password holds for the login it was made for (`accounts.links`).
    EMAIL_FIELD = "login"
    REQUIRED_FIELDS = []  # noqa: RUF012 - as Django has it


class Shop(models.Model):
    """A merchant's store in the market. `name` is its id in settlement and in addresses, `title` what people
    read.
    """

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=60)
    about = models.TextField(max_length=2000, blank=True)
    timezone = models.CharField(max_length=64, default="Asia/Shanghai")
    status = models.CharField(max_length=9, default="open")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("open", "suspended")), name="accounts_shop_status"
            ),
        )


class Staff(models.Model):
    """A person works for a shop, in one role."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    role = models.CharField(max_length=9)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("shop", "person"), name="staff_once"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="staff_role"),
        )


class Credential(models.Model):
    """A key of a shop, or the session of a person: a secret of which only the hash is kept.

    `prefix` is its readable beginning, by which it is found and shown. A key of a shop acts for the shop
    within its `scopes`; a session acts as its person. `shop` is None for a session, and for a key of the
    operator.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=7)
    prefix = models.CharField(max_length=20, unique=True)
    secret_hash = models.CharField(max_length=64)
    name = models.CharField(max_length=60, blank=True)
    scopes = models.JSONField(default=list)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, null=True, db_constraint=False)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=("key", "session")), name="credential_kind"),
        )


class Address(models.Model):
    """Where a person has things sent."""

    id = models.BigIntegerField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False)
    recipient = models.CharField(max_length=60)
    phone = models.CharField(max_length=20)
    region = models.CharField(max_length=120)
    street = models.CharField(max_length=200)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)


class Attempt(models.Model):
    """What somebody tried and was refused: a sign-in, or another's order. For the operator to see."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=20)
    login = models.CharField(max_length=254, blank=True)
    person_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=45)
    what = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("kind", "login", "at"), name="attempt_by_login"),
            models.Index(fields=("kind", "address", "at"), name="attempt_by_address"),
        )


class Letter(models.Model):
    """An e-mail that is to go out: to a login that was typed, whether anybody has it or not, so that asking
    for one tells nothing. It is written when it is sent, and gone then; a link is in no table.

    `next_try_at` None: given up.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=7)
    login = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(kind__in=("link", "changed")), name="letter_kind"),)
        indexes = (models.Index(fields=("next_try_at",), name="letter_due"),)


class SavedFilter(models.Model):
    """A filter of a list that somebody gave a name: `query` is the part of the address behind the question
    mark. `list_name` is one of the faces' lists; `shop_name` is empty for a list of the operator's.
    """

    id = models.BigIntegerField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    list_name = models.CharField(max_length=40)
    shop_name = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("person", "list_name", "shop_name", "name"), name="filter_name_once"
            ),
        )


class ListLook(models.Model):
    """How somebody wants to see a list, in whichever shop: how dense, and with which columns beside the first
    one (None: the usual ones).
    """

    id = models.BigIntegerField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING, db_constraint=False, db_index=False)
    list_name = models.CharField(max_length=40)
    is_compact = models.BooleanField(default=False)
    columns = models.JSONField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "list_name"), name="look_once"),)
