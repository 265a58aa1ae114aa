"""Which addresses does dispatch refuse to reach, however they are written?"""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import pytest
from tenure_dispatch.settings import DispatchSettings
from tenure_dispatch.webhooks.targets import Target, TargetRefused, Unresolved, addresses_of, is_public, target_of

STRICT = DispatchSettings(_env_file=None)
LENIENT = DispatchSettings(allowed_networks="127.0.0.0/8,fd00::/8", allow_http=True)

PRIVATE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:53aa:64c:0:0:80ff:fffe",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:1.1.1.1", "64:ff9b::101:101")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_network_within_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_url_with_such_an_address_is_refused_at_once(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(TargetRefused, match="not a public address"):
        target_of(f"https://{host}/hook", STRICT)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "must begin with https://"),
        ("ftp://example.com/", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("gopher://example.com:70/_x", "must begin with https://"),
        ("//example.com/", "must begin with https://"),
        ("https:///path", "names no host"),
        ("https://user:password@example.com/", "no user, password or fragment"),
        ("https://example.com@127.0.0.1/", "no user, password or fragment"),
        ("https://example.com/#x", "no user, password or fragment"),
        ("https://example.com:0/", "names no host"),
        ("https://example.com:99999/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://exa mple.com/", "no space"),
        ("https://example.com/\r\nX: y", "no space"),
        ("https://exämple.com/", "ASCII"),
        ("https://example.com/" + "x" * 2_000, "at most 2000"),
        ("", "must begin with https://"),
    ],
)
def test_a_url_that_can_never_be_delivered_to_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(TargetRefused, match=why):
        target_of(url, STRICT)


def test_path_query_and_port_stay_and_the_host_header_names_the_port_only_where_it_is_odd() -> None:
    target = target_of("https://Example.com:8443/a/b?c=d", STRICT)
    assert target == Target("https", "example.com", 8443, "/a/b?c=d")
    assert target.authority == "example.com:8443"
    assert target_of("https://example.com", STRICT).authority == "example.com"
    assert target.at(ip_address("1.1.1.1")) == "https://1.1.1.1:8443/a/b?c=d"
    assert target.at(ip_address("2606::1")) == "https://[2606::1]:8443/a/b?c=d"


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name means these."""

    async def getaddrinfo(*asked: Any, **more: Any) -> Sequence[Any]:
        if not addresses:
            raise OSError("no such name")
        return [(2, 1, 6, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo, raising=False)


async def test_a_name_that_means_a_public_address_may_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946")
    found = await addresses_of(target_of("https://example.com/", STRICT), STRICT)
    assert [str(one) for one in found] == ["1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946"]


@pytest.mark.parametrize("meant", ["127.0.0.1", "169.254.169.254", "fe80::1%eth0", "::ffff:10.0.0.1"])
async def test_a_name_of_which_any_address_is_within_is_refused(monkeypatch: pytest.MonkeyPatch, meant: str) -> None:
    """So that a name server can't give a good address and a bad one, and wait for the bad one's turn."""
    resolving(monkeypatch, "1.1.1.1", meant)
    with pytest.raises(TargetRefused, match="not a public address"):
        await addresses_of(target_of("https://rebind.example.com/", STRICT), STRICT)


async def test_a_name_without_an_address_is_unresolved_and_may_have_one_later(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch)
    with pytest.raises(Unresolved, match=r"example\.com has no address"):
        await addresses_of(target_of("https://example.com/", STRICT), STRICT)


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "0177.0.0.1", "127.1", "localhost"])
async def test_an_address_in_a_disguise_is_what_it_resolves_to(host: str) -> None:
    with pytest.raises((TargetRefused, Unresolved)):
        await addresses_of(target_of(f"https://{host}/", STRICT), STRICT)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "https://[fd00::1]/", "http://[::ffff:127.0.0.1]/"])
async def test_what_the_operator_allows_may_be_reached(url: str) -> None:
    assert await addresses_of(target_of(url, LENIENT), LENIENT)


def test_what_is_allowed_beside_it_allows_no_more() -> None:
    with pytest.raises(TargetRefused):
        target_of("http://10.0.0.1/", LENIENT)
