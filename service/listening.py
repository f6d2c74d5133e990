"""Where a server is to listen: asked for before anything is started."""

import socket


def address_of(host: str, port: int) -> str:
    """Return the IP address to listen on; raise OSError if it is not to be had, or somebody listens there."""
    family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
    return str(place[0])
