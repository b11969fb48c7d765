"""What is refused before anything is worked out or remembered: each guard is a class, added where it is wanted.

None of them looks at the database, so that refusing costs nothing. Each refusal is a problem document that any page on
the web may read, as answers are.
"""

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from hmac import compare_digest
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic

from app.api.headers import ALWAYS, DATA, POLICY
from app.api.methods import ALLOWED, ASGI, Receive, Scope, Send
from app.api.problems import problem

LONGEST_ADDRESS = 60_000
"""Bytes of path and query: room for the longest cursor (40,000) and for whatever filters a person writes."""
LONGEST_HEADERS = 20_000
MOST_HEADERS = 200
"""More than any program sends by itself; what is in them is looked through for each answer."""
MOST_CLIENTS = 10_000
"""How many clients' rates are kept; those not heard of for longest are forgotten, which is to their advantage."""
READING = ("GET", "HEAD", "OPTIONS")
PROBES = ("/healthz", "/readyz")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")
_BODY = (b"content-length", b"transfer-encoding")


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: HTTPStatus, detail: str, more: Mapping[str, str] | None = None
) -> None:
    """Answer with a problem and further headers."""
    response = problem(status, detail)
    response.headers.update({"Access-Control-Allow-Origin": "*", **(more or {})})
    response.raw_headers += [*ALWAYS, (POLICY, DATA)]
    await response(scope, receive, send)


def path_of(scope: Scope) -> str:
    """The path as the application knows it, without the prefix under which a proxy shows it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/")) or "/"


class Bounds:
    """Refuses what no question needs: a body, an endless address, endless headers, a host that is no host.

    A body is not read: the connection is closed after the refusal. Without bounds, one request could fill the memory
    or keep a connection for ever.
    """

    def __init__(self, app: ASGI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size = 0
        for name, value in scope["headers"]:
            size += len(value)
            if name in _BODY and value != b"0":
                await self._with_body(scope, receive, send)
                return
            if name == b"host" and not _HOST.fullmatch(value):
                await refuse(scope, receive, send, HTTPStatus.BAD_REQUEST, "the header Host holds no host")
                return
        if size > LONGEST_HEADERS or len(scope["headers"]) > MOST_HEADERS:
            detail = f"more than {MOST_HEADERS} headers, or than {LONGEST_HEADERS} bytes of them"
            await refuse(scope, receive, send, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
            return
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            detail = f"the address is longer than {LONGEST_ADDRESS} bytes; ask for less at a time"
            await refuse(scope, receive, send, HTTPStatus.REQUEST_URI_TOO_LONG, detail)
            return
        await self.app(scope, receive, send)

    @staticmethod
    async def _with_body(scope: Scope, receive: Receive, send: Send) -> None:
        close = {"Connection": "close"}
        if scope["method"] in READING:
            detail = "no request here has a body; everything that is asked stands in the address"
            await refuse(scope, receive, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, close)
        else:
            detail = HTTPStatus.METHOD_NOT_ALLOWED.description
            allow = {"Allow": ALLOWED.decode()}
            await refuse(scope, receive, send, HTTPStatus.METHOD_NOT_ALLOWED, detail, close | allow)


class Hosts:
    """Answers only under the names that the server is meant to have, so that no other name gets into its links.

    A name that starts with `*.` stands for all below it. Probes are answered under any name, as they ask by address.
    """

    def __init__(self, app: ASGI, names: Collection[str]) -> None:
        self.app = app
        self._exact = frozenset(name.lower() for name in names if not name.startswith("*."))
        self._below = tuple(name[1:].lower() for name in names if name.startswith("*."))
        self._seen: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "http" and not self._known(scope["headers"]) and path_of(scope) not in PROBES:
            detail = "this server does not answer under that name"
            await refuse(scope, receive, send, HTTPStatus.MISDIRECTED_REQUEST, detail)
            return
        await self.app(scope, receive, send)

    def _known(self, headers: list[tuple[bytes, bytes]]) -> bool:
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return False
        known = self._seen.get(hosts[0])
        if known is None:
            host = re.sub(r":\d*$", "", hosts[0].decode("latin-1").lower())
            known = host in self._exact or host.endswith(self._below)
            if len(self._seen) < MOST_CLIENTS:
                self._seen[hosts[0]] = known
        return known


class Token:
    """Lets in who has the token: `Authorization: Bearer <token>`. The probe of the process stays open, and OPTIONS.

    A browser asks by OPTIONS, without the token, whether it may send it; what that tells is the same for everything.
    """

    def __init__(self, app: ASGI, token: str) -> None:
        self.app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http" or self._has(scope["headers"]) or _open(scope):
            await self.app(scope, receive, send)
        else:
            detail = "this server asks for a token: Authorization: Bearer <token>"
            more = {"WWW-Authenticate": 'Bearer realm="oxus"'}
            await refuse(scope, receive, send, HTTPStatus.UNAUTHORIZED, detail, more)

    def _has(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"authorization":
                scheme, _, given = value.partition(b" ")
                # Compared in the same time however much of it is right.
                return scheme.lower() == b"bearer" and compare_digest(given.strip(), self._token)
        return False


def _open(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" or path_of(scope) == "/healthz"


class Rate:
    """Lets each client ask so many times a minute, a fifth of them at once; then it has to wait.

    Each client has a purse that fills with time; a request takes one from it. A client is an address, or for IPv6 the
    network of one household (/64). Probes are not counted. Each process counts for itself.
    """

    def __init__(self, app: ASGI, per_minute: int) -> None:
        self.app = app
        self._per_second = per_minute / 60
        self._most = max(1.0, per_minute / 5)
        self._purses: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "http" and path_of(scope) not in PROBES:
            seconds = self.wait(_household(scope.get("client")), monotonic())
            if seconds:
                detail = f"more requests than {self._per_second * 60:g} a minute; ask again in {ceil(seconds)} s"
                more = {"Retry-After": str(ceil(seconds))}
                await refuse(scope, receive, send, HTTPStatus.TOO_MANY_REQUESTS, detail, more)
                return
        await self.app(scope, receive, send)

    def wait(self, client: str, now: float) -> float:
        """How many seconds a client has to wait before it may ask; 0 if it may, and then it did."""
        left, then = self._purses.pop(client, (self._most, now))
        left = min(self._most, left + (now - then) * self._per_second)
        allowed = left >= 1
        self._purses[client] = (left - 1 if allowed else left), now
        if len(self._purses) > MOST_CLIENTS:
            self._purses.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second


def _household(client: tuple[str, int] | None) -> str:
    """Whom a rate is counted for; somebody who has one IPv6 address mostly has 2**64 of them."""
    if client is None:
        return ""
    if ":" not in client[0]:
        return client[0]
    try:
        address = ip_address(client[0].partition("%")[0])
    except ValueError:
        return client[0]
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return client[0]
