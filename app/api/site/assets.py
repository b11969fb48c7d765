"""Static files of the map page: its own, and Leaflet from its wheel, under a URL that holds their hash."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import distribution
from pathlib import Path

from app.settings import PROJECT_ROOT

PAGE_DIR = PROJECT_ROOT / "app" / "web"
LEAFLET = "js_lib_leaflet/static/js_lib_leaflet"
"""Folder of the plain files in the wheel django-js-lib-leaflet."""
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".geojson": "application/geo+json",
}


@dataclass(frozen=True)
class Asset:
    """A static file; its compressed form is made on first use."""

    content: bytes
    media_type: str

    @cached_property
    def compressed(self) -> bytes:
        """Compress with gzip, without a time stamp, so that the bytes are always equal."""
        return gzip.compress(self.content, mtime=0)


@dataclass(frozen=True)
class Assets:
    """All files by name; `version` is a hash of their content, so that a URL never stands for two contents."""

    files: dict[str, Asset]
    version: str
    page: bytes
    """HTML whose links to the files are relative, so that a proxy can serve it below any path."""


def read_assets() -> Assets:
    """Read the page and its files into memory."""
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
