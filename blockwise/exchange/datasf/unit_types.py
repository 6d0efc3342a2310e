"""San Francisco's unit types as Blockwise's."""

from typing import Final

# Of the data's unit types: service, our type, capabilities, people on board (usual figures, not in the data).
UNIT_TYPES: Final[dict[str, tuple[str, str, str, int]]] = {
    "ENGINE": ("fire", "engine", "fire rescue", 4),
    "TRUCK": ("fire", "ladder", "fire ladder", 5),
    "MEDIC": ("ems", "ambulance", "medical", 2),
    "PRIVATE": ("ems", "ambulance", "medical", 2),
    "CHIEF": ("fire", "chief", "command", 1),
    "RESCUE CAPTAIN": ("ems", "captain", "command", 1),
    "RESCUE SQUAD": ("fire", "rescue", "rescue", 4),
    "SUPPORT": ("fire", "support", "support", 2),
    "AIRPORT": ("fire", "airport", "fire", 2),
    "INVESTIGATION": ("fire", "investigation", "investigation", 1),
}
