"""Make app/web/outlines.geojson, the country outlines of the map, from Natural Earth's 1:50m countries.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tests/web/make_outlines.py package/countries-50m.json

Natural Earth is in the public domain; the npm package (ISC) holds it as TopoJSON: neighbours share border arcs.
Each arc is simplified once, so that no gap opens between them. The region of the first pack keeps its detail.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Line = list[Point]
Polygon = list[Line]
REGION = (56.0, 26.0, 80.0, 46.0)
"""West, south, east and north of the detailed region, in degrees."""
REGION_TOLERANCE, WORLD_TOLERANCE = 0.015, 0.2
"""Simplification tolerances in degrees."""
MIN_AREA = 0.8
"""Square degrees below which an island is left out, unless it is the whole country."""
SOUTH_EDGE = -85.0
"""Southern edge of a Web Mercator map, to which Antarctica is closed."""
OUTPUT = Path(__file__).resolve().parents[2] / "app" / "web" / "outlines.geojson"


def decode_arcs(topology: Any) -> list[Line]:
    """Decode TopoJSON arcs to degrees: they are stored as differences on a grid."""
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


def touches_region(line: Line) -> bool:
    """Return whether any point lies in the detailed region."""
    west, south, east, north = REGION
    return any(west <= x <= east and south <= y <= north for x, y in line)


def simplify(line: Line, tolerance: float) -> Line:
    """Simplify a line by the Ramer-Douglas-Peucker algorithm."""
    kept = {0, len(line) - 1}
    segments = [(0, len(line) - 1)]
    while segments:
        first, last = segments.pop()
        distances = ((distance_to_segment(line[i], line[first], line[last]), i) for i in range(first + 1, last))
        distance, farthest = max(distances, default=(0.0, 0))
        if distance > tolerance:
            kept.add(farthest)
            segments += [(first, farthest), (farthest, last)]
    return [line[i] for i in sorted(kept)]


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """Compute the distance from a point to the segment between two others."""
    (x, y), (ax, ay), (bx, by) = point, a, b
    dx, dy = bx - ax, by - ay
    squared_length = dx * dx + dy * dy
    fraction = 0.0 if not squared_length else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / squared_length))
    return float(((x - ax - fraction * dx) ** 2 + (y - ay - fraction * dy) ** 2) ** 0.5)


def join_arcs(arc_indexes: Sequence[int], arcs: list[Line]) -> Line:
    """Join arcs to a ring; a negative index is the complement of an arc to be reversed."""
    ring: Line = []
    for index in arc_indexes:
        line = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += line[1:] if ring else line
    return ring


def area(ring: Line) -> float:
    """Compute the area of a ring in square degrees."""
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise(ring))) / 2


def polygon_arcs(geometry: Any) -> list[list[list[int]]]:
    """Return a country's polygons, each as rings of arc indexes."""
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]] if "arcs" in geometry else []


def features(topology: Any) -> Iterator[dict[str, Any]]:
    """Yield the countries, largest polygon first; only those with an ISO 3166 code are named."""
    tolerances = (
        (line, REGION_TOLERANCE if touches_region(line) else WORLD_TOLERANCE) for line in decode_arcs(topology)
    )
    arcs = [simplify(line, tolerance) for line, tolerance in tolerances]
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = [[unwrap(join_arcs(ring, arcs)) for ring in rings] for rings in polygon_arcs(geometry)]
        polygons.sort(key=lambda polygon: -area(polygon[0]))
        kept = [
            polygon
            for index, polygon in enumerate(polygons)
            if (index == 0 or area(polygon[0]) >= MIN_AREA) and len(polygon[0]) > 3
        ]
        if not kept:
            continue
        copies = [copy for polygon in kept for copy in world_copies(polygon)]
        coordinates = [[[round_point(point) for point in ring] for ring in copy if len(ring) > 3] for copy in copies]
        yield {
            "type": "Feature",
            "properties": {"name": geometry["properties"]["name"] if "id" in geometry else None},
            "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
        }


def unwrap(ring: Line) -> Line:
    """Unwrap a ring at the antimeridian: longitudes continue beyond 180; a ring around a pole is closed there."""
    unwrapped, turns = ring[:1], 0
    for (previous_x, _), (x, y) in itertools.pairwise(ring):
        turns += (previous_x - x > 180) - (x - previous_x > 180)
        unwrapped.append((x + 360 * turns, y))
    return [*unwrapped, (unwrapped[-1][0], SOUTH_EDGE), (unwrapped[0][0], SOUTH_EDGE)] if turns else unwrapped


def world_copies(polygon: Polygon) -> list[Polygon]:
    """Return a polygon, with a second copy on the map's other side if it crosses the antimeridian."""
    beyond = [x for x, _ in polygon[0] if abs(x) > 180.01]
    shift = -360 if beyond and beyond[0] > 0 else 360
    return [polygon, [[(x + shift, y) for x, y in ring] for ring in polygon]] if beyond else [polygon]


def round_point(point: Point) -> list[float]:
    """Round a point to the digits that its simplification leaves meaningful."""
    return [round(value, 2 if touches_region([point]) else 1) for value in point]


def main() -> None:
    """Write the outlines."""
    topology = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    collection = {
        "type": "FeatureCollection",
        "source": "Natural Earth 4.1, 1:50m countries (public domain), simplified; for orientation only",
        "features": sorted(features(topology), key=lambda feature: feature["properties"]["name"] or ""),
    }
    OUTPUT.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
