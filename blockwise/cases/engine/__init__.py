"""The one door for every change of a case."""

from .door import Result, act, home, open_case

__all__ = ["Result", "act", "home", "open_case"]
