"""Measurements, each against its goal and a named baseline of the same run: `make bench`, or `python -m bench NAME`."""
