"""Mask secrets and e-mail addresses in what is logged or traced of a request."""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

SECRET_NAMES = frozenset(
    (
        *("accesskey", "apikey", "assertion", "auth", "authcode", "authorization", "bearer", "clientsecret", "code"),
        *("codeverifier", "cookie", "credential", "credentials", "email", "hmac", "idtoken", "jwt", "key", "login"),
        *("pass", "passcode", "passphrase", "passwd", "password", "pin", "privatekey", "pw", "pwd", "secret"),
        *("secretkey", "session", "sessionid", "sid", "sig", "sign", "signature", "ticket", "token", "user"),
        "username",
    )
)
"""Names of parameters whose values are masked, folded; Oxus asks for none of them, but clients of others send them."""
SECRET_ENDINGS = ("apikey", "accesskey", "credential", "passwd", "password", "secret", "signature", "token")
"""Endings of folded names that are masked too, such as `X-Amz-Signature` and `refresh_token`."""
MASK = "***"
MAX_SHOWN_CHARS = 2000
"""Characters of a path or a query that are shown: a person should be able to read it."""
MAX_LOCAL_CHARS = 64
MAX_ADDRESS_CHARS = 320
"""Characters of the part before the @ of an e-mail address, and of a whole one (RFC 5321, 4.5.3.1)."""
_IN_WORD = r"[^\s&=/?,;:|<>()]"
EMAIL_ADDRESS = re.compile(rf"(?<!{_IN_WORD}){_IN_WORD}*?(?:@|%(?:25)*40){_IN_WORD}*")
"""Matches a word with an @, which may be percent-encoded any number of times; takes time linear in the text."""
_SEPARATORS = re.compile(rb"[^a-z0-9]")


def mask_query(query: bytes) -> str:
    """Truncate a query string, and mask the values of secrets and the e-mail addresses in all others."""
    return _masked_query(query[: MAX_SHOWN_CHARS + MAX_ADDRESS_CHARS])


def mask_path(path: str) -> str:
    """Truncate a decoded path, and mask e-mail addresses in it."""
    return _truncated(_mask_addresses(path[: MAX_SHOWN_CHARS + MAX_ADDRESS_CHARS]), len(path))


def holds_secrets(path: str, query: bytes) -> bool:
    """Return whether no log may show a request as it is."""
    parts = query.split(b"&")
    text = f"{path}?{query.decode('latin-1')}"
    return any(_is_secret(part.partition(b"=")[0]) for part in parts) or EMAIL_ADDRESS.search(text) is not None


@lru_cache(256)
def _masked_query(query: bytes) -> str:
    """Mask a query string. Each entry of the cache is bounded, because the query string is cut before."""
    parts = (part.partition(b"=") for part in query.split(b"&"))
    shown = "&".join(
        (name + equals).decode("latin-1") + (MASK if _is_secret(name) else value.decode("latin-1"))
        for name, equals, value in parts
    )
    return _truncated(_mask_addresses(shown), len(query))


def _is_secret(name: bytes) -> bool:
    """Return whether a parameter is a secret; names are compared decoded, without case and separators."""
    folded = _SEPARATORS.sub(b"", unquote_to_bytes(name).lower()).decode()
    return folded in SECRET_NAMES or folded.endswith(SECRET_ENDINGS)


def _mask_addresses(text: str) -> str:
    return EMAIL_ADDRESS.sub(MASK, text) if "@" in text or "%" in text else text


def _truncated(masked: str, chars: int) -> str:
    """Cut a text that was longer before it was masked; its end may be the start of an address, and is not shown."""
    if chars <= MAX_SHOWN_CHARS:
        return masked
    return masked[: min(MAX_SHOWN_CHARS, len(masked) - MAX_LOCAL_CHARS)] + "..."
