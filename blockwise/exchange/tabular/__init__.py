"""Other people's tables, taken in by a map: a YAML file that says which column is what, and no code."""

from blockwise.exchange.tabular.account import Account
from blockwise.exchange.tabular.mapfile import BadMap, read_map
from blockwise.exchange.tabular.run import take
from blockwise.exchange.tabular.suggest import suggest

__all__ = ["Account", "BadMap", "read_map", "suggest", "take"]
