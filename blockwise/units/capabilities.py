"""The words for what units can do, listed in docs/city-folder.md. A city's own words are shown as written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CAPABILITIES: Final[Mapping[str, str]] = {
    "patrol": "police on patrol",
    "fast": "a motorcycle, through traffic",
    "foot": "on foot",
    "fire": "a fire engine",
    "ladder": "a turntable ladder",
    "rescue": "rescue, also from water",
    "medical": "an ambulance",
    "hazmat": "hazardous materials",
    "command": "an officer in command",
    "support": "support, such as light, air and water",
    "investigation": "investigation of causes",
    "volunteer": "volunteers",
}
