"""What FastAPI itself sends to an OpenTelemetry collector, as app/deploy/README.md says how to switch it on."""

import gzip
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from raw_http import sent
from soak.servers import HOME, oxus_serving

README = (HOME / "app" / "deploy" / "README.md").read_text("utf-8")
SDK = "google/_upb"
"""A library that what is sent is put together with, as a process has it in memory."""
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector() -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """A collector that keeps what it is sent, by path; its address."""
    got: dict[str, list[bytes]] = {}

    class Collecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            got.setdefault(self.path, []).append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collecting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


def attributes(of: Any) -> dict[str, Any]:
    """The attributes of a span or a point."""
    found = {}
    for pair in of.attributes:
        kind = pair.value.WhichOneof("value")
        found[pair.key] = getattr(pair.value, kind)
    return found


def test_the_settings_of_the_readme_send_traces_and_numbers_to_a_collector(
    collector: tuple[str, dict[str, list[bytes]]], tmp_path: Path
) -> None:
    address, got = collector
    [shown] = re.findall(r"^(OXUS_TELEMETRY=(?:\S+ )+)oxus serve$", README, re.MULTILINE)
    settings = dict(pair.split("=", 1) for pair in shown.split())
    assert settings.pop("OTEL_EXPORTER_OTLP_ENDPOINT").startswith("http://127.0.0.1:")
    url = Databases("sqlite", tmp_path, None).loaded()
    settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = address
    with oxus_serving(url, tmp_path / "log", **settings) as server:
        for path in (b"/v1/events?limit=1", b"/v1/events?limit=1", b"/v1/locations/kaldar", b"/v1/events?key=s3cret"):
            head = b"GET %s HTTP/1.1\r\nHost: x\r\ntraceparent: 00-%s-b7ad6b7169203331-01\r\n\r\n"
            sent(server.port, head % (path, TRACE.encode()))
        assert SDK in Path(f"/proc/{server.process.pid}/maps").read_text("utf-8")
    spans = [
        (resource, span)
        for body in got["/v1/traces"]
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == TRACE
    ]
    requests = [span for _, span in spans if "http.response.status_code" in attributes(span)]
    assert [attributes(span)["url.path"] for span in requests] == ["/v1/events", "/v1/events", "/v1/locations/kaldar"]
    assert {attributes(span)["http.response.status_code"] for span in requests} == {200}
    assert requests[0].name == "GET /v1/events"
    assert requests[2].name == "GET /v1/locations/{id}"
    assert attributes(spans[0][0].resource)["service.name"] == "oxus"
    names = {
        metric.name
        for body in got["/v1/metrics"]
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert "http.server.request.duration" in names
    assert all(b"s3cret" not in body for bodies in got.values() for body in bodies)


@pytest.mark.slow
def test_without_them_nothing_is_sent_and_the_sdk_is_not_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        with oxus_serving(str(tmp_path / "oxus.db"), tmp_path / "log", **settings) as server:
            assert sent(server.port, b"GET /v1/packs HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
            maps = Path(f"/proc/{server.process.pid}/maps").read_text("utf-8")
        nobody.setblocking(False)  # the server has ended: each connection it made waits to be accepted
        with pytest.raises(BlockingIOError):
            nobody.accept()
    assert SDK not in maps
