"""The shape of ACLED's API: values that mean nothing, and names that are passed over."""

import pytest
from fastapi.testclient import TestClient

from api.compat.acled_client import READ, answer, refused

# --- errors ---


@pytest.mark.parametrize(
    ("params", "parameter", "reason"),
    [
        ({"event_date": "04/07/2021"}, "event_date", "expected a day such as 2021-07-04, or an RFC 3339 date-time"),
        ({"event_date": "2021-11-31"}, "event_date", "no such day"),
        ({"event_date": "2021-07-02|2021-07-01", "event_date_where": "BETWEEN"}, "event_date", "ends before it starts"),
        ({"event_date": "2021-07-02", "event_date_where": "BETWEEN"}, "event_date", "BETWEEN takes two values"),
        ({"event_date": "2021-07-01|2021-07-02", "event_date_where": ">"}, "event_date", "> takes one value"),
        ({"year": "MMXXI"}, "year", "not a whole number"),
        ({"year": "0"}, "year", "not between 1 and 9999"),
        ({"iso": "AFG"}, "iso", "not a whole number"),
        ({"latitude": "37N"}, "latitude", "not a number"),
        ({"latitude": "nan"}, "latitude", "not a number"),
        ({"fatalities": "many"}, "fatalities", "not a whole number"),
        ({"timestamp": "yesterday"}, "timestamp", "neither Unix seconds nor a day"),
        ({"country": "Afganistan"}, "country", "no such country"),
        ({"region": "6"}, "region", "no such region"),
        ({"inter1": "9"}, "inter1", "not between 0 and 8"),
        ({"interaction": "123"}, "interaction", "not a code of two digits"),
        ({"event_date_where": "NEAR"}, "event_date_where", "not one of ="),
        ({"actor1": "a|"}, "actor1", "one of the values is empty"),
        ({"actor1": "|".join("a" * 301)}, "actor1", "more than 300 values"),
        ({"actor1": "a\x00b"}, "actor1", "holds characters that cannot be printed"),
        ({"country": "Iran:OR:event_type=Riots"}, "country", "alternatives are of one column"),
        ({"fields": "country|iso3"}, "fields", "rows have event_id_cnty"),
        ({"page": "0"}, "page", "not between 1 and"),
        ({"limit": "-1"}, "limit", "not between 0 and"),
        ({"limit": "ten"}, "limit", "not a whole number"),
        ({"_format": "xml"}, "_format", "not one of json, csv"),
        ({"export_type": "monadic"}, "export_type", "not one of dyadic"),
    ],
)
def test_values_that_mean_nothing_are_errors_in_both_forms(
    client: TestClient, params: dict[str, str], parameter: str, reason: str
) -> None:
    body = refused(client, **params)
    assert (body["parameter"], body["title"], body["status"]) == (parameter, "Bad Request", 400)
    assert body["reason"].startswith(reason)
    assert body["success"] is False
    assert body["error"]["status"] == 400
    assert body["error"]["message"].startswith(body["detail"])


def test_an_error_names_the_nearest_choice(client: TestClient) -> None:
    body = refused(client, country="Uzbekistn")
    assert body["did_you_mean"][0] == "Uzbekistan"
    assert body["error"]["message"].startswith("country=Uzbekistn: no such country; did you mean Uzbekistan")
    assert refused(client, fields="eventdate")["did_you_mean"][0] == "event_date"


def test_a_parameter_given_twice_is_an_error(client: TestClient) -> None:
    response = client.get(f"{READ}?country=Iran&COUNTRY=Iraq")
    assert response.status_code == 400
    assert response.json()["reason"] == "is given twice; separate several values with |"
    assert client.get(f"{READ}?country=&country=Afghanistan").json()["total_count"] > 0


def test_a_format_that_cannot_be_written_is_refused_in_the_same_form(client: TestClient) -> None:
    response = client.get(READ, headers={"Accept": "application/xml"})
    assert response.status_code == 406
    assert response.json()["success"] is False
    assert response.json()["error"]["status"] == 406


def test_names_that_mean_nothing_are_passed_over_and_named(client: TestClient) -> None:
    secret = {"key": "k", "email": "a@b", "password": "p", "access_token": "t", "with_total": "true"}
    every = client.get(READ)
    response = client.get(READ, params=secret)
    assert response.content == every.content
    assert "oxus-ignored" not in response.headers
    odd = secret | {"terms": "accept", "?export_type": "monadic", "Köln, %\r\nX": "v", "": "v", "wordless": "secret"}
    response = client.get(READ, params=odd, headers={"Authorization": "Bearer abc"})
    assert response.content == every.content
    assert response.headers["oxus-ignored"] == "terms, ?export_type, K%C3%B6ln%2C%20%25%0D%0AX, wordless"
    response = client.get(READ, params={f"x{number}" * 50: "" for number in range(100)})
    assert len(response.headers["oxus-ignored"]) < 2000


def test_two_days_without_an_operator_come_with_a_word_of_what_is_mostly_meant(client: TestClient) -> None:
    body = answer(client, event_date="2021-06-28|2021-06-30")
    assert {row["event_date"] for row in body["data"]} == {"2021-06-28", "2021-06-30"}
    assert body["messages"] == [
        "event_date asks for each of these days; event_date_where=BETWEEN asks for all days between them"
    ]
    between = answer(client, event_date="2021-06-28|2021-06-30", event_date_where="between")
    assert {row["event_date"] for row in between["data"]} == {"2021-06-28", "2021-06-29", "2021-06-30"}
    assert between["messages"] == []
