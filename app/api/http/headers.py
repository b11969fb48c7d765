"""Response headers that several modules send: allowed methods, security headers, Content-Security-Policy."""

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


def content_security_policy(**directives: str) -> str:
    """Build a Content-Security-Policy from the allowed sources; frames, forms and another base stay forbidden."""
    parts = {"default_src": "'none'"} | directives
    parts |= {"base_uri": "'none'", "form_action": "'none'", "frame_ancestors": "'none'"}
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in parts.items())
