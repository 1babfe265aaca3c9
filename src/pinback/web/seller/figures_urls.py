"""Addresses of store marketing, reports, funds, staff, keys and webhooks."""

from django.urls import URLPattern, path

from pinback.web.seller.views import activities, campaign, funds, hooks, keys, marketing, reports, staff

urlpatterns: list[URLPattern] = [
    path("<str:shop>/marketing/", marketing.campaigns, name="seller-marketing"),
    path("<str:shop>/marketing/new", marketing.new, name="seller-campaign-new"),
    path("<str:shop>/marketing/new/quote", marketing.quote, name="seller-campaign-quote"),
    path("<str:shop>/marketing/new/review", marketing.review, name="seller-campaign-review"),
    path("<str:shop>/marketing/<str:campaign>/", campaign.campaign, name="seller-campaign"),
    path("<str:shop>/marketing/<str:campaign>/name", campaign.rename, name="seller-campaign-name"),
    path("<str:shop>/marketing/<str:campaign>/pay", campaign.pay, name="seller-campaign-pay"),
    path("<str:shop>/marketing/<str:campaign>/share", campaign.share, name="seller-campaign-share"),
    path("<str:shop>/marketing/<str:campaign>/end", campaign.end, name="seller-campaign-end"),
    path(
        "<str:shop>/marketing/<str:campaign>/payments/<str:payment>/",
        campaign.payment,
        name="seller-payment",
    ),
    path(
        "<str:shop>/marketing/<str:campaign>/payments/<str:payment>/decide",
        campaign.decide,
        name="seller-payment-decide",
    ),
    path("<str:shop>/reports/", reports.reports, name="seller-reports"),
    path("<str:shop>/reports/sales.csv", reports.export, name="seller-reports-export"),
    path("<str:shop>/funds/", funds.funds, name="seller-funds"),
    path("<str:shop>/funds/statement.csv", funds.export, name="seller-statement-export"),
    path("<str:shop>/funds/payouts/", funds.payouts, name="seller-payouts"),
    path("<str:shop>/funds/payouts/new", funds.payout, name="seller-payout"),
    path("<str:shop>/funds/payouts/<str:payout>/withdraw", funds.withdraw, name="seller-payout-withdraw"),
    path("<str:shop>/staff/", staff.staff, name="seller-staff"),
    path("<str:shop>/staff/<str:person>/", staff.member, name="seller-member"),
    path("<str:shop>/staff/<str:person>/link", staff.link, name="seller-member-link"),
    path("<str:shop>/keys/", keys.keys, name="seller-keys"),
    path("<str:shop>/keys/new", keys.new, name="seller-key-new"),
    path("<str:shop>/keys/<str:key>/revoke", keys.revoke, name="seller-key-revoke"),
    path("<str:shop>/webhooks/", hooks.hooks, name="seller-hooks"),
    path("<str:shop>/webhooks/new", hooks.new, name="seller-hook-new"),
    path("<str:shop>/webhooks/<str:endpoint>/", hooks.hook, name="seller-hook"),
    path("<str:shop>/webhooks/<str:endpoint>/test", hooks.test, name="seller-hook-test"),
    path("<str:shop>/webhooks/<str:endpoint>/act", hooks.act, name="seller-hook-act"),
    path("<str:shop>/webhooks/<str:endpoint>/delete", hooks.delete, name="seller-hook-delete"),
    path("<str:shop>/webhooks/<str:endpoint>/replay", hooks.replay, name="seller-hook-replay"),
    path("<str:shop>/activities/", activities.activities, name="seller-activities"),
    path("<str:shop>/activities/<str:activity>/", activities.activity, name="seller-activity"),
    path("<str:shop>/activities/<str:activity>/join", activities.sign_up, name="seller-activity-join"),
    path("<str:shop>/activities/<str:activity>/leave", activities.withdraw, name="seller-activity-leave"),
]
