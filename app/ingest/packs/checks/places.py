"""Checks of places: hierarchy without cycles, complete coordinates, codes that fit those of parents."""

import re
from collections.abc import Iterator

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue, ancestors
from app.ingest.packs.drafts import LocationDraft, PackContent
from app.ingest.packs.limits import MAX_ANCESTORS
from app.ingest.packs.problems import listed_others
from app.vocab import LocationKind

P_CODE = "ocha-cod-ab"
_FORMS = {P_CODE: r"[A-Z]{2}\d*", "iso-3166-1-alpha-3": r"[A-Z]{3}", "iso-3166-1-alpha-2": r"[A-Z]{2}"}


def hierarchy(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that no place lies in itself or too many, and that countries, and only outermost places, have a code."""
    for location in content.locations:
        where = (location.file, location.id, "parent", str(location.parent))
        if location.id in ancestors(location.id, catalogue.parents):
            yield Problem(*where, "lies in itself")
        elif len(ancestors(location.id, catalogue.enclosing)) > MAX_ANCESTORS:
            yield Problem(*where, f"lies in more than {MAX_ANCESTORS} places, counting those that cover it")
        if location.kind == LocationKind.COUNTRY and location.country is None:
            yield Problem(location.file, location.id, "country", "", "a country needs its ISO 3166-1 alpha-3 code")
        if location.parent and location.country:
            reason = "inherited from the parent; leave it out"
            yield Problem(location.file, location.id, "country", location.country, reason)


def coordinates(content: PackContent, _catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that a place has both coordinates and a point kind, or none of the three."""
    for location in content.locations:
        parts_given = [
            location.latitude is not None,
            location.longitude is not None,
            location.point_kind is not None,
        ]
        if any(parts_given) and not all(parts_given):
            reason = "latitude, longitude and point_kind go together"
            yield Problem(location.file, location.id, "latitude", str(location.latitude), reason)


def codes(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Check that a code has the form of its scheme and one owner; a P-code begins with that of its parent."""
    for location in content.locations:
        for code in location.codes:
            where = (location.file, location.id, f"codes.{code.scheme}", code.code)
            form = _FORMS.get(code.scheme)
            if form and not re.fullmatch(form, code.code):
                yield Problem(*where, f"malformed: a code of {code.scheme} looks like {form}")
            owners = catalogue.code_owners.get((code.scheme, code.version, code.code), [])
            if others := listed_others(owners, location.id):
                yield Problem(*where, f"is the code of {others} too")
            outer = _outer_code(location, code.scheme, catalogue)
            if code.scheme == P_CODE and outer and not code.code.startswith(outer):
                yield Problem(*where, f"does not begin with the code of what it lies in, {outer}")


def _outer_code(location: LocationDraft, scheme: str, catalogue: DraftCatalogue) -> str | None:
    """Return the code in a scheme of the nearest ancestor that has one."""
    for outer in reversed(catalogue.path(location.id)[:-1]):
        for code in catalogue.locations[outer].codes:
            if code.scheme == scheme:
                return code.code
    return None
