"""The files of the page: its own, and Leaflet from its wheel; under an address that changes with their content."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import distribution
from pathlib import Path

from app.settings import PROJECT_ROOT

PAGE_DIR = PROJECT_ROOT / "app" / "web"
LEAFLET = "js_lib_leaflet/static/js_lib_leaflet"
"""Where the wheel django-js-lib-leaflet keeps what is not about Django."""
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".geojson": "application/geo+json",
}


@dataclass(frozen=True)
class Asset:
    """A file, and the same compressed once it is asked for."""

    content: bytes
    media_type: str

    @cached_property
    def compressed(self) -> bytes:
        """As gzip."""
        return gzip.compress(self.content, mtime=0)


@dataclass(frozen=True)
class Assets:
    """All files by name; `version` is their content in short, so that an address never stands for two of them."""

    files: dict[str, Asset]
    version: str
    page: bytes
    """The HTML, which leads to the files by relative addresses: it may be served below any path."""


def read_assets() -> Assets:
    """What the page is made of."""
    leaflet = distribution("django-js-lib-leaflet")
    paths = {
        path.relative_to(PAGE_DIR).as_posix(): path
        for path in sorted(PAGE_DIR.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }
    paths |= {
        f"leaflet/{name}": Path(str(leaflet.locate_file(f"{LEAFLET}/{name}"))) for name in ("leaflet.js", "leaflet.css")
    }
    files = {name: Asset(path.read_bytes(), MEDIA_TYPES[path.suffix]) for name, path in paths.items()}
    html = (PAGE_DIR / "index.html").read_bytes()
    digest = hashlib.sha256(html)
    for name, file in files.items():
        digest.update(name.encode() + file.content)
    version = digest.hexdigest()[:16]
    return Assets(files, version, html.replace(b"{assets}", f"assets/{version}".encode()))
