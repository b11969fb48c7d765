"""Read an ASGI scope: path without the proxy's prefix, id of the request, probes of a load balancer."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from itertools import count
from secrets import token_hex

from starlette.types import Scope

IS_HEAD_SCOPE_KEY = "oxus.head"
"""Scope key that is true for a HEAD request, which is passed on as GET: its body will not be sent."""
REQUEST_ID_SCOPE_KEY = "oxus.request_id"
"""Scope key of the id under which the access log writes the request; absent while the log is off."""
PROBE_PATHS = ("/healthz", "/readyz")
MAX_CLIENT_CHARS = 64
"""Characters of a client that are kept; the longest address has 45, but a proxy that is believed may send anything."""
VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:+=/@-]{1,100}")

_PROCESS_ID = token_hex(4)
_REQUEST_NUMBERS = count(1)


def request_path(scope: Scope) -> str:
    """Return the path without the prefix (`root_path`) under which a proxy serves the application."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/")) or "/"


def new_request_id() -> str:
    """Return an id that is unique over all processes and restarts."""
    return f"{_PROCESS_ID}-{next(_REQUEST_NUMBERS):x}"


def incoming_request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the `X-Request-ID` that a proxy has set; empty if there is none or it is not a plain token."""
    for name, value in headers:
        if name == b"x-request-id":
            return value if VALID_REQUEST_ID.fullmatch(value) else b""
    return b""


def client_key(client: tuple[str, int] | None) -> str:
    """Return the key under which limits count a client: its address, for IPv6 its /64 network.

    A household or a machine usually holds a whole /64, so that single addresses would not limit anybody.
    """
    host = client[0][:MAX_CLIENT_CHARS] if client else ""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return host
