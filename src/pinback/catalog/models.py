"""Products with their variants (SKUs), prices, pictures and stock. Prices are in fen."""

from django.db import models
from django.db.models import F, Q

from pinback.accounts.models import Shop


class Product(models.Model):
    """Something a shop sells. Its public id is the product id of settlement. `postage_minor` is per order."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False)
    title = models.CharField(max_length=120)
    about = models.TextField(max_length=5000, blank=True)
    status = models.CharField(max_length=7, default="draft")
    group_size = models.PositiveSmallIntegerField(default=2)
    group_hours = models.PositiveSmallIntegerField(default=24)
    postage_minor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=("draft", "on_sale", "off")), name="product_status"
            ),
            models.CheckConstraint(
                condition=Q(group_size__gte=2) & Q(group_size__lte=100), name="product_group_size"
            ),
            models.CheckConstraint(
                condition=Q(group_hours__gte=1) & Q(group_hours__lte=168), name="product_group_hours"
            ),
            models.CheckConstraint(condition=Q(postage_minor__gte=0), name="product_postage"),
        )
        indexes = (models.Index(fields=("shop", "status"), name="product_of_shop"),)


class Sku(models.Model):
    """A variant of a product with its prices and its stock: `stock_left` is what can still be ordered.

    `version` counts the changes that staff make to it; orders change the stock alone.
    """

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, db_constraint=False)
    name = models.CharField(max_length=60)
    solo_price_minor = models.BigIntegerField()
    group_price_minor = models.BigIntegerField()
    stock_left = models.BigIntegerField()
    is_offered = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(group_price_minor__gte=1) & Q(group_price_minor__lte=F("solo_price_minor")),
                name="sku_prices",
            ),
            models.CheckConstraint(condition=Q(stock_left__gte=0), name="sku_stock"),
            models.UniqueConstraint(fields=("product", "name"), name="sku_name"),
        )


class Picture(models.Model):
    """A picture of a product, as it was checked, resized and stripped of what the camera wrote into it."""

    id = models.BigIntegerField(primary_key=True)
    shop = models.ForeignKey(Shop, models.DO_NOTHING, db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, db_constraint=False, db_index=False)
    file = models.CharField(max_length=100, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    place = models.PositiveSmallIntegerField()

    class Meta:
        indexes = (models.Index(fields=("product", "place"), name="picture_of_product"),)
