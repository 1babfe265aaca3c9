"""Django's settings. What differs between installations is read from the environment, once, here.

After each variable its meaning, and its default last.

PINBACK_HOME                   folder of the SQLite file and of the generated secret key; the current folder
DATABASE_URL                   postgresql://…, sqlite:///path or :memory:; else pinback.sqlite3 in the home
PINBACK_STATEMENT_TIMEOUT_MS   PostgreSQL ends a statement after this time, but not those that read or rebuild
                               everything (audit, state, reports, migrations); 60000, 0 for never
PINBACK_LOCK_TIMEOUT_MS        PostgreSQL ends the wait for a lock after this time; 30000, 0 for never
PINBACK_RECONNECT_SECONDS      how long a server is waited for that restarts or is full; 30, 0 for not at all
PINBACK_PREPARED_STATEMENTS    0: PostgreSQL keeps no statements for a connection, for a pooler that gives
                               connections on after each transaction (PgBouncer before 1.21); 1
PINBACK_SECRET_KEY             signs what browsers hold; generated and kept in the home
PINBACK_ALLOWED_HOSTS          host names that may be asked for, by commas; this machine only
PINBACK_TRUSTED_ORIGINS        origins such as https://shop.example that may post forms, by commas; none
PINBACK_TRUSTED_PROXIES        proxies whose X-Forwarded-For is believed: addresses, networks, by commas; none
PINBACK_HTTPS                  1: https only, behind a proxy that sets X-Forwarded-Proto; 0
PINBACK_CURRENCY               what the minor units are of, an ISO 4217 code such as GBP; CNY
PINBACK_SANDBOX                1: sandbox payments, a clock the operator may set forward, a demo market; 1
PINBACK_PAY_MINUTES            an order that is not paid within so many minutes is closed; 15
PINBACK_RECEIVE_DAYS           an order counts as received so many days after its shipping; 10
PINBACK_RATE                   requests a minute to the API by one key, one session, or one address without
                               either, in each process of the server; 3000, 0 for any number
PINBACK_NEWS_DAYS              decisions in the feed, and webhooks that are done, are kept so many days; 30
PINBACK_CARRIERS               carriers that post signed notices, name=secret by commas; none
PINBACK_MEDIA                  folder of uploaded pictures; media in the home
PINBACK_PUBLIC_URL             where the world reaches this installation, such as https://shop.example; none
EMAIL_URL                      how mail goes out, such as submission://user:password@mail.example, console: or
                               file:///folder; none: no mail, and nothing that needs it is offered
PINBACK_MAIL_FROM              whom mail is from, such as Tea market <no-reply@shop.example>; noreply at the
                               host of PINBACK_PUBLIC_URL
PINBACK_CONTACT                whom people ask who cannot get in, a phone number say; none
PINBACK_WECHAT_MCHID           WeChat Pay, API v3: number of the merchant; none, as all of WeChat Pay's
PINBACK_WECHAT_APPID           the app or official account that is bound to it
PINBACK_WECHAT_API_V3_KEY      the key of 32 characters that notices are sealed with
PINBACK_WECHAT_PRIVATE_KEY     file of the merchant's private key, apiclient_key.pem
PINBACK_WECHAT_SERIAL          serial number of the merchant's certificate
PINBACK_WECHAT_PUBLIC_KEY      file of WeChat Pay's public key, pub_key.pem; platform certificates
PINBACK_WECHAT_PUBLIC_KEY_ID   its id, PUB_KEY_ID_…
PINBACK_WECHAT_CERTIFICATES    folder of fetched platform certificates; fetched at each start
PINBACK_WECHAT_APP_SECRET      the official account's AppSecret, to pay inside WeChat without a QR code; none
PINBACK_WECHAT_BASE            where WeChat Pay is; https://api.mch.weixin.qq.com
PINBACK_WECHAT_OPEN_BASE       where WeChat says who a payer is; https://open.weixin.qq.com
PINBACK_WECHAT_API_BASE        where a payer's openid is asked for; https://api.weixin.qq.com
PINBACK_STRIPE_SECRET_KEY      debit cards, through Stripe: sk_…; none
PINBACK_STRIPE_PUBLISHABLE_KEY what browsers are given, pk_…; none
PINBACK_STRIPE_WEBHOOK_SECRET  what Stripe signs its notices with, whsec_…; none
PINBACK_STRIPE_BASE            where Stripe is; https://api.stripe.com
PINBACK_DEBUG                  1: Django's error pages, files served as they are; 0
PINBACK_LOG_LEVEL              DEBUG, INFO, WARNING or ERROR; INFO
"""

import os
import re
from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.functional import SimpleLazyObject

from pinback.config.databases import database
from pinback.config.mail import mail, sender
from pinback.config.proxies import networks
from pinback.config.secret import secret_key


def _switch(name: str, default: str = "0") -> bool:
    """Whether the environment turns `name` on."""
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    """The comma-separated words of the environment variable `name`."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


_PACKAGE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("PINBACK_HOME") or ".").resolve()

DEBUG = _switch("PINBACK_DEBUG")
# Lazy: a command that signs nothing leaves no key file behind.
SECRET_KEY = SimpleLazyObject(lambda: secret_key(home=HOME))
ALLOWED_HOSTS = _words("PINBACK_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = _words("PINBACK_TRUSTED_ORIGINS")
PINBACK_TRUSTED_PROXIES = networks(_words("PINBACK_TRUSTED_PROXIES"))

DATABASES = {
    "default": database(
        os.environ.get("DATABASE_URL", ""),
        home=HOME,
        statement_timeout_ms=int(os.environ.get("PINBACK_STATEMENT_TIMEOUT_MS", "60000")),
        lock_timeout_ms=int(os.environ.get("PINBACK_LOCK_TIMEOUT_MS", "30000")),
    )
}
PINBACK_RECONNECT_SECONDS = float(os.environ.get("PINBACK_RECONNECT_SECONDS", "30"))
PINBACK_PREPARED_STATEMENTS = _switch("PINBACK_PREPARED_STATEMENTS", "1")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "pinback.web.collecting.CollectedFilesConfig",
    "pinback.kit",
    "pinback.settlement",
    "pinback.accounts",
    "pinback.catalog",
    "pinback.groups",
    "pinback.delivery",
    "pinback.payments",
    "pinback.checkout",
    "pinback.marketing",
    "pinback.desk",
    "pinback.insight",
    "pinback.api",
    "pinback.web",
]
AUTH_USER_MODEL = "accounts.Person"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
MIDDLEWARE = [
    "pinback.web.proxies.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pinback.web.policy.PolicyMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "pinback.api.outside.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pinback.web.sessions.SessionMiddleware",
    "pinback.web.errors.ErrorMiddleware",
]
ROOT_URLCONF = "pinback.config.urls"
WSGI_APPLICATION = "pinback.config.wsgi.application"
# The page that shows the API's description is django-ninja's. As an app of its own it would be imported whole
# by every command; its folder is found without that.
_NINJA = Path(find_spec("ninja").origin).parent  # type: ignore[union-attr,arg-type]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [_NINJA / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.static",
                "django.contrib.messages.context_processors.messages",
                "pinback.web.context.now",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# Without real money and with a clock that can be set: the default, so that nobody charges a card by accident.
PINBACK_SANDBOX = _switch("PINBACK_SANDBOX", "1")
PINBACK_PAY_MINUTES = int(os.environ.get("PINBACK_PAY_MINUTES") or 15)
PINBACK_PUBLIC_URL = os.environ.get("PINBACK_PUBLIC_URL", "").rstrip("/")
# Mail goes out by the worker only. Its links begin with the public address: without that there are none.
EMAIL_URL = os.environ.get("EMAIL_URL", "")
globals().update(mail(EMAIL_URL))
DEFAULT_FROM_EMAIL = sender(os.environ.get("PINBACK_MAIL_FROM", ""), PINBACK_PUBLIC_URL)
PINBACK_CONTACT = os.environ.get("PINBACK_CONTACT", "")
# A link for a new password can be used so long, in seconds.
PASSWORD_RESET_TIMEOUT = 24 * 3600
# A provider is used when all that it needs is set (`payments.providers`).
PINBACK_WECHAT = {
    name: os.environ.get(f"PINBACK_WECHAT_{name}", default)
    for name, default in (
        ("MCHID", ""),
        ("APPID", ""),
        ("API_V3_KEY", ""),
        ("PRIVATE_KEY", ""),
        ("SERIAL", ""),
        ("PUBLIC_KEY", ""),
        ("PUBLIC_KEY_ID", ""),
        ("CERTIFICATES", ""),
        ("APP_SECRET", ""),
        ("BASE", "https://api.mch.weixin.qq.com"),
        ("OPEN_BASE", "https://open.weixin.qq.com"),
        ("API_BASE", "https://api.weixin.qq.com"),
    )
}
PINBACK_STRIPE = {
    name: os.environ.get(f"PINBACK_STRIPE_{name}", default)
    for name, default in (
        ("SECRET_KEY", ""),
        ("PUBLISHABLE_KEY", ""),
        ("WEBHOOK_SECRET", ""),
        ("BASE", "https://api.stripe.com"),
    )
}
PINBACK_RECEIVE_DAYS = int(os.environ.get("PINBACK_RECEIVE_DAYS", "10"))
PINBACK_RATE = int(os.environ.get("PINBACK_RATE") or 3_000)
PINBACK_NEWS_DAYS = int(os.environ.get("PINBACK_NEWS_DAYS") or 30)
PINBACK_CARRIERS = dict(word.split("=", 1) for word in _words("PINBACK_CARRIERS") if "=" in word)
MEDIA_ROOT = Path(os.environ.get("PINBACK_MEDIA") or HOME / "media").resolve()
MEDIA_URL = "media/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [_PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
# Instants are stored in UTC; pages and reports show them in the shop's zone.
TIME_ZONE = "UTC"

# Amounts are stored without a currency; this one is shown.
PINBACK_CURRENCY = os.environ.get("PINBACK_CURRENCY", "").upper() or "CNY"
if not re.fullmatch("[A-Z]{3}", PINBACK_CURRENCY):
    raise ValueError("PINBACK_CURRENCY must be the code of a currency, such as CNY")

STATIC_URL = "static/"
STATIC_ROOT = _PACKAGE / "staticfiles"
STATICFILES_DIRS = [_NINJA / "static"]
_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists() and not DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pinback.web.storage.CollectedOrPlain"},
}
# What was not collected, as in a checkout one works in, is served from where it lies.
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_USE_FINDERS = not _COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# Scripts and styles come from our own files only. Attributes may style: charts and progress bars need sizes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# What the last act came to is told once, from a signed cookie: no row is written for it.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
_HTTPS = _switch("PINBACK_HTTPS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_SSL_REDIRECT = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
LANGUAGE_COOKIE_SAMESITE = "Lax"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "pinback": {"level": os.environ.get("PINBACK_LOG_LEVEL", "INFO")},
        # Django's own handlers give way, so that each line is written once.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
