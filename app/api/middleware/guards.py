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

from app.api.http.problems import problem
from app.api.middleware.head_options import ALLOW_HEADER, ASGIApp, Receive, Scope, Send
from app.api.middleware.security_headers import COMMON_HEADERS, CSP_HEADER, DATA_CSP

MAX_TARGET_BYTES = 60_000
"""Bytes of path and query: room for the longest cursor (40,000) and for whatever filters a person writes."""
MAX_HEADERS_BYTES = 20_000
MAX_HEADERS = 200
"""More than any program sends by itself; what is in them is looked through for each answer."""
MAX_TRACKED_CLIENTS = 10_000
"""How many clients' rates are kept; those not heard of for longest are forgotten, which is to their advantage."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROBE_PATHS = ("/healthz", "/readyz")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")
_BODY_HEADERS = (b"content-length", b"transfer-encoding")


async def send_problem(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a problem and further headers."""
    response = problem(status, detail)
    response.headers.update({"Access-Control-Allow-Origin": "*", **(headers or {})})
    response.raw_headers += [*COMMON_HEADERS, (CSP_HEADER, DATA_CSP)]
    await response(scope, receive, send)


def request_path(scope: Scope) -> str:
    """The path as the application knows it, without the prefix under which a proxy shows it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/")) or "/"


class RequestLimitsMiddleware:
    """Refuses what no question needs: a body, an endless address, endless headers, a host that is no host.

    A body is not read: the connection is closed after the refusal. Without bounds, one request could fill the memory
    or keep a connection for ever.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size = 0
        for name, value in scope["headers"]:
            size += len(value)
            if name in _BODY_HEADERS and value != b"0":
                await self._with_body(scope, receive, send)
                return
            if name == b"host" and not _HOST.fullmatch(value):
                await send_problem(scope, receive, send, HTTPStatus.BAD_REQUEST, "the header Host holds no host")
                return
        if size > MAX_HEADERS_BYTES or len(scope["headers"]) > MAX_HEADERS:
            detail = f"more than {MAX_HEADERS} headers, or than {MAX_HEADERS_BYTES} bytes of them"
            await send_problem(scope, receive, send, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
            return
        if len(scope["path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
            detail = f"the address is longer than {MAX_TARGET_BYTES} bytes; ask for less at a time"
            await send_problem(scope, receive, send, HTTPStatus.REQUEST_URI_TOO_LONG, detail)
            return
        await self.app(scope, receive, send)

    @staticmethod
    async def _with_body(scope: Scope, receive: Receive, send: Send) -> None:
        close = {"Connection": "close"}
        if scope["method"] in SAFE_METHODS:
            detail = "no request here has a body; everything that is asked stands in the address"
            await send_problem(scope, receive, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, close)
        else:
            detail = HTTPStatus.METHOD_NOT_ALLOWED.description
            allow = {"Allow": ALLOW_HEADER.decode()}
            await send_problem(scope, receive, send, HTTPStatus.METHOD_NOT_ALLOWED, detail, close | allow)


class TrustedHostMiddleware:
    """Answers only under the names that the server is meant to have, so that no other name gets into its links.

    A name that starts with `*.` stands for all below it. Probes are answered under any name, as they ask by address.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self._exact_names = frozenset(name.lower() for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:].lower() for name in names if name.startswith("*."))
        self._seen: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if (
            scope["type"] == "http"
            and not self._is_trusted(scope["headers"])
            and request_path(scope) not in PROBE_PATHS
        ):
            detail = "this server does not answer under that name"
            await send_problem(scope, receive, send, HTTPStatus.MISDIRECTED_REQUEST, detail)
            return
        await self.app(scope, receive, send)

    def _is_trusted(self, headers: list[tuple[bytes, bytes]]) -> bool:
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return False
        trusted = self._seen.get(hosts[0])
        if trusted is None:
            host = re.sub(r":\d*$", "", hosts[0].decode("latin-1").lower())
            trusted = host in self._exact_names or host.endswith(self._suffixes)
            if len(self._seen) < MAX_TRACKED_CLIENTS:
                self._seen[hosts[0]] = trusted
        return trusted


class BearerTokenMiddleware:
    """Lets in who has the token: `Authorization: Bearer <token>`. The probe of the process stays open, and OPTIONS.

    A browser asks by OPTIONS, without the token, whether it may send it; what that tells is the same for everything.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http" or self._has_token(scope["headers"]) or _is_exempt(scope):
            await self.app(scope, receive, send)
        else:
            detail = "this server asks for a token: Authorization: Bearer <token>"
            challenge = {"WWW-Authenticate": 'Bearer realm="oxus"'}
            await send_problem(scope, receive, send, HTTPStatus.UNAUTHORIZED, detail, challenge)

    def _has_token(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"authorization":
                scheme, _, credentials = value.partition(b" ")
                # Compared in the same time however much of it is right.
                return scheme.lower() == b"bearer" and compare_digest(credentials.strip(), self._token)
        return False


def _is_exempt(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" or request_path(scope) == "/healthz"


class RateLimitMiddleware:
    """Lets each client ask so many times a minute, a fifth of them at once; then it has to wait.

    Each client has a purse that fills with time; a request takes one from it. A client is an address, or for IPv6 the
    network of one household (/64). Probes are not counted. Each process counts for itself.
    """

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app = app
        self._per_second = per_minute / 60
        self._burst = max(1.0, per_minute / 5)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "http" and request_path(scope) not in PROBE_PATHS:
            seconds = self.acquire(client_key(scope.get("client")), monotonic())
            if seconds:
                detail = f"more requests than {self._per_second * 60:g} a minute; ask again in {ceil(seconds)} s"
                headers = {"Retry-After": str(ceil(seconds))}
                await send_problem(scope, receive, send, HTTPStatus.TOO_MANY_REQUESTS, detail, headers)
                return
        await self.app(scope, receive, send)

    def acquire(self, client: str, now: float) -> float:
        """How many seconds a client has to wait before it may ask; 0 if it may, and then it did."""
        tokens_left, refilled_at = self._buckets.pop(client, (self._burst, now))
        tokens_left = min(self._burst, tokens_left + (now - refilled_at) * self._per_second)
        allowed = tokens_left >= 1
        self._buckets[client] = (tokens_left - 1 if allowed else tokens_left), now
        if len(self._buckets) > MAX_TRACKED_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens_left) / self._per_second


def client_key(client: tuple[str, int] | None) -> str:
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
