"""Functions that both databases know: SQLite gets them from the engine, PostgreSQL from a migration."""

from app.geo import EARTH_RADIUS_KM

GREAT_CIRCLE = f"""
CREATE FUNCTION great_circle_km(a_lon float8, a_lat float8, b_lon float8, b_lat float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2 * {EARTH_RADIUS_KM} * asin(least(1, sqrt(
    sin(radians(b_lat - a_lat) / 2) ^ 2
    + cos(radians(a_lat)) * cos(radians(b_lat)) * sin(radians(b_lon - a_lon) / 2) ^ 2)))
"""


def create_functions(dialect: str) -> list[str]:
    """The statements that make the functions in a database."""
    return [GREAT_CIRCLE] if dialect == "postgresql" else []


def drop_functions(dialect: str) -> list[str]:
    """The statements that take the functions away."""
    return ["DROP FUNCTION great_circle_km"] if dialect == "postgresql" else []
