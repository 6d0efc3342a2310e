"""The headers of safety of what is answered outside Django; inside, middleware.Safety and Django's own set them."""

from __future__ import annotations

from django.conf import settings

SAFE = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
]
if settings.SECURE_HSTS_SECONDS:
    SAFE += [(b"strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains".encode())]
