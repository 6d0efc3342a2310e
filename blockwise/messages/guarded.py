"""HTTP to addresses that somebody named: never to a machine of the own network, whatever a name turns out to mean.

The name is looked up once for each connection, and the connection goes to the address that was looked at; so a name
that changes its address meanwhile (DNS rebinding) changes nothing. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

TIMEOUT_S = 10.0
GIVEN_OUT = ipaddress.ip_network("2000::/3")  # of IPv6, to anybody: all else is an own network's, or nobody's


class OwnNetworkError(OSError):
    """The address lies where nothing may be sent."""


def checked_url(url: str) -> str:
    """`url` where it is one of https (or of http for a name of WEBHOOK_HOSTS) without a user; else Invalid."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username or parts.password or parts.fragment or port == 0 or not url.isascii():
        raise Invalid(
            _("This is no address of a web server."), where="address", fix=_("Give one like https://example.org/hook.")
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and host in settings.WEBHOOK_HOSTS):
        raise Invalid(_("Only addresses that begin with https:// are told."), where="address")
    if host not in settings.WEBHOOK_HOSTS and _is_number(host) and not _outside(host):
        raise Invalid(
            _("This address lies in the own network."),
            where="address",
            fix=_("Name its host in BLOCKWISE_WEBHOOK_HOSTS."),
        )
    return url


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _outside(address: str) -> bool:
    """Whether it is of the public network; an address that carries another (NAT64, 6to4, mapped) is what it carries."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if carried is None and found in ipaddress.ip_network("64:ff9b::/96"):
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if carried is not None:
            return carried.is_global and not carried.is_multicast
        if found not in GIVEN_OUT:
            return False
    return found.is_global and not found.is_multicast


class _Until(httpcore.NetworkStream):
    """A connection that ends at its time, however slowly the other side goes on saying something."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took too long")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Until(self.stream.start_tls(ssl_context, server_hostname, self._left()), self.until)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class _Guarded(httpcore.SyncBackend):
    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        until = time.monotonic() + TIMEOUT_S
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if host not in settings.WEBHOOK_HOSTS and not all(_outside(address) for address in found):
            raise OwnNetworkError("the address lies in the own network")
        return _Until(super().connect_tcp(found[0], port, timeout, local_address, socket_options), until)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status that answers a POST; its body is not read. OwnNetworkError, or what httpcore raises without one."""
    limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)
    context = ssl.create_default_context()
    with httpcore.ConnectionPool(ssl_context=context, network_backend=_Guarded(), retries=0) as pool:
        sent = list(headers.items())
        with pool.stream(
            "POST", checked_url(url), headers=sent, content=body, extensions={"timeout": limits}
        ) as answer:
            return answer.status
