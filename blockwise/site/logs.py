"""Logs: one JSON object a line on standard error, with the request's id and without personal data.

Of an error its type and the places in the code are written; its message, which may quote a row or a form, only
where BLOCKWISE_DEBUG is on (refused in production).
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")  # which JSON leaves as they are and some readers end a line at
request_id: ContextVar[str] = ContextVar("blockwise_request_id", default="")


class JsonLines(logging.Formatter):
    def __init__(self, messages: bool) -> None:
        super().__init__()
        self.messages = messages

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "what": record.getMessage(),
        }
        if request := request_id.get():
            line["request"] = request
        line |= getattr(record, "members", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"], line["trace"] = type(error).__name__, _places(error)
            if self.messages:
                line["message"] = str(error)
        return _BREAKS.sub(_escaped, json.dumps(line, ensure_ascii=False, default=str))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames][-20:]


def configuration(level: str, messages: bool) -> dict[str, Any]:
    """Django's LOGGING: everything of `level` and above through JsonLines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines, "messages": messages}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            # its lines name the path and the host as the client sent them; the access log has what is needed
            "django.request": {"level": "CRITICAL"},
            "django.security": {"level": "CRITICAL"},
        },
    }
