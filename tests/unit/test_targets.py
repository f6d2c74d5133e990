"""Which addresses webhooks may be sent to."""

from ipaddress import ip_network

import pytest

from service.webhooks.targets import Targets

INWARD = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "100::1",
)
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1")


@pytest.mark.parametrize("address", INWARD)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert Targets().refusal(address) == f"{address} is no public address"


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address: str) -> None:
    assert Targets().refusal(address) is None


def test_a_network_that_is_allowed_is_allowed_and_no_more() -> None:
    targets = Targets([ip_network("10.2.0.0/16"), ip_network("fd00::/8")])
    assert targets.refusal("10.2.3.4") is None
    assert targets.refusal("::ffff:10.2.3.4") is None
    assert targets.refusal("fd00::1") is None
    assert targets.refusal("10.3.0.1") is not None
    assert targets.refusal("fc00::1") is not None
