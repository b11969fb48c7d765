"""No log and no trace shows a secret or an e-mail address of a request."""

import string

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.api.http.masking import MASK, MAX_SHOWN_CHARS, SECRET_NAMES, holds_secrets, mask_path, mask_query
from app.main import create_app
from app.settings import Settings


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("key=abc&limit=1", "key=***&limit=1"),
        ("limit=1&email=a%40b.example", "limit=1&email=***"),
        ("KEY=abc", "KEY=***"),
        ("%6bey=abc", "%6bey=***"),
        ("access_token=abc&access_key=def", "access_token=***&access_key=***"),
        ("x-api-key=a&Client.Secret=b&api%5Bkey%5D=c", "x-api-key=***&Client.Secret=***&api%5Bkey%5D=***"),
        ("X-Amz-Signature=a&X-Amz-Security-Token=b", "X-Amz-Signature=***&X-Amz-Security-Token=***"),
        ("jwt=a&sig=b&code=c&passwd=d&session_id=e", "jwt=***&sig=***&code=***&passwd=***&session_id=***"),
        ("key=a&key=b", "key=***&key=***"),
        ("key", "key***"),
        ("key=a=b", "key=***"),
        ("keys=1&monkey=2&q=key", "keys=1&monkey=2&q=key"),
        ("q=me@newsroom.example", "q=***"),
        ("q=me%40newsroom.example", "q=***"),
        ("q=me%2540newsroom.example", "q=***"),
        ("q=balkh,to+you@newsroom.example,kunduz", "q=balkh,***,kunduz"),
        ("q=https://user:word@newsroom.example/", "q=https://user:***/"),
        ("q=%E2%82%AC40", "q=%E2%82%AC40"),
        ("", ""),
    ],
)
def test_secrets_are_masked_however_their_names_are_written(query: str, shown: str) -> None:
    assert mask_query(query.encode()) == shown
    assert holds_secrets("/", query.encode()) is (query != shown)


def test_addresses_in_a_path_are_masked() -> None:
    assert mask_path("/v1/events/me@newsroom.example/claims") == "/v1/events/***/claims"
    assert holds_secrets("/v1/events/me@newsroom.example", b"")
    assert not holds_secrets("/v1/events/x", b"limit=2")


NAMES = st.sampled_from(sorted(SECRET_NAMES))
FILLING = st.text(string.ascii_letters + "&=/,", max_size=30)


@examples(200)
@given(NAMES, FILLING, FILLING, st.integers(0, MAX_SHOWN_CHARS + 400), st.booleans())
def test_nothing_secret_is_shown_wherever_a_text_is_cut(
    name: str, before: str, after: str, length: int, address: bool
) -> None:
    secret = "5ecret" * 9
    hidden = f"{secret}@newsroom.example" if address else f"{name}={secret}"
    text = f"{before.ljust(length, 'x')}&{hidden}&{after}"
    shown = mask_query(text.encode())
    assert secret[:6] not in shown
    assert len(shown) <= MAX_SHOWN_CHARS + len("...") + len(MASK)


def test_no_parameter_of_the_api_is_taken_for_a_secret() -> None:
    operations = [o for path in create_app(Settings()).openapi()["paths"].values() for o in path.values()]
    names = {parameter["name"] for operation in operations for parameter in operation.get("parameters", ())}
    assert names
    assert not any(holds_secrets("/", f"{name}=x".encode()) for name in names)
