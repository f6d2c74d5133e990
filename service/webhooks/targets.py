"""
Where webhooks may be sent: to the public Internet, and to networks that an operator names.

Judged is the address that is connected to, at that moment, and no name: a name may lead elsewhere the next time.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import httpcore

from service.settings import Settings, WrongSetting

_LOOKUPS: Final = 512
"""Names that are looked up at once: a slow name server must keep no other webhook waiting."""
_EMBEDDING: Final = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""NAT64, 6to4 and Teredo: what is reached by them is an IPv4 address inside, whichever that is."""

Network = IPv4Network | IPv6Network


class Forbidden(httpcore.ConnectError):
    """It leads to an address that nothing is sent to; the message says which."""


class Targets:
    """Judges addresses; `allowed` are the networks that may be sent to though they are not public."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self.allowed: Final = allowed

    def refusal(self, text: str) -> str | None:
        """Return why nothing is sent to an address; None if it may be."""
        address = ip_address(text.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self.allowed) or _is_public(address):
            return None
        return f"{text} is no public address"


def targets(chosen: Settings) -> Targets:
    """Return what the settings let webhooks be sent to; raise WrongSetting."""
    try:
        return Targets([ip_network(each) for each in chosen.webhook_networks.split(",") if each])
    except ValueError as error:
        raise WrongSetting(f"WEBHOOK_NETWORKS={chosen.webhook_networks} cannot be used: {error}.") from error


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in each for each in _EMBEDDING)


class Connecting(httpcore.AsyncNetworkBackend):
    """Connects to the first address of a name that may be connected to; to that very address, not to the name."""

    def __init__(self, targets: Targets) -> None:
        self._targets: Final = targets
        self._network: Final = httpcore.AnyIOBackend()
        self._lookups: Final = ThreadPoolExecutor(_LOOKUPS, "lookup")

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ASYNC109  # httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        """Connect, or raise Forbidden."""
        found = await self._resolve(host, port)
        refused = ""
        for address in found:
            refusal = self._targets.refusal(address)
            if refusal is None:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            refused = refusal
        raise Forbidden(f"Nothing is sent to {host}: {refused}.")

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        look = asyncio.get_running_loop().run_in_executor(
            self._lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        try:
            return [str(place[0]) for *_, place in await look]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not found: {error}.") from error

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
