"""A folder that a city is written into."""

from pathlib import Path

from blockwise.problems import Conflict


def refuse_filled(folder: Path) -> None:
    """Conflict if `folder` is a file or holds anything: somebody may have worked on it."""
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise Conflict("There is something there already.", where=str(folder), fix="Give another name.")
