"""curl and jq, which every Unix machine has or gets with one command."""

import hashlib
from pathlib import Path

import pytest

from clients.conftest import Server, program, run


@pytest.fixture(scope="module")
def curl() -> str:
    """The path of curl."""
    return program("curl", "curl")


def jq(json: str, asked: str) -> list[str]:
    """What jq makes of a document, line by line."""
    return run([program("jq", "jq"), "-r", asked], input=json).stdout.splitlines()


def test_jq_reads_what_curl_gets(server: Server, curl: str) -> None:
    got = run([curl, "-sS", f"{server.url}/v1/control?as_of=2021-06-29&place=kaldar&kind=district"]).stdout
    assert jq(got, '.items[] | "\\(.location.name): \\(.holder.name), \\(.state)"') == [
        "Kaldar: Government of Afghanistan, held"
    ]


def test_curl_encodes_names_and_phrases(server: Server, curl: str) -> None:
    line = [curl, "-sS", "--get", f"{server.url}/v1/events", "--data-urlencode", 'q="tent camp"']
    got = run([*line, "--data-urlencode", "fields=id"]).stdout
    assert jq(got, ".items[].id") == [row["id"] for row in server.json("/v1/events?q=%22tent%20camp%22")["items"]]
    assert len(jq(got, ".items[].id")) == 2


def test_next_is_followed_until_it_is_null(server: Server, curl: str) -> None:
    url, ids = f"{server.url}/v1/events?limit=40&fields=id", list[str]()
    while url != "null":
        page = run([curl, "-sS", url]).stdout
        ids += jq(page, ".items[].id")
        (url,) = jq(page, ".next")
    assert ids == [row["id"] for row in server.json("/v1/events?limit=1000&fields=id")["items"]]


def test_a_stream_of_all_rows_is_whole(server: Server, curl: str, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    run([curl, "-sS", "--fail", "-o", str(path), f"{server.url}/v1/events?limit=all&f=ndjson"])
    assert jq(path.read_text("utf-8"), ".id") == [row["id"] for row in server.json("/v1/events?limit=1000")["items"]]


def test_an_etag_saves_the_second_download(server: Server, curl: str, tmp_path: Path) -> None:
    etag, path = tmp_path / "etag.txt", tmp_path / "events.csv"
    line = [curl, "-sS", "--etag-compare", str(etag), "--etag-save", str(etag), "-o", str(path), "-w", "%{http_code}"]
    url = f"{server.url}/v1/events?f=csv&limit=1000"
    assert run([*line, url]).stdout == "200"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert run([*line, url]).stdout == "304"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_a_file_is_named_by_the_server(server: Server, curl: str, tmp_path: Path) -> None:
    run([curl, "-sS", "-OJ", f"{server.url}/v1/control-changes?f=csv&place=balkh"], cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["control-changes.csv"]


def test_a_refusal_is_a_body_that_jq_reads_and_a_status_that_scripts_see(server: Server, curl: str) -> None:
    got = run([curl, "-sS", "-w", "\n%{http_code}", f"{server.url}/v1/events?place=Heiratan"]).stdout
    body, _, status = got.rpartition("\n")
    assert (status, jq(body, ".did_you_mean[0]")) == ("400", ["Hairatan"])


def test_what_a_program_asks_is_heard_whatever_its_status(server: Server, curl: str) -> None:
    with server.watched() as asked:
        for query in ("?limit=1&q=%22tent%20camp%22", "?limit=0", ""):
            run([curl, "-sS", f"{server.url}/v1/events{query}"])
    assert asked == ['/v1/events?limit=1&q="tent camp"', "/v1/events?limit=0", "/v1/events"]
