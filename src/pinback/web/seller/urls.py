"""Addresses of the seller's pages."""

from django.urls import URLPattern, path

from pinback.web.seller import figures_urls as figures
from pinback.web.seller.views import opening, orders, overview, products, refunds, shipping

urlpatterns: list[URLPattern] = [
    path("", opening.shops, name="seller"),
    path("open", opening.open_shop, name="seller-open"),
    path("<str:shop>/", overview.overview, name="seller-shop"),
    path("<str:shop>/settings", opening.settings, name="seller-settings"),
    *figures.urlpatterns,
    path("<str:shop>/orders/", orders.orders, name="seller-orders"),
    path("<str:shop>/orders.csv", orders.export, name="seller-orders-export"),
    path("<str:shop>/orders/<str:order>/", orders.order, name="seller-order"),
    path("<str:shop>/orders/<str:order>/ship", orders.ship, name="seller-ship"),
    path("<str:shop>/orders/<str:order>/reissue", orders.reissue, name="seller-reissue"),
    path("<str:shop>/orders/<str:order>/compensate", orders.compensate, name="seller-compensate"),
    path("<str:shop>/orders/<str:order>/parcels/<str:parcel>", orders.correct, name="seller-correct"),
    path("<str:shop>/refunds/", refunds.refunds, name="seller-refunds"),
    path("<str:shop>/refunds.csv", refunds.export, name="seller-refunds-export"),
    path("<str:shop>/refunds/<str:case>", refunds.decide, name="seller-decide"),
    path("<str:shop>/products/", products.products, name="seller-products"),
    path("<str:shop>/products/new", products.new, name="seller-product-new"),
    path("<str:shop>/products/<str:product>/", products.product, name="seller-product"),
    path("<str:shop>/products/<str:product>/change", products.change, name="seller-product-change"),
    path("<str:shop>/products/<str:product>/move", products.move, name="seller-product-move"),
    path("<str:shop>/products/<str:product>/variants", products.add_sku, name="seller-sku-add"),
    path("<str:shop>/products/<str:product>/variants/<str:sku>", products.change_sku, name="seller-sku"),
    path("<str:shop>/products/<str:product>/pictures", products.add_pictures, name="seller-pictures"),
    path(
        "<str:shop>/products/<str:product>/pictures/<str:picture>/remove",
        products.remove_picture,
        name="seller-picture-remove",
    ),
    path("<str:shop>/shipping/", shipping.shipping, name="seller-shipping"),
    path("<str:shop>/shipping/apply", shipping.apply, name="seller-shipping-apply"),
    path("<str:shop>/to-ship.csv", shipping.to_ship, name="seller-to-ship"),
]
