"""Clients that ask for what is dear, long or slow to read, in a process of their own.

Each attack is a client with an address of its own, so that limits per client see different ones. Its connections wait
for an answer before they ask again, which bounds the rate and what the attackers take of the machine.

`python -m tests.soak.attackers PORT SEED` attacks until its standard input ends, then writes outcomes as JSON.
"""

import asyncio
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple, TypedDict

PAUSE_SECONDS = 0.05
"""Pause of a connection between an answer and its next question."""
SLOW_BYTES, SLOW_SECONDS = 1500, 0.1
"""Bytes that a slow reader takes at a time, and its pause between two reads: 15 kB/s."""
SLOW_BUFFER_BYTES = 4096
FIRST_DAY, DAYS = date(1990, 1, 1), 12_000
WORDS = ("killed", "attack", "forces", "village", "troops", "government", "soldiers", "border")
PLACES = ("afghanistan", "balkh", "kaldar", "takhar", "kunduz", "badakhshan", "tajikistan")
EVERYWHERE = "bbox=-180,-90,180,90"
DEAREST = (
    "/v1/figures?category=clash,violence_against_civilians&count=exact&limit={number}&measure=deaths&sort=-id",
    "/v1/events?q=a&count=exact&sort=-id&limit={number}",
    "/v1/events?q={word}&count=exact&sort=-id&limit={number}&" + EVERYWHERE,
    "/v1/claims?q=the&count=exact&sort=-id&limit={number}",
    "/v1/control-changes?count=exact&limit={number}&" + EVERYWHERE,
    "/v1/movements?count=exact&sort=-id&limit={number}&" + EVERYWHERE,
    "/v1/locations?count=exact&q=a&limit={number}&" + EVERYWHERE,
    "/v1/actors?count=exact&q=a&limit={number}",
)
"""Questions of stored lists that read most rows; the first is the dearest."""
COMPUTED = (
    "/v1/contradictions?limit={number}",
    "/v1/contradictions?known_by={day}&limit={number}",
    "/v1/duplicates?limit={number}",
    "/v1/control?as_of={day}&limit={number}",
    "/v1/control/summary?datetime=../{day}",
    "/v1/locations/{place}/control?limit={number}",
    "/v1/movements/totals?datetime=../{day}",
    "/v1/stats?group_by=actor&datetime=../{day}",
    "/v1/density?zoom=10&datetime=../{day}&" + EVERYWHERE,
)
"""Questions that are computed from many rows."""
LONG = (
    "/compat/ucdp/api/gedevents/25.1?pagesize=1&unknown={long}",
    "/v1/events?limit=1&id={long}",
    "/v1/events?limit=1&q={long}",
    "/v1/packs?{long}",
    "/{long}",
)
LIKE = (
    "/compat/acled/acled/read?notes={letters}&limit={number}",
    "/compat/acled/acled/read?actor1={letters}&notes={word}&limit={number}",
    "/compat/acled/acled/read?location={letters}&limit={number}",
    "/v1/search?q={letters}&limit={number}",
)
"""Searches for parts of words, which no index knows."""
EXPORTED = ("/v1/events?limit=all&f=ndjson", "/v1/claims?limit=all&f=csv")


class Question(NamedTuple):
    """A path, and the host that it is asked of."""

    path: str
    host: str = "127.0.0.1"


class Connection(NamedTuple):
    """Both ends of a connection, and random numbers for what its client does."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    draw: random.Random


Receive = Callable[[Connection], Awaitable[str]]
"""Takes an answer, or leaves it, and returns its status or what became of it."""


@dataclass(frozen=True)
class Attack:
    """One client: its connections, what they ask, and how they receive answers."""

    name: str
    connections: int
    ask: Callable[[random.Random], Question]
    receive: Receive
    receive_buffer: int = 0
    """Bytes that the system keeps for a connection; 0 is its default."""


class Outcome(TypedDict):
    """Outcomes of one attack, and the median of its seconds."""

    outcomes: dict[str, int]
    median: float


@dataclass
class Tally:
    """Outcomes of an attack, and how long each took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def told(self) -> Outcome:
        """Sum up."""
        return Outcome(outcomes=dict(self.outcomes), median=median(self.seconds or [0.0]))


def filled(template: str, draw: random.Random) -> str:
    """Fill a template with values that differ each time, so that no cache knows the question."""
    return template.format(
        number=draw.randint(100, 1000),
        day=FIRST_DAY + timedelta(draw.randrange(DAYS)),
        place=draw.choice(PLACES),
        word=draw.choice(WORDS),
        letters="".join(draw.choices("abcdefghiklmnoprstu", k=3)),
        long=f"{draw.getrandbits(64):x}" + "a" * draw.randint(1_000, 60_000),
    )


def any_of(templates: tuple[str, ...]) -> Callable[[random.Random], Question]:
    """Return a function that draws a question."""
    return lambda draw: Question(filled(draw.choice(templates), draw))


def dear_question(draw: random.Random) -> Question:
    """Draw the dearest question half of the time, else one of the others."""
    return Question(filled(draw.choice(DEAREST[: draw.choice((1, len(DEAREST)))]), draw))


def long_request(draw: random.Random) -> Question:
    """Draw a long address, or a Host of any length that a short question is asked of."""
    if draw.random() < 0.5:
        return Question(filled(draw.choice(LONG), draw))
    return Question("/v1/packs", f"{draw.getrandbits(64):x}." + "a" * draw.choice((20, 2_000, 15_000, 60_000)))


async def whole_answer(connection: Connection) -> str:
    """Read all, as fast as it comes."""
    status = await _status(connection)
    while await connection.reader.read(1 << 16):
        pass
    return status


async def slow_answer(connection: Connection) -> str:
    """Read so slowly that an export lasts as long as the server lets it."""
    status = await _status(connection)
    while await connection.reader.read(SLOW_BYTES):
        await asyncio.sleep(SLOW_SECONDS)
    return status


async def no_answer(connection: Connection) -> str:
    """Hang up while the answer is prepared."""
    await asyncio.sleep(connection.draw.uniform(0.05, 2))
    return "hung up"


async def _status(connection: Connection) -> str:
    words = (await connection.reader.readline()).split()
    return words[1].decode() if len(words) > 1 else "closed"


ATTACKS = (
    Attack("1: dearest questions", 6, dear_question, whole_answer),
    Attack("3: long addresses and hosts", 4, long_request, whole_answer),
    Attack("5: computed lists", 4, any_of(COMPUTED), whole_answer),
    Attack("6: slow exports", 4, any_of(EXPORTED), slow_answer, SLOW_BUFFER_BYTES),
    Attack("6: parts of words", 40, any_of(LIKE), whole_answer),
    Attack("6: hanging up", 4, dear_question, no_answer),
)
"""Attacks by their number in issue 16, each from the next address after 127.0.0.1."""


async def connect(port: int, address: str, receive_buffer: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect from a local address."""
    sock = socket.socket()
    try:
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.bind((address, 0))
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=sock, limit=receive_buffer or 1 << 16)
    except BaseException:
        sock.close()
        raise


async def _ask_once(attack: Attack, port: int, address: str, draw: random.Random) -> str:
    question = attack.ask(draw)
    reader, writer = await connect(port, address, attack.receive_buffer)
    try:
        head = f"GET {question.path} HTTP/1.1\r\nHost: {question.host}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        return await attack.receive(Connection(reader, writer, draw))
    finally:
        writer.transport.abort()


async def _attack(attack: Attack, port: int, address: str, draw: random.Random, tally: Tally) -> None:
    while True:
        began = time.monotonic()
        try:
            outcome = await _ask_once(attack, port, address, draw)
        except (OSError, ValueError) as error:
            outcome = type(error).__name__
        tally.outcomes[outcome] += 1
        tally.seconds.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE_SECONDS)


async def attack_all(port: int, seed: int, over: Awaitable[object]) -> dict[str, Tally]:
    """Run all attacks side by side until it is over."""
    tallies = {attack.name: Tally() for attack in ATTACKS}
    tasks = [
        asyncio.create_task(
            _attack(attack, port, f"127.0.0.{last}", random.Random(seed + 100 * last + number), tallies[attack.name])  # noqa: S311
        )
        for last, attack in enumerate(ATTACKS, 2)
        for number in range(attack.connections)
    ]
    await over
    broken = [task.exception() for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if broken:
        raise RuntimeError("an attack ended") from broken[0]
    return tallies


async def main(port: int, seed: int) -> None:
    """Attack until standard input ends, and write the tallies."""
    tallies = await attack_all(port, seed, asyncio.to_thread(sys.stdin.read))
    json.dump({name: tally.told() for name, tally in tallies.items()}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
