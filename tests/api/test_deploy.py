"""The examples of operation work: the unit is sound, and behind the proxy every link leads where it was asked."""

import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from conftest import Databases
from long_questions import long_question
from raw_http import sent
from soak.servers import HOME, Server, free_port, oxus_serving
from typer.main import get_command
from typer.testing import CliRunner
from waiting import MAX_WAIT_SECONDS, wait_until

from app.api.http import least_rate, read_pool, respond
from app.api.http.headers import MAX_HEADER_URL_BYTES
from app.api.middleware.request_limits import MAX_TARGET_BYTES
from app.cli import app as commands
from app.commands import max_connections_of_process
from app.db.change_detector import LOOKUP_TIMEOUT_SECONDS
from app.settings import PROJECT_ROOT, Settings

DEPLOY = HOME / "app" / "deploy"
NAME = "oxus.example"
RATE, BURST = "50r/s", 200
FIRST_VIEW = 50
DRAG = 100
"""Requests of the page: for its first view, and for a slider that is dragged for some seconds (tests/web)."""


def program(name: str, package: str) -> str:
    """The path of a program. Skips when it is not installed."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{name} is not installed (apt-get install {package}): the example is NOT TESTED")
    return path


def test_the_unit_is_one_that_systemd_takes_and_shuts_in(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    unit = tmp_path / "oxus.service"
    text = (DEPLOY / "oxus.service").read_text("utf-8")
    assert text.count("/opt/oxus/bin/oxus serve") == 1
    unit.write_text(text.replace("/opt/oxus/bin/oxus serve", f"{sys.executable} serve"), "utf-8")
    ended = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
    line = [analyze, "security", "--offline=true", "--threshold=25", str(unit)]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-500:]  # 2.5 of 10, where 10 is open to everything


def test_the_unit_says_nothing_that_the_command_does_not_know() -> None:
    text = (DEPLOY / "oxus.service").read_text("utf-8")
    [line] = re.findall(r"^ExecStart=\S+ serve (.*)$", text, re.MULTILINE)
    command = get_command(commands).commands["serve"]  # type: ignore[attr-defined]
    known = {option for param in command.params for option in param.opts}
    assert set(re.findall(r"--\w+", line)) <= known
    settings = dict(re.findall(r"^Environment=OXUS_(\w+)=(.*)$", text, re.MULTILINE))
    assert set(settings) == {"DATABASE_URL", "ACCESS_LOG"}
    chosen = Settings(**{name.lower(): value for name, value in settings.items()})
    assert (chosen.database_url, chosen.access_log) == ("/var/lib/oxus/oxus.db", True)


def shown_default(name: str, value: object) -> str:
    """A default as the table of settings shows it."""
    if name == "seed_dir":
        return "`seed/`"
    if isinstance(value, bool) or value == "":
        return "`false`" if value is False else "empty"
    return f"`{value:g}`" if isinstance(value, int | float) else f"`{value}`"


def test_the_readme_has_every_setting_with_its_default_and_meaning() -> None:
    table = re.findall(r"^\| `OXUS_.*", (DEPLOY / "README.md").read_text("utf-8"), re.MULTILINE)
    assert table == [
        f"| `OXUS_{name.upper()}` | {shown_default(name, field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def test_the_readme_names_files_and_settings_that_exist() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    files = set(re.findall(r"`((?:app|tests)/[\w/.]+)`", text))
    assert len(files) > 5
    assert [file for file in files if not (HOME / file).exists()] == []
    assert set(re.findall(r"OXUS_([A-Z_]+)", text)) == {name.upper() for name in Settings.model_fields}


@dataclass
class Proxy:
    """nginx with the example's configuration, in front of a server of ours."""

    port: int
    server: Server
    log: Path
    trusting: ssl.SSLContext

    @property
    def root(self) -> str:
        """The address that a reader knows."""
        return f"https://{NAME}:{self.port}/oxus"

    def get(self, url: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """An answer to an address below the root, or to a whole one."""
        parts = urlsplit(url if "://" in url else self.root + url)
        assert (parts.scheme, parts.netloc) == ("https", f"{NAME}:{self.port}"), url
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=MAX_WAIT_SECONDS)
        connection = http.client.HTTPSConnection(NAME, self.port, context=self.trusting)
        connection.sock = self.trusting.wrap_socket(raw, server_hostname=NAME)
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def json(self, url: str) -> Any:
        """The same, a 200 read as JSON."""
        answer, body = self.get(url)
        assert answer.status == 200, (url, body)
        return json.loads(body)


def is_open(port: int) -> bool:
    """Return whether a port of this machine takes connections."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def proxied(folder: Path, server: Server, log: Path, *changes: tuple[str, str]) -> Iterator[Proxy]:
    """Run nginx with the example, in which addresses of this machine and the changes given stand for others."""
    nginx, openssl = program("nginx", "nginx-light"), program("openssl", "openssl")
    key, certificate, port = folder / "key.pem", folder / "certificate.pem", free_port()
    line = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    line += ["-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*line, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    example = (DEPLOY / "nginx.conf").read_text("utf-8")
    for there, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{server.port}"),
        ("/etc/ssl/certs/oxus.example.pem", str(certificate)),
        ("/etc/ssl/private/oxus.example.key", str(key)),
        *changes,
    ):
        assert example.count(there) == 1, there
        example = example.replace(there, here)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    whole = folder / "nginx.conf"
    user = "user root;\n" if os.getuid() == 0 else ""
    whole.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/access.log;\n{places}\n{example}\n}}\n"
    )
    subprocess.run([nginx, "-t", "-q", "-c", str(whole)], check=True)
    process = subprocess.Popen([nginx, "-c", str(whole)])
    try:
        wait_until(lambda: is_open(port))
        yield Proxy(port, server, log, ssl.create_default_context(cafile=certificate))
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(MAX_WAIT_SECONDS)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    program("nginx", "nginx-light")
    database, log = Databases("sqlite", folder, None).loaded(), folder / "server.log"
    settings = {"OXUS_ROOT_PATH": "/oxus", "OXUS_ALLOWED_HOSTS": f"{NAME},127.0.0.1", "OXUS_ACCESS_LOG": "true"}
    settings["OXUS_METRICS"] = "true"
    unlimited = (f"rate={RATE}", "rate=1000r/s")  # tests ask faster than people
    with oxus_serving(database, log, **settings) as server, proxied(folder, server, log, unlimited) as found:
        yield found


@pytest.fixture
def shipped(proxy: Proxy, tmp_path: Path) -> Iterator[Proxy]:
    """Serve through the example as it is, in front of the same server."""
    with proxied(tmp_path, proxy.server, proxy.log) as found:
        yield found


def links_in(value: Any) -> Iterator[str]:
    """Every address in a document."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from links_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links_in(inner)
    elif isinstance(value, str) and value.startswith("http") and "{" not in value:
        yield value


@pytest.mark.parametrize("path", ["/", "/ogc", "/ogc/collections", "/ogc/collections/events/items?limit=2"])
def test_links_lead_through_the_proxy(proxy: Proxy, path: str) -> None:
    answer, body = proxy.get(path, Accept="application/json")
    assert answer.status == 200
    ours = [url for url in links_in(json.loads(body)) if NAME in url or "127.0.0.1" in url]
    assert len(ours) >= 3
    for url in ours:
        assert url.startswith(proxy.root), url
        assert proxy.get(url)[0].status == 200, url


def test_pages_are_followed_through_the_proxy(proxy: Proxy) -> None:
    url, ids = "/v1/events?limit=40&fields=id", list[str]()
    while url:
        page = proxy.json(url)
        ids += [row["id"] for row in page["items"]]
        url = page["next"]
        assert url is None or url.startswith(f"{proxy.root}/v1/events?")
    assert len(ids) == len(set(ids)) == 87
    answer, _ = proxy.get("/v1/events?limit=40")
    assert f"<{proxy.root}/v1/events?" in answer.headers["link"]


def test_documentation_is_whole_under_the_prefix(proxy: Proxy) -> None:
    for path in ("/docs", "/redoc"):
        answer, body = proxy.get(path)
        assert answer.status == 200
        text = body.decode()
        assert "/oxus/openapi.json" in text
        for source in re.findall(r'(?:src|href)="([^"]+)"', text):
            if not source.startswith(("http", "data:", "#")):
                assert proxy.get(urljoin(f"{proxy.root}/docs", source))[0].status == 200, source
    assert proxy.json("/openapi.json")["servers"] == [{"url": "/oxus"}]


def test_answers_are_compressed_and_still_validated(proxy: Proxy) -> None:
    answer, body = proxy.get("/v1/events", **{"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["returned"] == 87
    again, nothing = proxy.get("/v1/events", **{"Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]})
    assert (again.status, nothing) == (304, b"")


def test_all_rows_come_through(proxy: Proxy) -> None:
    answer, body = proxy.get("/v1/claims?limit=all&f=ndjson")
    assert answer.status == 200
    assert len(body.splitlines()) == len(proxy.json("/v1/claims?limit=1000&fields=id")["items"])


def test_a_long_cursor_comes_through_and_a_body_does_not(proxy: Proxy) -> None:
    answer, body = proxy.get("/v1/events?cursor=" + "A" * 39_000)
    assert (answer.status, json.loads(body)["parameter"]) == (400, "cursor")
    raw = b"POST /oxus/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=MAX_WAIT_SECONDS)
    with proxy.trusting.wrap_socket(plain, server_hostname=NAME) as secure:
        secure.sendall(raw)
        assert secure.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("format_", ["json", "geojson", "csv", "ndjson"])
@pytest.mark.parametrize("size", [1_000, 3_500, 7_500, 30_000, 59_000])
def test_a_long_question_with_a_next_page_comes_through(proxy: Proxy, size: int, format_: str, method: str) -> None:
    answer, body = proxy.get(long_question(f"/v1/events?limit=2&f={format_}", size), method)
    named = 'rel="next"' in (answer.headers["link"] or "")
    if size < MAX_HEADER_URL_BYTES:
        assert (answer.status, named) == (200, True)
    elif format_ in ("csv", "ndjson"):
        assert (answer.status, answer.headers["content-type"]) == (414, "application/problem+json")
    else:
        assert (answer.status, named) == (200, False)
    if format_ == "json" and method == "GET":
        following = json.loads(body)["next"]
        assert proxy.json(following)["returned"] == 2
        assert f"<{following}>" in answer.headers["link"] or len(following) > MAX_HEADER_URL_BYTES


@pytest.mark.parametrize("size", [MAX_TARGET_BYTES + 100, 64 * 1024 + 100, 200_000])
def test_an_address_that_is_too_long_is_a_414_on_both_sides(proxy: Proxy, size: int) -> None:
    path = long_question("/v1/events?limit=2", size)
    assert proxy.get(path)[0].status == 414
    status, _, _ = sent(proxy.server.port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert status == 414


def test_ignored_names_come_through_however_many(proxy: Proxy) -> None:
    for path in ("/compat/acled/api/acled/read", "/compat/ucdp/api/gedevents/25.1"):
        answer, _ = proxy.get(f"{path}?" + "&".join(f"{'%F0%9F%99%82' * 50}{number}=1" for number in range(90)))
        assert answer.status == 200
        assert answer.headers["oxus-ignored"].endswith(" more")


def test_a_first_view_and_a_dragged_slider_pass_the_rate(shipped: Proxy) -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert re.findall(r"rate=(\w+/s);.*burst=(\d+) ", text, re.DOTALL) == [(RATE, str(BURST))]
    assert FIRST_VIEW + DRAG < BURST
    days = [f"/v1/control?as_of=2021-06-{1 + number % 30:02}&limit={1 + number}" for number in range(FIRST_VIEW + DRAG)]
    with ThreadPoolExecutor(30) as pool:
        statuses = Counter(answer.status for answer, _ in pool.map(shipped.get, days))
    assert statuses == {200: len(days)}


def test_who_asks_too_much_gets_a_problem_and_the_time_to_wait(proxy: Proxy, tmp_path: Path) -> None:
    slow = (f"rate={RATE}", "rate=1r/m"), (f"burst={BURST} nodelay", "nodelay")
    with proxied(tmp_path, proxy.server, proxy.log, *slow) as limited:
        answers = [limited.get("/v1/packs") for _ in range(3)]
    refused = [(answer, body) for answer, body in answers if answer.status != 200]
    assert refused
    for answer, body in refused:
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == 429


def test_both_logs_name_a_request_the_same_and_the_client_behind_the_proxy(proxy: Proxy) -> None:
    answer, _ = proxy.get("/v1/packs?limit=7")
    id_ = answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", id_)

    def logged() -> list[Any]:
        lines = [json.loads(line) for line in proxy.log.read_text("utf-8").splitlines() if line.endswith("}")]
        return [line for line in lines if line["id"] == id_]

    [line] = wait_until(logged)  # the line is written a moment after the answer
    assert (line["client"], line["path"], line["query"]) == ("127.0.0.1", "/oxus/v1/packs", "limit=7")


def test_numbers_are_for_the_machine_itself(proxy: Proxy) -> None:
    answer, body = proxy.get("/metrics")
    assert answer.status == 200  # the test is on the machine itself
    assert b'oxus_requests_total{part="packs",status="2xx"}' in body


FORWARDED = (
    b"GET /v1/events?limit=1 HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n"
)


# On one kind of database: whom a server trusts does not depend on it.
@pytest.mark.parametrize(
    ("trusted", "scheme", "client"),
    [
        ("127.0.0.1", "https", "203.0.113.7"),
        ("127.0.0.0/8, 10.0.0.1", "https", "203.0.113.7"),
        ("10.0.0.1", "http", "127.0.0.1"),
    ],
)
def test_nobody_but_a_trusted_proxy_says_who_asks_and_how(
    tmp_path: Path, trusted: str, scheme: str, client: str
) -> None:
    log = tmp_path / "log"
    with oxus_serving(str(tmp_path / "oxus.db"), log, OXUS_TRUSTED_PROXIES=trusted, OXUS_ACCESS_LOG="true") as server:
        status, _, body = sent(server.port, FORWARDED)
    assert status == 200
    assert json.loads(body)["next"].startswith(f"{scheme}://x/v1/events?")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    assert lines[-1]["client"] == client


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OXUS_ROOT_PATH", "oxus"),
        ("OXUS_ROOT_PATH", "/oxus/"),
        ("OXUS_READ_TOKEN", "short"),
        ("OXUS_MAX_CONCURRENT_EXPORTS", "0"),
    ],
)
def test_a_server_does_not_start_with_a_setting_that_is_wrong(tmp_path: Path, name: str, value: str) -> None:
    result = CliRunner().invoke(commands, ["serve", "--database", str(tmp_path / "oxus.db")], env={name: value})
    assert result.exit_code == 2
    assert f"wrong setting {name}: " in result.output
    assert not (tmp_path / "oxus.db").exists()


def test_the_readme_tells_the_limits_that_hold() -> None:
    text = " ".join((PROJECT_ROOT / "app" / "deploy" / "README.md").read_text().split())
    embedded, server = read_pool.EMBEDDED_THREADS, read_pool.SERVER_THREADS
    own = Settings()
    for said in (
        f"the event loop for {read_pool.INLINE_SECONDS * 1000:g} ms; then in one of {embedded.short} threads "
        f"(PostgreSQL: {server.short}) for {read_pool.SHORT_SECONDS * 1000:g} ms; then in one of {embedded.long} "
        f"({server.long}) up to its limit",
        f"A worker holds up to {max_connections_of_process(own)}: {server.short} for short questions, "
        f"{server.long} for long ones, one for each export",
        f"slower than {least_rate.MIN_EXPORT_BYTES_PER_SECOND // 1024} kB/s on the whole | after the first minute |",
        f"| look at the revision of a PostgreSQL database | {LOOKUP_TIMEOUT_SECONDS:g} s |",
        f"{respond.MAX_CHUNK_SECONDS:g} s for rows of an export",
    ):
        assert said in text
    assert least_rate.SLOW_START_SECONDS == 60
