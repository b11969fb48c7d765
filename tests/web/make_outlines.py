"""Makes app/web/outlines.geojson, the countries that the map shows, from Natural Earth's 1:50m countries.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tests/web/make_outlines.py package/countries-50m.json

Natural Earth is in the public domain; the npm package (ISC) holds it as TopoJSON, in which neighbours share their
borders. A shared border is simplified once, so that no gap opens. What the first pack is about keeps its detail.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Line = list[Point]
REGION = (56.0, 26.0, 80.0, 46.0)
"""West, south, east, north in degrees: there the borders keep their detail."""
FINE, COARSE = 0.015, 0.2
"""How far, in degrees, a border may be moved inside the region and outside."""
SMALLEST = 0.8
"""Square degrees below which a part of a country (an island) is left out, unless it is all there is."""
POLE = -85.0
"""Where maps of this kind end in the south; only Antarctica lies around a pole."""
OUT = Path(__file__).resolve().parents[2] / "app" / "web" / "outlines.geojson"


def decoded(topology: Any) -> list[Line]:
    """The arcs in degrees: they are stored as steps on a grid."""
    (kx, ky), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line: Line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * kx + x0, y * ky + y0))
        arcs.append(line)
    return arcs


def near_region(line: Line) -> bool:
    """Whether some point of a line lies in the region."""
    west, south, east, north = REGION
    return any(west <= x <= east and south <= y <= north for x, y in line)


def simplified(line: Line, tolerance: float) -> Line:
    """The line without points that lie closer than the tolerance to what is left (Ramer, Douglas, Peucker)."""
    kept = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        far, at = max(((apart(line[i], line[first], line[last]), i) for i in range(first + 1, last)), default=(0.0, 0))
        if far > tolerance:
            kept.add(at)
            spans += [(first, at), (at, last)]
    return [line[i] for i in sorted(kept)]


def apart(point: Point, a: Point, b: Point) -> float:
    """How far a point lies from the stretch between two others."""
    (x, y), (ax, ay), (bx, by) = point, a, b
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = 0.0 if not length else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length))
    return float(((x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2) ** 0.5)


def ring(numbers: Sequence[int], arcs: list[Line]) -> Line:
    """The ring that arcs make, end to end; a negative number is an arc the other way round."""
    found: Line = []
    for number in numbers:
        line = arcs[number] if number >= 0 else arcs[~number][::-1]
        found += line[1:] if found else line
    return found


def area(line: Line) -> float:
    """Square degrees within a ring."""
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise(line))) / 2


def polygons(geometry: Any) -> list[list[list[int]]]:
    """The polygons of a country, as lists of rings of arcs."""
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]] if "arcs" in geometry else []


def features(topology: Any) -> Iterator[dict[str, Any]]:
    """The countries, largest part first; only those with a code of ISO 3166 are named."""
    arcs = [simplified(line, FINE if near_region(line) else COARSE) for line in decoded(topology)]
    for geometry in topology["objects"]["countries"]["geometries"]:
        rings = [[unrolled(ring(numbers, arcs)) for numbers in part] for part in polygons(geometry)]
        parts = sorted(rings, key=lambda part: -area(part[0]))
        kept = [part for at, part in enumerate(parts) if (at == 0 or area(part[0]) >= SMALLEST) and len(part[0]) > 3]
        if not kept:
            continue
        doubled = [copy for part in kept for copy in on_both_sides(part)]
        coordinates = [[[rounded(point) for point in line] for line in part if len(line) > 3] for part in doubled]
        yield {
            "type": "Feature",
            "properties": {"name": geometry["properties"]["name"] if "id" in geometry else None},
            "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
        }


def unrolled(line: Line) -> Line:
    """A ring without leaps across the antimeridian: it goes on beyond 180 degrees; one around a pole is led there."""
    found, turns = line[:1], 0
    for (before, _), (x, y) in itertools.pairwise(line):
        turns += (before - x > 180) - (x - before > 180)
        found.append((x + 360 * turns, y))
    return [*found, (found[-1][0], POLE), (found[0][0], POLE)] if turns else found


def on_both_sides(part: list[Line]) -> list[list[Line]]:
    """A polygon, and once more on the other side of the map if it reaches beyond the antimeridian."""
    far = [x for x, _ in part[0] if abs(x) > 180.01]
    turn = -360 if far and far[0] > 0 else 360
    return [part, [[(x + turn, y) for x, y in line] for line in part]] if far else [part]


def rounded(point: Point) -> list[float]:
    """A point with no more digits than its detail has."""
    return [round(value, 2 if near_region([point]) else 1) for value in point]


def main() -> None:
    """Write the outlines."""
    topology = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    found = {
        "type": "FeatureCollection",
        "source": "Natural Earth 4.1, 1:50m countries (public domain), simplified; for orientation only",
        "features": sorted(features(topology), key=lambda feature: feature["properties"]["name"] or ""),
    }
    OUT.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
