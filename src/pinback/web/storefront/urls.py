"""Addresses of the storefront."""

from django.urls import URLPattern, path

from pinback.web.storefront.views import bought, buying, looking, oneself, refunding, reviewing, sharing

urlpatterns: list[URLPattern] = [
    path("", looking.home, name="home"),
    path("search", looking.search, name="search"),
    path("s/<str:shop>/", looking.shop, name="store"),
    path("p/<str:product>/", looking.product, name="product"),
    path("p/<str:product>/buy", buying.buy, name="buy"),
    path("g/<str:group>/", looking.group, name="group"),
    path("l/<str:link>/", sharing.follow, name="follow"),
    path("l/<str:link>/share", sharing.shared, name="shared"),
    path("share/<str:kind>/<str:target>", sharing.share, name="share"),
    path("seen/<str:kind>/<str:target>", sharing.seen, name="seen"),
    path("orders/", bought.orders, name="orders"),
    path("orders/<str:order>/", bought.order, name="order"),
    path("orders/<str:order>/pay", buying.pay, name="pay"),
    path("orders/<str:order>/pay/<str:payment>", buying.payment, name="payment"),
    path("orders/<str:order>/act", bought.act, name="order-act"),
    path("orders/<str:order>/refund", refunding.refund, name="refund"),
    path("orders/<str:order>/review", reviewing.review, name="review"),
    path("p/<str:product>/reviews", reviewing.of_product, name="reviews"),
    path("s/<str:shop>/reviews", reviewing.of_shop, name="store-reviews"),
    path("cases/", refunding.cases, name="cases"),
    path("cases/<str:case>/", refunding.case, name="case"),
    path("cases/<str:case>/act", refunding.act, name="case-act"),
    path("sandbox/pay/<str:payment>", buying.decide, name="sandbox-decide"),
    path("wallet/", bought.wallet, name="wallet"),
    path("account/", oneself.account, name="account"),
    path("account/profile", oneself.profile, name="profile"),
    path("account/password", oneself.password, name="password"),
    path("account/sessions", oneself.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("addresses/", oneself.addresses, name="addresses"),
    path("addresses/new", oneself.new_address, name="new-address"),
    path("addresses/<str:address>/", oneself.address, name="address"),
    path("addresses/<str:address>/act", oneself.address_act, name="address-act"),
]
