"""Response headers that several modules send: allowed methods, security headers, Content-Security-Policy."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from urllib.parse import quote

HeaderList = list[tuple[bytes, bytes]]
"""Headers as ASGI has them: names in lower case, in the order in which they are sent."""

ALLOW_HEADER = b"GET, HEAD, OPTIONS"
COMMON_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""Headers of every answer: the media type is final, and pages of any origin may load the data (see CORS)."""
HTML_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Headers of HTML pages: no frame around them, and no Referer that would tell which view of the map was open.

Data goes without them, because its policy forbids everything and each header costs time on a cached answer.
"""
CSP_HEADER = b"content-security-policy"
DATA_CSP = b"default-src 'none'; frame-ancestors 'none'"
"""Policy of data: a browser that shows it as a page may load and run nothing."""


MAX_HEADER_URL_BYTES = 8_000
"""Longest URL that a header carries: many clients and proxies take no more than 16 kB of headers."""
MAX_NAMES_BYTES = 2_000
"""Longest list of names in a header, such as those of ignored parameters."""
MAX_CITATIONS_BYTES = 4_000
MAX_NAME_CHARACTERS = 80
SAFE_IN_NAMES = "!#$&'()*+-./:;<=>?@[]^_`{|}~"
"""Punctuation that a list of names holds as it is: all of ASCII but comma, %, quotes, backslash and space."""


def joined_within(max_bytes: int, texts: Sequence[str], separator: str) -> str:
    """Join ASCII texts for a header, and count those at the end that do not fit.

    >>> joined_within(12, ["one", "two", "three"], ", ")
    'one, two, 1 more'
    """
    kept = fitting(max_bytes, texts, separator)
    left = len(texts) - len(kept)
    return separator.join([*kept, f"{left} more"] if left else kept)


def fitting(max_bytes: int, texts: Sequence[str], separator: str) -> Sequence[str]:
    """Return the first texts, as many as fit when they are joined."""
    sizes = accumulate(len(text) + len(separator) for text in texts)
    return texts[: sum(size - len(separator) <= max_bytes for size in sizes)]


def ignored_header(names: Iterable[str]) -> dict[str, str]:
    """Return the header that names ignored parameters, percent-encoded and cut; no header without any."""
    quoted = [quote(name[:MAX_NAME_CHARACTERS], safe=SAFE_IN_NAMES, errors="replace") for name in names]
    return {"Oxus-Ignored": joined_within(MAX_NAMES_BYTES, quoted, ", ")} if quoted else {}


def content_security_policy(**directives: str) -> str:
    """Build a Content-Security-Policy from the allowed sources; frames, forms and another base stay forbidden."""
    parts = {"default_src": "'none'"} | directives
    parts |= {"base_uri": "'none'", "form_action": "'none'", "frame_ancestors": "'none'"}
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in parts.items())
