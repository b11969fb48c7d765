"""Check for schemathesis: no answer shows code, statements or paths of the server."""

import schemathesis

INSIDE = ("traceback (most recent", "sqlalchemy", "sqlite3", "psycopg", "site-packages", "select ", '.py"')


@schemathesis.check
def nothing_of_the_inside(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Look for such words in problems. These quote the question, and schemathesis asks none of the words."""
    if response.status_code >= 400:
        found = [word for word in INSIDE if word in response.text.lower()]
        assert not found, f"the problem holds {found}"
