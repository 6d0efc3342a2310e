"""What a browser calls itself, in two words: enough to know one's own again."""

from __future__ import annotations

BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("HarmonyOS", "HarmonyOS"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def words_of(agent: str) -> str:
    """Such as "Firefox · Linux"; empty where it says neither. Nothing else of what it said."""
    found = (next((word for sign, word in known if sign in agent), "") for known in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, found))
