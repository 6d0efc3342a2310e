"""Cells, beats and zones where a city has none: blocks cut along their roads, of about equal residents."""
