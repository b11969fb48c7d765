"""A check of schemathesis: no answer holds what belongs to the inside of the server."""

import schemathesis

INSIDE = ("traceback (most recent", "sqlalchemy", "sqlite3", "psycopg", "site-packages", "select ", '.py"')


@schemathesis.check
def nothing_of_the_inside(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Problems quote what was asked, and schemathesis asks no such words."""
    if response.status_code >= 400:
        found = [word for word in INSIDE if word in response.text.lower()]
        assert not found, f"the problem holds {found}"
