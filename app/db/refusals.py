"""Words for what PostgreSQL and its library refuse, found by a part of their English messages.

None of them holds the URL, which may hold a password. Messages in other languages get the words for a server that
cannot be reached.
"""

import re

WRONG_URL = (
    "the database URL asks for something that PostgreSQL does not know; "
    "see https://www.postgresql.org/docs/current/libpq-connect.html"
)
WRONG_USER = "PostgreSQL refuses the user or the password of the database URL, or this machine"
NO_RIGHT = (
    "the user of the database URL lacks a right: readers need CONNECT, and SELECT on all tables; "
    "whoever upgrades and loads must own them"
)
NO_UTF8 = "the database has the encoding {}; Oxus needs one that was created with the encoding UTF8"
REFUSALS = {
    r"permission denied|must be owner": NO_RIGHT,
    r"authentication failed|no password supplied|pg_hba\.conf|not permitted to log in": WRONG_USER,
    r'(role|user) ".*" does not exist': WRONG_USER,
    r'database ".*" does not exist': "the server has no database of this name; create it first, with the encoding UTF8",
    r"could not translate host name|failed to resolve host": "no host of the name in the database URL is known",
    r"does not support ssl": "the server has no TLS, which the database URL asks for",
    r"certificate verify failed": "the certificate of the server is not one that the database URL trusts",
    r"invalid port|invalid (\w+ )?value|bad value|requires a value|invalid connection option": WRONG_URL,
    r"could not match|definition of service|unrecognized configuration parameter": WRONG_URL,
}


def refusal_words(message: str) -> str | None:
    """Return our words for a message in small letters; None if it tells of nothing that is refused."""
    return next((words for pattern, words in REFUSALS.items() if re.search(pattern, message)), None)
