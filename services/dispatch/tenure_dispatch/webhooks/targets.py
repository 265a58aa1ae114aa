"""May this address be reached? Whoever may subscribe must not read our network through us.

A host's addresses are checked and one of these is connected to, so that a name can't mean something else a moment
later. Redirects are not followed, and no proxy of the environment is used.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from tenure_dispatch.settings import DispatchSettings, Network

Address = IPv4Address | IPv6Address
MOST_URL = 2_000
RESOLVE_SECONDS = 5.0
PORTS = {"https": 443, "http": 80}
NAT64 = ip_network("64:ff9b::/96")


class TargetRefused(Exception):
    """The message says why."""


class Unresolved(Exception):
    """The host has no address now."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address as it was given; `path` has the query too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """The URL with the address in the host's place."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def target_of(url: str, settings: DispatchSettings) -> Target:
    """Raises TargetRefused for what can never be delivered to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as why:
        raise TargetRefused(f"it is no URL: {why}") from None
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > MOST_URL:
        raise TargetRefused(f"a URL has at most {MOST_URL} printable ASCII characters, and no space")
    if parts.scheme not in (("https", "http") if settings.allow_http else ("https",)):
        raise TargetRefused("it must begin with https://")
    if not parts.hostname or port == 0:
        raise TargetRefused("it names no host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("it must hold no user, password or fragment; the signature says who sends")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)
    if (literal := _literal(target.host)) is not None:
        demand_allowed([literal], settings)
    return target


async def addresses_of(target: Target, settings: DispatchSettings) -> Sequence[Address]:
    """What may be connected to. Raises TargetRefused where any of the host's addresses may not be; Unresolved."""
    literal = _literal(target.host)
    found = [literal] if literal is not None else await _resolved(target)
    demand_allowed(found, settings)
    return found


def demand_allowed(addresses: Sequence[Address], settings: DispatchSettings) -> None:
    """Raises TargetRefused."""
    for address in addresses:
        if not (is_public(address) or _is_within(address, settings.allowed_networks)):
            raise TargetRefused(f"{address} is not a public address; TENURE_DISPATCH_ALLOWED_NETWORKS may allow it")


def is_public(address: Address) -> bool:
    """Also of the IPv4 address inside an IPv6 one, to which a gateway would send it on."""
    if isinstance(address, IPv6Address):
        if address.sixtofour or address.teredo or address.is_site_local:
            return False
        if (inner := _inner(address)) is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    assert isinstance(NAT64, IPv6Network)
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None


def _is_within(address: Address, networks: Sequence[Network]) -> bool:
    plain = _inner(address) if isinstance(address, IPv6Address) else None
    return any(one in network for one in (address, plain) if one is not None for network in networks)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


async def _resolved(target: Target) -> Sequence[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as why:
        raise Unresolved(f"{target.host} has no address: {why or 'nobody answered'}") from None
    return list(dict.fromkeys(ip_address(str(address[0]).partition("%")[0]) for *_, address in found))
