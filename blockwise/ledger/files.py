"""Files of the home that must be whole, private and on the disk before anything goes on."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from django.conf import settings

_LONGEST_LINE = 65_536


def home() -> Path:
    """The installation's own folder, outside the database."""
    return Path(settings.HOME)


def create(path: Path, content: bytes) -> bool:
    """Make a file of mode 0600 with this content; False, and nothing changed, if it is there already."""
    part = _part(path, content)
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
    settle(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Put this content, mode 0600, in the place of what is there; a reader sees the old or the new, never a part."""
    os.replace(_part(path, content), path)
    settle(path.parent)


def append(path: Path, line: str) -> None:
    """Add one line to a file of mode 0600; it is on the disk when this returns. A last line cut short goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        start = max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE)
        file.seek(start)
        whole = start + file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.seek(whole)
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    settle(path.parent)


def _part(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    return part


def settle(path: Path) -> None:
    """What was written to the file, or made, renamed or removed in the folder, is on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
