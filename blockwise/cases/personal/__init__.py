"""Text outside the vault must not identify a person."""

from .found import Seen, found_in

__all__ = ["Seen", "found_in"]
