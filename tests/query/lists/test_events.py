"""The article's events over HTTP: exact answers."""

from collections.abc import Callable
from typing import Any

import pytest

GetOk = Callable[..., Any]


def days(row: Any) -> tuple[str, str, str]:
    return row["date"]["earliest"], row["date"]["latest"], row["date"]["precision"]


def count(row: Any) -> tuple[int | None, int | None, int | None]:
    found = row["movement"]["count"]
    return found["low"], found["best"], found["high"]


def test_control_changes_in_balkh_are_found_by_the_name_of_the_province(get_ok: GetOk) -> None:
    found = get_ok("/v1/control-changes", place="balkh", sort="date")
    kaldar = [row for row in found["items"] if row["location"]["id"] == "kaldar"]
    assert [(row["date"]["earliest"], row["date"]["latest"]) for row in kaldar] == [
        ("2021-06-21", "2021-06-28"),
        ("2021-06-29", "2021-06-29"),
        ("2021-06-30", "2021-06-30"),
    ]
    sides = [(row["control_change"]["gained_by"]["id"], row["control_change"]["lost_by"]["id"]) for row in kaldar]
    government, taliban = "afghan-government", "taliban"
    assert sides == [(taliban, government), (government, taliban), (taliban, government)]


def test_the_flight_to_tajikistan_counts_545(get_ok: GetOk) -> None:
    flight = get_ok("/v1/events/flight-to-tajikistan-2021")
    assert flight["movement"]["count"] == {
        "measure": "persons_moved",
        "low": 545,
        "best": 545,
        "high": 545,
        "of": None,
        "count_kind": "cumulative",
        "as_of": "2021-07-05",
        "claims": [{"id": "flight-to-tajikistan-2021-p25", "name": "paragraph 25"}],
        "contradicted": False,
    }
    assert flight["figures"] == [flight["movement"]["count"]]
    assert days(flight) == ("2021-06-28", "2021-07-05", "span")
    assert flight["location"]["id"] == "afghan-tajik-border"


def test_an_event_says_where_it_is_and_who_tells_it(get_ok: GetOk) -> None:
    group = get_ok("/v1/events/khwahan-crossing-2021-07-04")
    khwahan = {"id": "khwahan", "name": "Khwahan"}
    place = get_ok("/v1/locations/khwahan")
    assert group["location"] == khwahan | {
        "kind": "district",
        "country": "AFG",
        "admin1": {"id": "badakhshan", "name": "Badakhshan"},
        "admin2": khwahan,
        "longitude": place["longitude"],
        "latitude": place["latitude"],
        "point_kind": place["point_kind"],
    }
    assert group["corroboration"] == {
        "documents": 1,
        "origins": [{"id": "tajikistan-government", "name": "Government of Tajikistan"}],
        "unattributed": 0,
        "asserting": 1,
        "denying": 0,
    }
    assert group["date"]["edtf"] == "2021-07-04"
    assert get_ok("/v1/events/kaldar-captured-2021-06")["date"]["edtf"] == "[2021-06-21..2021-06-28]"
    assert get_ok("/v1/events/tajik-border-fighting-2021")["date"]["edtf"] == "/2021-07-05"
    assert get_ok("/v1/events/doha-talks")["date"]["edtf"] is None


def test_lists_of_changes_and_movements_lack_the_fields_that_are_empty_in_them(get_ok: GetOk) -> None:
    whole = set(get_ok("/v1/events", limit=1)["items"][0])
    assert set(get_ok("/v1/control-changes", limit=1)["items"][0]) == whole - {"movement"}
    assert set(get_ok("/v1/movements", limit=1)["items"][0]) == whole - {"control_change"}


def test_the_totals_that_545_took_over_from_stay_as_claims(get_ok: GetOk) -> None:
    flight = get_ok("/v1/events/flight-to-tajikistan-2021")
    told = {
        (claim["locator"], figure["printed"]): (figure["low"], figure["best"], figure["high"], figure["as_of"])
        for claim in flight["claims"]
        for figure in claim["figures"]
    }
    assert told == {
        ("paragraph 5", "more than 500"): (501, None, None, "2021-07-04"),
        ("paragraph 21", "hundreds"): (200, None, 999, "2021-07-04"),
        ("paragraph 23", "Several hundred"): (300, None, 999, "2021-07-03"),
        ("paragraph 23", "more than 500"): (501, None, None, "2021-07-04"),
        ("paragraph 25", "545"): (545, 545, 545, "2021-07-05"),
    }
    assert {figure["count_kind"] for claim in flight["claims"] for figure in claim["figures"]} == {"cumulative"}


def test_the_group_of_94_from_khwahan_is_part_of_the_flight(get_ok: GetOk) -> None:
    group = get_ok("/v1/events/khwahan-crossing-2021-07-04")
    assert group["part_of"] == {
        "id": "flight-to-tajikistan-2021",
        "name": "Government soldiers flee to Tajikistan",
    }
    assert count(group) == (94, 94, 94)
    assert group["movement"]["count"]["count_kind"] == "increment"
    assert days(group) == ("2021-07-04", "2021-07-04", "day")
    move = group["movement"]
    assert (move["from"]["id"], move["to"]["id"], move["mover"]["id"]) == ("khwahan", "tajikistan", "andsf")
    assert (move["population"], move["outcome"], move["cross_border"]) == ("troops", "admitted", True)


def test_a_misprinted_month_is_kept_beside_the_day_that_is_meant(get_ok: GetOk) -> None:
    claim = get_ok("/v1/claims/khwahan-crossing-2021-07-04-p24")
    assert claim["printed"]["date"] == ["June 4"]
    assert claim["date"] == {"earliest": "2021-07-04", "latest": "2021-07-04", "precision": "day"}
    assert "misprint" in claim["note"]
    assert get_ok("/v1/events/khwahan-crossing-2021-07-04")["date"]["printed"] == ["June 4"]
    assert days(get_ok("/v1/events/ghor-women-take-up-arms-2021-07-04")) == ("2021-07-04", "2021-07-04", "day")
    withdrawal = get_ok("/v1/claims/us-withdrawal-2021-07-02-p46")
    assert (withdrawal["printed"]["date"], withdrawal["date"]["earliest"]) == (["June 2"], "2021-07-02")


def test_uzbekistan_expelled_dozens_on_23_june(get_ok: GetOk) -> None:
    expelled = get_ok("/v1/movements", to="uzbekistan", outcome="expelled")["items"]
    assert [row["id"] for row in expelled] == ["refuge-in-uzbekistan-2021-06-23"]
    assert days(expelled[0]) == ("2021-06-23", "2021-06-23", "day")
    assert count(expelled[0]) == (24, None, 99)
    assert expelled[0]["movement"]["population"] == "mixed"


def test_those_whom_uzbekistan_barred_are_another_movement_without_a_count(get_ok: GetOk) -> None:
    barred = get_ok("/v1/events/uzbek-border-crossing-attempts-2021")
    assert barred["movement"]["outcome"] == "barred"
    assert days(barred) == ("2021-06-21", "2021-06-28", "range")
    assert barred["movement"]["count"] is None
    assert [(figure["measure"], figure["low"], figure["high"]) for figure in barred["figures"]] == [("attempts", 3, 9)]
    measure = get_ok("/v1/events/uzbekistan-bars-troops-2021")
    assert (measure["category"], measure["movement"]) == ("border_measure", None)
    assert measure["date"]["edtf"] == "/2021-07-05"
    statement = get_ok("/v1/events/uzbek-spokesman-statement-2021-06-28")
    assert (statement["category"], days(statement)) == ("statement", ("2021-06-28", "2021-06-28", "day"))


def test_sherkhan_bandar_fell_on_21_june(get_ok: GetOk) -> None:
    fall = get_ok("/v1/control-changes", place="Sherkhan Bandar")["items"]
    assert [row["id"] for row in fall] == ["sherkhan-bandar-captured-2021-06-21"]
    assert days(fall[0]) == ("2021-06-21", "2021-06-21", "day")
    assert fall[0]["control_change"] == {
        "gained_by": {"id": "taliban", "name": "Taliban"},
        "lost_by": {"id": "afghan-government", "name": "Government of Afghanistan"},
        "extent": "full",
        "means": "captured",
    }
    assert fall[0]["location_precision"] == "exact"


def test_an_actor_is_there_once_with_its_coded_and_its_derived_roles(get_ok: GetOk) -> None:
    row = get_ok("/v1/events/kaldar-recaptured-2021-06-29")
    assert [actor["id"] for actor in row["actors"]] == list(dict.fromkeys(actor["id"] for actor in row["actors"]))
    assert {actor["id"]: set(actor["roles"]) for actor in row["actors"]} == {
        "andsf": {"initiator"},
        "atta-mohammad-noor": {"ally"},
        "balkh-militia": {"ally"},
        "taliban": {"target", "loses"},
        "afghan-government": {"gains"},
    }


def test_the_surroundings_of_hairatan_fell_but_the_town_was_not_entered(get_ok: GetOk) -> None:
    around = get_ok("/v1/events/hairatan-surroundings-taken-2021")
    assert (around["status"], around["control_change"]["extent"]) == ("reported", "surroundings")
    entered = get_ok("/v1/events/hairatan-entered-2021")
    assert entered["status"] == "denied"
    assert (entered["corroboration"]["asserting"], entered["corroboration"]["denying"]) == (0, 1)
    crossing = get_ok("/v1/events/hairatan-crossing-captured-2021")
    assert crossing["status"] == "unconfirmed"
    assert {claim["modality"] for claim in crossing["claims"]} == {"possible"}
    assert get_ok("/v1/events/balkh-captured-2021")["status"] == "unconfirmed"


def test_seven_out_of_14_keeps_its_denominator(get_ok: GetOk) -> None:
    row = get_ok("/v1/events/balkh-districts-taken-2021")
    (figure,) = row["figures"]
    assert (figure["best"], figure["of"], figure["measure"]) == (7, 14, "districts_held")
    assert figure["count_kind"] == "stock"
    assert row["control_change"]["extent"] == "partial"
    assert row["claims"][0]["origin"]["id"] == "ariana-news"


def test_that_dostum_was_flown_out_is_told_and_denied(get_ok: GetOk) -> None:
    row = get_ok("/v1/events/dostum-evacuated-2021")
    assert row["status"] == "disputed"
    assert [(claim["origin"]["id"], claim["stance"]) for claim in row["claims"]] == [
        ("unattributed-reports", "asserts"),
        ("pajhwok", "denies"),
    ]
    move = row["movement"]
    assert (move["from"]["id"], move["via"]["id"], move["to"]["id"]) == ("afghanistan", "uzbekistan", "turkey")
    assert get_ok("/v1/events/dostum-visits-turkey-2021")["status"] == "reported"
    assert get_ok("/v1/events/dostum-wounded-2021")["status"] == "disputed"


def test_two_tellings_of_when_the_offensive_began_give_their_hull(get_ok: GetOk) -> None:
    row = get_ok("/v1/events/northern-offensive-2021")
    dated = {
        claim["locator"]: (claim["date"]["earliest"], claim["date"]["latest"])
        for claim in row["claims"]
        if claim["date"]["precision"] != "unknown"
    }
    assert dated == {
        "paragraph 5": ("2021-06-26", "2021-06-30"),
        "paragraph 14": ("2021-06-21", "2021-06-25"),
    }
    assert days(row) == ("2021-06-21", "2021-06-30", "range")


def test_six_provinces_were_attacked_one_event_each(get_ok: GetOk) -> None:
    parts = [
        row
        for row in get_ok("/v1/events", category="offensive", limit=1000)["items"]
        if row["part_of"] and row["part_of"]["id"] == "six-provinces-attacked-2021"
    ]
    assert {row["location"]["id"] for row in parts} == {
        "takhar",
        "kapisa",
        "balkh",
        "samangan",
        "ghazni",
        "kandahar",
    }
    whole = get_ok("/v1/events/six-provinces-attacked-2021")
    assert [(figure["measure"], figure["best"]) for figure in whole["figures"]] == [("provinces_attacked", 6)]


def test_a_chain_of_attribution_starts_nearest_the_fact_and_ends_with_the_document(get_ok: GetOk) -> None:
    claim = get_ok("/v1/claims/takhar-offensive-2021-p15")
    assert [hop["id"] for hop in claim["attribution"]] == [
        "local-sources-ariana-news",
        "ariana-news",
        "bne-intellinews-2021-07-05",
    ]
    assert claim["origin"]["id"] == "local-sources-ariana-news"
    assert claim["document"]["id"] == "bne-intellinews-2021-07-05"
    own = get_ok("/v1/claims/kaldar-captured-2021-06-p17")
    assert [hop["id"] for hop in own["attribution"]] == ["bne-intellinews", "bne-intellinews-2021-07-05"]


@pytest.mark.parametrize(
    ("id_", "day", "basis"),
    [
        ("uzbek-border-crossing-attempts-2021-p30", "2021-06-28", "stated"),
        ("aman-statement-2021-06-30-p18", "2021-06-30", "stated"),
        ("us-asks-uzbekistan-for-refuge-2021-p36", "2021-07-02", "stated"),
        ("kaldar-recaptured-2021-06-29-p17", "2021-07-05", "document"),
    ],
)
def test_a_claim_says_when_it_was_reported_and_how_that_is_known(get_ok: GetOk, id_: str, day: str, basis: str) -> None:
    claim = get_ok(f"/v1/claims/{id_}")
    assert (claim["reported_on"], claim["reported_basis"]) == (day, basis)


def test_requests_and_capacities_are_no_movements(get_ok: GetOk) -> None:
    asked = get_ok("/v1/events/us-asks-central-asia-for-refuge-2021")
    (figure,) = asked["figures"]
    assert (figure["low"], figure["best"], figure["high"]) == (None, None, 9000)
    assert (figure["measure"], figure["count_kind"]) == ("persons_to_accommodate", "capacity")
    visas = get_ok("/v1/events/special-visa-applications-2021")
    assert [(f["measure"], f["low"], f["best"], f["high"]) for f in visas["figures"]] == [
        ("visa_applicants", 0, 18000, None)
    ]
    assert (asked["movement"], visas["movement"]) == (None, None)


def test_background_without_a_date_is_there_and_comes_last(get_ok: GetOk) -> None:
    rows = get_ok("/v1/events", limit=1000)["items"]
    undated = [row["date"]["earliest"] is None and row["date"]["latest"] is None for row in rows]
    assert undated == sorted(undated)
    assert {row["date"]["precision"] for row, none in zip(rows, undated, strict=True) if none} == {"unknown"}
    assert "doha-talks" in {row["id"] for row, none in zip(rows, undated, strict=True) if none}


def test_nobody_counted_deaths(get_ok: GetOk) -> None:
    rows = get_ok("/v1/events", limit=1000)["items"]
    assert {str(row["deaths"]) for row in rows} == {"None"}


def test_bagram_was_handed_over_to_the_side_of_the_government(get_ok: GetOk) -> None:
    change = get_ok("/v1/events/bagram-handed-over-2021")["control_change"]
    assert (change["gained_by"]["id"], change["lost_by"]["id"]) == ("afghan-government", "us-government")
    assert change["means"] == "handed_over"


def test_hairatan_lies_in_balkh_and_has_a_code_of_its_own(get_ok: GetOk) -> None:
    place = get_ok("/v1/locations/hairatan")
    assert place["path"] == ["afghanistan", "balkh", "hairatan"]
    assert place["country"] == "AFG"
    assert {"scheme": "ocha-cod-ab", "version": "2021-11-17", "code": "AF2116"} in place["codes"]
    bandar = get_ok("/v1/locations/sherkhan-bandar")
    assert (bandar["latitude"], bandar["longitude"]) == (37.188, 68.602)
    assert bandar["parent"] == bandar["admin2"] == {"id": "imam-sahib", "name": "Imam Sahib"}
    assert bandar["admin1"] == {"id": "kunduz", "name": "Kunduz"}
    border = get_ok("/v1/locations/afghan-tajik-border")
    assert [place["id"] for place in border["covers"]] == ["imam-sahib", "khwahan", "sherkhan-bandar"]
    assert get_ok("/v1/locations/marjah")["codes"] == []


def test_the_pack_says_what_it_is(get_ok: GetOk) -> None:
    pack = get_ok("/v1/packs/northern-afghanistan-2021")
    assert (pack["licence"], pack["cut_off"]) == ("CC-BY-4.0", "2021-07-05")
    assert pack["document"]["id"] == "bne-intellinews-2021-07-05"
    assert (pack["coverage"]["from"], pack["coverage"]["until"]) == ("2021-06-21", "2021-07-05")


def test_every_event_of_the_pack_rests_on_its_claims_and_every_claim_on_a_paragraph(get_ok: GetOk) -> None:
    rows = get_ok("/v1/events", limit=1000)["items"]
    claims = get_ok("/v1/claims", limit=1000)["items"]
    assert {row["id"] for row in rows} == {claim["event"]["id"] for claim in claims}
    assert sum(row["corroboration"]["asserting"] + row["corroboration"]["denying"] for row in rows) == len(claims)
    assert {claim["locator"].partition(" ")[0] for claim in claims} == {"paragraph"}
    assert {int(claim["locator"].partition(" ")[2]) for claim in claims} <= set(range(1, 52))
