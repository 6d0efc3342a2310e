"""Counts above what their own past leads one to expect: Farrington's method, its improvement by Noufaily, and EARS."""
