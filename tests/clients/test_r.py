"""R with httr and jsonlite: the packages that most scripts over ACLED's and UCDP's APIs are written with."""

import subprocess

import pytest

from clients.conftest import Server, program, run

PACKAGES = ("httr", "jsonlite")


@pytest.fixture(scope="module")
def rscript() -> str:
    """The path of Rscript, whose R has the packages."""
    path = program("Rscript", "r-cran-httr r-cran-jsonlite")
    for name in PACKAGES:
        ended = subprocess.run([path, "-e", f"library({name})"], capture_output=True, check=False)
        if ended.returncode:
            pytest.skip(f"R has no package {name} (apt-get install r-cran-{name})")
    return path


def lines(rscript: str, script: str) -> list[str]:
    """What a script prints."""
    loaded = "suppressPackageStartupMessages({library(httr); library(jsonlite)}); options(warn = 2, width = 500)\n"
    return run([rscript, "-e", loaded + script]).stdout.splitlines()


def test_jsonlite_makes_a_data_frame_of_the_rows(server: Server, rscript: str) -> None:
    script = f"""
        found <- fromJSON("{server.url}/v1/control-changes?place=balkh&sort=date&limit=1000", flatten = TRUE)$items
        cat(class(found), nrow(found), "\\n")
        writeLines(paste(found$id, found$date.latest, found$control_change.gained_by.name))
    """
    head, *told = lines(rscript, script)
    rows = server.json("/v1/control-changes?place=balkh&sort=date&limit=1000")["items"]
    assert head == f"data.frame {len(rows)} "
    assert told == [
        f"{row['id']} {row['date']['latest'] or 'NA'} {row['control_change']['gained_by']['name']}" for row in rows
    ]


def test_httr_reads_the_type_and_follows_next(server: Server, rscript: str) -> None:
    script = f"""
        page <- GET("{server.url}/v1/events", query = list(limit = 30, actor = "taliban", fields = "id"))
        stop_for_status(page)
        ids <- character()
        repeat {{
            body <- content(page)  # parsed by its type
            ids <- c(ids, vapply(body$items, function(row) row$id, ""))
            if (is.null(body[["next"]])) break
            page <- GET(body[["next"]])
        }}
        writeLines(ids)
    """
    assert lines(rscript, script) == [
        row["id"] for row in server.json("/v1/events?limit=1000&actor=taliban&fields=id")["items"]
    ]
    assert len(lines(rscript, script)) > 30


def test_r_reads_csv_with_empty_cells_and_dates(server: Server, rscript: str) -> None:
    script = f"""
        found <- read.csv("{server.url}/v1/events?f=csv&limit=all", na.strings = "", encoding = "UTF-8")
        kaldar <- found[found$id == "kaldar-recaptured-2021-06-29", ]
        cat(nrow(found), ncol(found), sum(is.na(found$latitude)), "\\n")
        cat(format(as.Date(kaldar$date_latest), "%d.%m.%Y"), kaldar$latitude, "\\n")
    """
    columns = len(server.content("/v1/events?f=csv&limit=1").splitlines()[0].split(b","))
    assert lines(rscript, script) == [f"87 {columns} 1 ", "29.06.2021 37.13249 "]


def test_a_refusal_is_an_error_whose_words_can_be_read(server: Server, rscript: str) -> None:
    script = f"""
        answer <- GET("{server.url}/v1/events", query = list(place = "Heiratan"))
        cat(status_code(answer), http_type(answer), "\\n")
        cat(fromJSON(content(answer, as = "text", encoding = "UTF-8"))$did_you_mean[[1]], "\\n")
    """
    assert lines(rscript, script) == ["400 application/problem+json ", "Hairatan "]
