"""Content negotiation: choose the format of a response (RFC 9110, section 12)."""

from collections.abc import Mapping, Sequence

from app.errors import NotAcceptableError
from app.formats.base import Format


def negotiate_format(requested: str | None, accept: str, formats: Sequence[Format]) -> Format:
    """Return the format named by the parameter `f`, else the one that Accept prefers; of equals the first.

    Raises NotAcceptableError if Accept admits none of them.
    """
    if requested is not None:
        return next(format_ for format_ in formats if format_.name == requested)
    media_ranges = parse_accept(accept)
    qualities = [max(quality_of(media_ranges, media_type) for media_type in format_.media_types) for format_ in formats]
    if max(qualities) == 0:
        media_types = ", ".join(format_.media_types[0] for format_ in formats)
        raise NotAcceptableError(f"this can be written as {media_types}; ask for one of them, or leave Accept out")
    return formats[qualities.index(max(qualities))]


def parse_accept(accept: str) -> dict[str, float]:
    """Map each media range of an Accept header to its quality (0 to 1); an empty header accepts anything."""
    if not accept.strip(", "):
        return {"*/*": 1.0}
    qualities: dict[str, float] = {}
    for part in accept.split(","):
        media_range, *options = (piece.strip().lower() for piece in part.split(";"))
        quality = next((option[2:] for option in options if option.startswith("q=")), "1")
        is_number = quality.replace(".", "", 1).isdecimal() and quality.isascii()
        qualities[media_range] = min(float(quality), 1.0) if is_number else 1.0
    return qualities


def quality_of(media_ranges: Mapping[str, float], media_type: str) -> float:
    """Return the quality of a media type: that of the most specific range that covers it, 0 if none does."""
    for media_range in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if media_range in media_ranges:
            return media_ranges[media_range]
    return 0.0
