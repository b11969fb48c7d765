"""Answers that were given before, given again before anything else happens, for as long as the database is the same."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from app.api.looks import Looks
from app.api.methods import ASGI, Receive, Scope, Send
from app.db.state import Watch

LARGEST_SHARE = 16
"""No answer may take more than this part of the memory."""
USUAL_HEADERS = 4000
"""Bytes; whoever sends more, or a body, is not answered from memory."""
OF_304 = (b"etag", b"cache-control", b"vary", b"access-control-allow-origin", b"access-control-expose-headers")
"""What an answer without a body keeps of the headers of the one with it (RFC 9110, 15.4.5)."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Given:
    """An answer, the state of the database in which it was given, and what stands in for it where it is known."""

    state: Hashable
    etag: bytes
    headers: Headers
    unchanged: Headers
    body: bytes


class Remembered:
    """Keeps whole answers that carry an ETag, the newest and those asked for last, up to `most_bytes`.

    What an answer depends on beside the database is its key: the address as it was asked for, what Accept prefers,
    and whether a page from elsewhere asks. Whether the database is still the same is looked up every time.
    """

    def __init__(self, app: ASGI, watch: Watch, most_bytes: int) -> None:
        self.app = app
        self.watch = watch
        self._looks = Looks(watch.state)
        self.most_bytes = most_bytes
        self._given: OrderedDict[Hashable, _Given] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on and remember."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        key, known = _asked(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        state = await self._state() if self.watch.remote else self.watch.state()
        given = self._given.get(key)
        if given is None or state is None or given.state != state:
            await self.app(scope, receive, self._remembering(key, state, send))
            return
        self._given.move_to_end(key)
        if known and _names(known, given.etag):
            await send({"type": "http.response.start", "status": 304, "headers": given.unchanged})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": given.headers})
            await send({"type": "http.response.body", "body": given.body})

    async def _state(self) -> Hashable:
        """The state of the database; one that is elsewhere is looked up for all who wait."""
        return await self._looks.look() if self.watch.remote else self.watch.state()

    def _remembering(self, key: Hashable, state: Hashable, send: Send) -> Send:
        """Sends, and keeps what is sent at once, if the database did not change on the way."""
        started: Headers = []

        async def sending(message: Scope) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200:
                    started.extend(message["headers"])
            elif started and not message.get("more_body") and await self._is_of(state, started):
                self._keep(key, state, started, message.get("body", b""))
            else:
                started.clear()
            await send(message)

        return sending

    async def _is_of(self, state: Hashable, headers: Headers) -> bool:
        """Whether an answer was made in the state that was seen before it, which is still the present one."""
        if state is None or not self.watch.shows(state, dict(headers).get(b"oxus-revision")):
            return False
        return await self._state() == state

    def _keep(self, key: Hashable, state: Hashable, headers: Headers, body: bytes) -> None:
        etag = dict(headers).get(b"etag")
        if etag is None or len(body) > self.most_bytes // LARGEST_SHARE:
            return
        if old := self._given.pop(key, None):
            self._bytes -= len(old.body)
        unchanged = [header for header in headers if header[0] in OF_304]
        self._given[key] = _Given(state, etag, headers, unchanged, body)
        self._bytes += len(body)
        while self._bytes > self.most_bytes:
            self._bytes -= len(self._given.popitem(last=False)[1].body)


def _asked(scope: Scope) -> tuple[Hashable, bytes]:
    """The key of a request, and the value of If-None-Match; no key for what may have to be refused."""
    accept = host = known = b""
    elsewhere, size = False, 0
    for name, value in scope["headers"]:
        size += len(value)
        if name == b"content-length" or name == b"transfer-encoding" or size > USUAL_HEADERS:
            return None, b""
        if name == b"accept":
            accept += b"," + value
        elif name == b"host":
            host += value
        elif name == b"if-none-match":
            known += b"," + value
        elif name == b"origin":
            elsewhere = True
    place = scope["scheme"], scope.get("root_path", ""), host or str(scope.get("server"))
    return (*place, scope["path"], scope["query_string"], accept, elsewhere), known


def _names(known: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names an answer (weak comparison, RFC 9110); `*` names whatever there is."""
    return any(part.strip().removeprefix(b"W/") in (etag, b"*") for part in known.split(b","))
