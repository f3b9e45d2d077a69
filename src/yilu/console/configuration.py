"""Django's settings, worked out from yilu's: nothing of the console is set anywhere else.

A database is a folder (SQLite in ``records``) or the address of a PostgreSQL. The secret that signs sessions is made on first use beside the records.
"""

from __future__ import annotations

from pathlib import Path

from yilu.console.access.bodies import most_bytes
from yilu.console.languages import compiled
from yilu.console.secrets_file import load_or_make
from yilu.console.storage import database
from yilu.settings import load

_s = load()
_here = Path(__file__).parent
_https = _s.https == "on"

DEBUG = False
SECRET_KEY = load_or_make(_s.records)
ALLOWED_HOSTS = [h.strip() for h in _s.hosts.split(",")]
CSRF_TRUSTED_ORIGINS = [f"{'https' if _https else 'http'}://{h}" for h in ALLOWED_HOSTS]
ROOT_URLCONF = "yilu.console.urls"
ASGI_APPLICATION = "yilu.console.asgi.application"
AUTH_USER_MODEL = "console.User"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "yilu.console",
]
MIDDLEWARE = [
    "yilu.console.access.headers.Headers",
    "yilu.console.operations.requests.Requests",
    "django.middleware.security.SecurityMiddleware",
    "yilu.console.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yilu.console.accounts.idle.Idle",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "yilu.console.languages.LanguageOfUser",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yilu.console.access.gate.Gate",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_here / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "yilu.console.pages.frame.frame",
            ],
            "builtins": ["yilu.console.pages.writing", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
DATABASES = {"default": database(_s.database_url, _s.records)}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
SESSION_COOKIE_AGE = 60 * _s.session_minutes
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz|metrics)$"]  # asked for on this machine, past the proxy
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = most_bytes(_s) + (1 << 20)
"""What is sent stays in memory, for it holds waybill numbers; nothing longer is let in (``access.bodies``)."""

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_SAMESITE = "Strict"
LOCALE_PATHS = [compiled(_here / "locale")]

STATIC_URL = "/static/"
STATICFILES_DIRS = [_here / "static"]
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "yilu.console.access.logging_lines.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"yilu": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
