"""What is installed: all of it pinned, under licences that were looked at, with a reason where it is named."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.settings import PROJECT_ROOT

README = (PROJECT_ROOT / "app" / "README.md").read_text("utf-8")
PINS = dict(
    line.partition(" ;")[0].split("==") for line in (PROJECT_ROOT / "requirements.lock").read_text("utf-8").splitlines()
)
SERVED = ("import", "parquet", "postgresql", "telemetry")
"""Extras that a server is installed with; `test` is nobody's but the tests'."""
PERMISSIVE = {
    "0BSD",
    "3-Clause BSD License",
    "Apache-2.0",
    "Apache Software License",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "ISC License (ISCL)",
    "MIT",
    "MIT License",
    "PSF-2.0",
    "Python Software Foundation License",
    "Zlib",
    "CC0-1.0",
    "CNRI-Python",
    "The Unlicense (Unlicense)",
}
LESSER = {
    "certifi": "MPL 2.0: a list of certificates that is not changed here; comes with what speaks to a collector",
    "psycopg": "LGPL, used as it is and from outside: Oxus stays under its own licence",
    "psycopg-binary": "LGPL, as psycopg, with libpq beside it",
    "pycountry": "LGPL 2.1: tables of ISO codes, used as they are and from outside",
}
"""Packages under other terms, and why they may be here."""
OTHER = {
    "LGPL-2.1-only",
    "LGPL-3.0-only",
    "GNU Lesser General Public License v3 (LGPLv3)",
    "Mozilla Public License 2.0 (MPL 2.0)",
}


def needed(extras: tuple[str, ...]) -> set[str]:
    """Everything that comes with Oxus and these extras, by name, as far as it is for this machine."""
    found: set[tuple[str, str]] = set()
    waiting = [("oxus", extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in distribution(name).requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                other = canonicalize_name(requirement.name)
                waiting += [(other, wanted) for wanted in ("", *requirement.extras)]
    return {name for name, _ in found} - {"oxus"}


def licences(package: Distribution) -> Iterator[str]:
    """The licences that a package says it is under: an SPDX expression's parts, or classifiers, or words."""
    if expression := package.metadata.get("License-Expression"):
        yield from re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression)
        return
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier", [])
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    yield from classified or [(package.metadata.get("License") or "none").splitlines()[0]]


def installed_version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return "not installed"


def test_everything_that_is_installed_is_pinned_and_is_the_version_pinned() -> None:
    names = sorted(needed((*SERVED, "test")))
    assert [name for name in names if name not in PINS] == [], "these have no line in requirements.lock"
    assert {name: installed_version(name) for name in names} == {name: PINS[name] for name in names}


def fits(name: str, found: set[str]) -> bool:
    return bool(found & OTHER) if name in LESSER else bool(found) and found <= PERMISSIVE


def test_everything_that_a_server_runs_is_under_a_licence_that_fits() -> None:
    found = {name: {part.strip() for part in licences(distribution(name)) if part.strip()} for name in needed(SERVED)}
    assert {name: parts for name, parts in found.items() if not fits(name, parts)} == {}


def test_nothing_is_pinned_that_nobody_needs() -> None:
    elsewhere = {"colorama", "httpx2-jsfetch", "tzdata"}  # for other systems than this one
    assert set(PINS) - elsewhere <= needed((*SERVED, "test"))


def test_every_dependency_that_is_named_has_its_reason_in_the_readme() -> None:
    reasons = re.sub(r"\s+", " ", README.partition("\nDependencies: ")[2].partition("\n## ")[0]).lower()
    named = [Requirement(line).name for line in distribution("oxus").requires or ()]
    missing = [name for name in named if name != "oxus" and name.partition("-")[0].lower() not in reasons]
    assert not missing
