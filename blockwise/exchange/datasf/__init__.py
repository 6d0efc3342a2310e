"""San Francisco as a city folder, out of public data (`../shared/data`, described in its INDEX.md)."""

from blockwise.exchange.datasf.build import Summary, build
from blockwise.exchange.datasf.files import BadData

__all__ = ["BadData", "Summary", "build"]
