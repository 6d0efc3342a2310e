"""What granian loads."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blockwise.site.settings")
django.setup(set_prefix=False)

from .application import Application  # noqa: E402  (Django must be set up first)

application = Application()
