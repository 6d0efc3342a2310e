"""E-mail by the city's own SMTP server."""

from __future__ import annotations

import smtplib
import socket
import threading
from contextlib import suppress

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from .carried import GoneError, NotTakenError, said
from .models import Delivery

NO_SUCH_BOX = 550
TIMEOUT_S = 10  # for each answer
IN_ALL_S = 60.0  # well before another worker may claim the same (delivering.CLAIM)


class _Bounded(smtplib.SMTP):
    """A talk that is cut off at its time, however slowly the server goes on saying something."""

    end: threading.Timer | None = None
    held: socket.socket | None = None  # the connection, to be cut: TLS takes the other handle over

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # not in the stubs
        self.held = found.dup()
        self.end = threading.Timer(IN_ALL_S, _cut, [self.held])
        self.end.daemon = True
        self.end.start()
        return found

    def close(self) -> None:
        super().close()
        if self.end and self.held:
            self.end.cancel()
            self.held.close()


class _BoundedTLS(smtplib.SMTP_SSL, _Bounded):
    """The same with TLS from the start."""


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[_Bounded]:
        return _BoundedTLS if self.use_ssl else _Bounded


def carry(row: Delivery) -> None:
    """NotTakenError where no server is set up or it takes no more now; GoneError where there is no such box."""
    if not settings.EMAIL_HOST:
        raise NotTakenError("no SMTP server is set up (BLOCKWISE_SMTP)")
    words = said(row)
    home = settings.DEFAULT_FROM_EMAIL.partition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{row.message_id}.{row.way_id}@{home}>", "Auto-Submitted": "auto-generated"}
    mail = EmailMessage(words.subject, words.text, settings.DEFAULT_FROM_EMAIL, [row.way.address], headers=headers)
    mail.connection = _Backend(timeout=TIMEOUT_S)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as fault:
        codes = {code for code, _words in fault.recipients.values()}
        if codes == {NO_SUCH_BOX}:
            raise GoneError("the mail server knows no such box") from None
        raise NotTakenError(f"refused with {sorted(codes)}") from None
