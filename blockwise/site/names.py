"""The names by which a server is called, as an operator writes them: what could never be met is told at start."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

_NAME: Final = re.compile(r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"[0-9.]+")
PORTS: Final = {"http": 80, "https": 443}


def host_fault(given: str) -> str | None:
    """Why no request's Host is ever this, with what to write; None for a name, .domain, IP address or *."""
    if given == "*":
        return None
    if "," in given or ";" in given:
        return f"holds a comma or semicolon; hosts are read with spaces between them: {_spaced(given)}"
    if "://" in given:
        return f"holds a scheme; write the host alone: {urlsplit(given).hostname or 'dispatch.city.example'}"
    if "/" in given:
        return f"holds a path; write the host alone: {given.partition('/')[0]}"
    if given.startswith("[") or given.count(":") > 1:
        return _ipv6_fault(given)
    if ":" in given:
        return f"holds a port; write the host without it, it is met at any: {given.partition(':')[0]}"
    if given.startswith("*."):
        return f"is no pattern here; for a domain and all below it write {given[1:]}"
    if given.endswith("."):
        return f"ends in a dot; write {given.rstrip('.')}"
    if not given.isascii():
        return _written(given)
    if not _NAME.fullmatch(given) or (_NUMBERS.fullmatch(given) and not _is_address(given)):
        return "is no host name or IP address"
    return None


def origin_fault(given: str, tls: bool) -> str | None:
    """Why no form comes from this origin, with what to write; None for scheme://host, its port only if unusual."""
    if "," in given or ";" in given:
        return f"holds a comma or semicolon; origins are read with spaces between them: {_spaced(given)}"
    schemes = ("https",) if tls else ("https", "http")
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        return "is no origin"
    if parts.scheme not in schemes or not parts.netloc:
        return f"does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    host = parts.netloc.removesuffix(f":{port}")
    if given != f"{parts.scheme}://{parts.netloc}":
        return f"is more than scheme and host; write {parts.scheme}://{parts.netloc}"
    if port == PORTS[parts.scheme]:
        return f"names the port that browsers leave out; write {parts.scheme}://{host}"
    if given != given.lower():
        return f"holds capitals, which browsers never send; write {given.lower()}"
    if fault := host_fault(host.removeprefix("*")):
        return f"names the host {host!r}, which {fault}"
    return None


def address_fault(given: str) -> str | None:
    """Why no peer has this address; None for an IP address in its usual form."""
    try:
        address = ip_address(given)
    except ValueError:
        return "is no IP address"
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped
    return None if mapped or str(address) == given else f"is never met in this form; write {address}"


def _spaced(given: str) -> str:
    return " ".join(part for part in re.split(r"[,;\s]+", given) if part)


def _is_address(given: str) -> bool:
    try:
        ip_address(given)
    except ValueError:
        return False
    return True


def _ipv6_fault(given: str) -> str | None:
    inner, _bracket, after = given.removeprefix("[").partition("]")
    try:
        right = f"[{IPv6Address(inner)}]"
    except ValueError:
        return "is no IP address; write IPv6 addresses as [::1]"
    if after:
        return f"holds a port; write the host without it, it is met at any: {right}"
    return None if given.lower() == right else f"is never met in this form; write {right}"


def _written(given: str) -> str:
    try:
        return f"is called by browsers as {given.encode('idna').decode()}; write that"
    except UnicodeError:
        return "is no host name or IP address"
