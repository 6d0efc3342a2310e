"""Other people's tables, taken in by a map: a YAML file that says which column is what, and no code."""

from blockwise.exchange.tabular.account import Account
from blockwise.exchange.tabular.first_map import suggest
from blockwise.exchange.tabular.mapfile import BadMap, read_map
from blockwise.exchange.tabular.run import take

__all__ = ["Account", "BadMap", "read_map", "suggest", "take"]
