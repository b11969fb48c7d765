"""Countries of the world in the codes of three schemes: ISO 3166, UCDP and ACLED.

Sources: ISO 3166-1 by `pycountry` (numeric codes, English short names) and ISO 3166-3 (codes withdrawn). Gleditsch and
Ward 1999, "A Revised List of the Independent States since 1816", with its list of microstates, as UCDP uses the
numbers. UCDP GED Codebook 23.1 (the five regions, drawn by Gleditsch-Ward number). ACLED Codebook and API guide
(country names, regions and their codes).

Decisions where the schemes differ:

- Two entries have no ISO code of their own: Kosovo is XKX and Akrotiri and Dhekelia is XAD, both from the range that
  ISO 3166-1 leaves to its users. Their numeric code is `NO_NUMERIC_CODE`, as ACLED prints it.
- A former state has an entry if ISO 3166-3 keeps its alpha-3 and it was not merely renamed: CSK, DDR, SCG, SUN, YMD,
  YUG. YUG is the state of six republics (890); 891, of the two that were left, stands with SCG, their last name. ACLED
  prints none that ended before its record begins; their `acled_name` is their own name.
- A Gleditsch-Ward number stands with one entry. Those of states that ended without an ISO code stand with today's
  country: Prussia 255, Zanzibar 511, Tibet 711, Hyderabad 751, South Vietnam 817. 345 is Serbia's and 365 Russia's,
  because UCDP goes on using them under "Serbia (Yugoslavia)" and "Russia (Soviet Union)". UCDP counts events in
  Palestine to Israel and in Western Sahara to Morocco: neither has a number.
- ACLED counts Hong Kong and Macao to China, and Western Sahara to Morocco: their `acled_name` is that country's.
  The seas that ACLED also prints as a country are none and are not here.
"""

from dataclasses import dataclass

import pycountry

NO_NUMERIC_CODE = 0
"""Numeric code of entries without one in ISO 3166-1; the only code that several entries share."""

ACLED_REGIONS = {
    "Western Africa": 1,
    "Middle Africa": 2,
    "Eastern Africa": 3,
    "Southern Africa": 4,
    "Northern Africa": 5,
    "South Asia": 7,
    "Southeast Asia": 9,
    "Middle East": 11,
    "Europe": 12,
    "Caucasus and Central Asia": 13,
    "Central America": 14,
    "South America": 15,
    "Caribbean": 16,
    "East Asia": 17,
    "North America": 18,
    "Oceania": 19,
    "Antarctica": 20,
}
"""ACLED's regions with the codes of its API; 6, 8 and 10 are not in use."""

UCDP_REGIONS = ("Africa", "Americas", "Asia", "Europe", "Middle East")
"""Values of GED's `region`: Asia includes Oceania; the Middle East includes Egypt and Türkiye."""


@dataclass(frozen=True, slots=True)
class Country:
    """One country or territory, present or former, with its codes and names in ISO 3166, UCDP and ACLED."""

    iso3: str
    """ISO 3166-1 alpha-3; of a former state, the alpha-3 it had."""
    numeric: int
    """ISO 3166-1 numeric, or `NO_NUMERIC_CODE`."""
    name: str
    """The short English name."""
    gwno: tuple[int, ...]
    """Gleditsch-Ward numbers, the one that UCDP writes today first; empty for what never was on that list."""
    acled_name: str
    """Name in ACLED's column `country`, without accents."""
    acled_region: str
    """One of `ACLED_REGIONS`."""
    ucdp_region: str
    """One of `UCDP_REGIONS`; empty for the Antarctic, which lies in none."""

    @property
    def acled_region_code(self) -> int:
        """Code of the ACLED region."""
        return ACLED_REGIONS[self.acled_region]


def _country(
    iso3: str,
    acled_region: str,
    ucdp_region: str,
    *gwno: int,
    acled: str = "",
    name: str = "",
    numeric: int | None = None,
) -> Country:
    """Make an entry; `name` and `numeric` are given where ISO 3166-1 has no entry or a longer name."""
    iso = pycountry.countries.get(alpha_3=iso3)
    if iso is not None:
        name = name or getattr(iso, "common_name", iso.name)
        numeric = int(iso.numeric)
    return Country(
        iso3, NO_NUMERIC_CODE if numeric is None else numeric, name, gwno, acled or name, acled_region, ucdp_region
    )


COUNTRIES: tuple[Country, ...] = (
    _country("ABW", "Caribbean", "Americas"),
    _country("AFG", "Caucasus and Central Asia", "Asia", 700),
    _country("AGO", "Middle Africa", "Africa", 540),
    _country("AIA", "Caribbean", "Americas"),
    _country("ALA", "Europe", "Europe", acled="Aland Islands"),
    _country("ALB", "Europe", "Europe", 339),
    _country("AND", "Europe", "Europe", 232),
    _country("ARE", "Middle East", "Middle East", 696),
    _country("ARG", "South America", "Americas", 160),
    _country("ARM", "Caucasus and Central Asia", "Europe", 371),
    _country("ASM", "Oceania", "Asia"),
    _country("ATA", "Antarctica", ""),
    _country("ATF", "Antarctica", "", acled="French Southern and Antarctic Lands"),
    _country("ATG", "Caribbean", "Americas", 58),
    _country("AUS", "Oceania", "Asia", 900),
    _country("AUT", "Europe", "Europe", 305),
    _country("AZE", "Caucasus and Central Asia", "Europe", 373),
    _country("BDI", "Eastern Africa", "Africa", 516),
    _country("BEL", "Europe", "Europe", 211),
    _country("BEN", "Western Africa", "Africa", 434),
    _country("BES", "Caribbean", "Americas", acled="Caribbean Netherlands"),
    _country("BFA", "Western Africa", "Africa", 439),
    _country("BGD", "South Asia", "Asia", 771),
    _country("BGR", "Europe", "Europe", 355),
    _country("BHR", "Middle East", "Middle East", 692),
    _country("BHS", "Caribbean", "Americas", 31),
    _country("BIH", "Europe", "Europe", 346),
    _country("BLM", "Caribbean", "Americas", acled="Saint-Barthelemy"),
    _country("BLR", "Europe", "Europe", 370),
    _country("BLZ", "Central America", "Americas", 80),
    _country("BMU", "North America", "Americas"),
    _country("BOL", "South America", "Americas", 145),
    _country("BRA", "South America", "Americas", 140),
    _country("BRB", "Caribbean", "Americas", 53),
    _country("BRN", "Southeast Asia", "Asia", 835, name="Brunei"),
    _country("BTN", "South Asia", "Asia", 760),
    _country("BVT", "Antarctica", ""),
    _country("BWA", "Southern Africa", "Africa", 571),
    _country("CAF", "Middle Africa", "Africa", 482),
    _country("CAN", "North America", "Americas", 20),
    _country("CCK", "Oceania", "Asia", acled="Cocos Islands"),
    _country("CHE", "Europe", "Europe", 225),
    _country("CHL", "South America", "Americas", 155),
    _country("CHN", "East Asia", "Asia", 710, 711),
    _country("CIV", "Western Africa", "Africa", 437, acled="Ivory Coast"),
    _country("CMR", "Middle Africa", "Africa", 471),
    _country("COD", "Middle Africa", "Africa", 490, acled="Democratic Republic of Congo", name="DR Congo"),
    _country("COG", "Middle Africa", "Africa", 484, acled="Republic of Congo"),
    _country("COK", "Oceania", "Asia"),
    _country("COL", "South America", "Americas", 100),
    _country("COM", "Eastern Africa", "Africa", 581),
    _country("CPV", "Western Africa", "Africa", 402, acled="Cape Verde"),
    _country("CRI", "Central America", "Americas", 94),
    _country("CSK", "Europe", "Europe", 315, name="Czechoslovakia", numeric=200),
    _country("CUB", "Caribbean", "Americas", 40),
    _country("CUW", "Caribbean", "Americas", acled="Curacao"),
    _country("CXR", "Oceania", "Asia"),
    _country("CYM", "Caribbean", "Americas"),
    _country("CYP", "Europe", "Europe", 352),
    _country("CZE", "Europe", "Europe", 316, acled="Czech Republic"),
    _country("DDR", "Europe", "Europe", 265, name="East Germany", numeric=278),
    _country("DEU", "Europe", "Europe", 260, 255),
    _country("DJI", "Eastern Africa", "Africa", 522),
    _country("DMA", "Caribbean", "Americas", 54),
    _country("DNK", "Europe", "Europe", 390),
    _country("DOM", "Caribbean", "Americas", 42),
    _country("DZA", "Northern Africa", "Africa", 615),
    _country("ECU", "South America", "Americas", 130),
    _country("EGY", "Northern Africa", "Middle East", 651),
    _country("ERI", "Eastern Africa", "Africa", 531),
    _country("ESH", "Northern Africa", "Africa", acled="Morocco"),
    _country("ESP", "Europe", "Europe", 230),
    _country("EST", "Europe", "Europe", 366),
    _country("ETH", "Eastern Africa", "Africa", 530),
    _country("FIN", "Europe", "Europe", 375),
    _country("FJI", "Oceania", "Asia", 950),
    _country("FLK", "South America", "Americas", name="Falkland Islands"),
    _country("FRA", "Europe", "Europe", 220),
    _country("FRO", "Europe", "Europe"),
    _country("FSM", "Oceania", "Asia", 987, name="Micronesia"),
    _country("GAB", "Middle Africa", "Africa", 481),
    _country("GBR", "Europe", "Europe", 200),
    _country("GEO", "Caucasus and Central Asia", "Europe", 372),
    _country("GGY", "Europe", "Europe", acled="Bailiwick of Guernsey"),
    _country("GHA", "Western Africa", "Africa", 452),
    _country("GIB", "Europe", "Europe"),
    _country("GIN", "Western Africa", "Africa", 438),
    _country("GLP", "Caribbean", "Americas"),
    _country("GMB", "Western Africa", "Africa", 420),
    _country("GNB", "Western Africa", "Africa", 404),
    _country("GNQ", "Middle Africa", "Africa", 411),
    _country("GRC", "Europe", "Europe", 350),
    _country("GRD", "Caribbean", "Americas", 55),
    _country("GRL", "North America", "Americas"),
    _country("GTM", "Central America", "Americas", 90),
    _country("GUF", "South America", "Americas"),
    _country("GUM", "Oceania", "Asia"),
    _country("GUY", "South America", "Americas", 110),
    _country("HKG", "East Asia", "Asia", acled="China"),
    _country("HMD", "Antarctica", ""),
    _country("HND", "Central America", "Americas", 91),
    _country("HRV", "Europe", "Europe", 344),
    _country("HTI", "Caribbean", "Americas", 41),
    _country("HUN", "Europe", "Europe", 310),
    _country("IDN", "Southeast Asia", "Asia", 850),
    _country("IMN", "Europe", "Europe"),
    _country("IND", "South Asia", "Asia", 750, 751),
    _country("IOT", "South Asia", "Asia"),
    _country("IRL", "Europe", "Europe", 205),
    _country("IRN", "Middle East", "Middle East", 630),
    _country("IRQ", "Middle East", "Middle East", 645),
    _country("ISL", "Europe", "Europe", 395),
    _country("ISR", "Middle East", "Middle East", 666),
    _country("ITA", "Europe", "Europe", 325),
    _country("JAM", "Caribbean", "Americas", 51),
    _country("JEY", "Europe", "Europe", acled="Bailiwick of Jersey"),
    _country("JOR", "Middle East", "Middle East", 663),
    _country("JPN", "East Asia", "Asia", 740),
    _country("KAZ", "Caucasus and Central Asia", "Asia", 705),
    _country("KEN", "Eastern Africa", "Africa", 501),
    _country("KGZ", "Caucasus and Central Asia", "Asia", 703),
    _country("KHM", "Southeast Asia", "Asia", 811),
    _country("KIR", "Oceania", "Asia", 970),
    _country("KNA", "Caribbean", "Americas", 60),
    _country("KOR", "East Asia", "Asia", 732),
    _country("KWT", "Middle East", "Middle East", 690),
    _country("LAO", "Southeast Asia", "Asia", 812),
    _country("LBN", "Middle East", "Middle East", 660),
    _country("LBR", "Western Africa", "Africa", 450),
    _country("LBY", "Northern Africa", "Africa", 620),
    _country("LCA", "Caribbean", "Americas", 56),
    _country("LIE", "Europe", "Europe", 223),
    _country("LKA", "South Asia", "Asia", 780),
    _country("LSO", "Southern Africa", "Africa", 570),
    _country("LTU", "Europe", "Europe", 368),
    _country("LUX", "Europe", "Europe", 212),
    _country("LVA", "Europe", "Europe", 367),
    _country("MAC", "East Asia", "Asia", acled="China"),
    _country("MAF", "Caribbean", "Americas", acled="Saint-Martin", name="Saint Martin"),
    _country("MAR", "Northern Africa", "Africa", 600),
    _country("MCO", "Europe", "Europe", 221),
    _country("MDA", "Europe", "Europe", 359),
    _country("MDG", "Eastern Africa", "Africa", 580),
    _country("MDV", "South Asia", "Asia", 781),
    _country("MEX", "North America", "Americas", 70),
    _country("MHL", "Oceania", "Asia", 983),
    _country("MKD", "Europe", "Europe", 343),
    _country("MLI", "Western Africa", "Africa", 432),
    _country("MLT", "Europe", "Europe", 338),
    _country("MMR", "Southeast Asia", "Asia", 775),
    _country("MNE", "Europe", "Europe", 341),
    _country("MNG", "East Asia", "Asia", 712),
    _country("MNP", "Oceania", "Asia"),
    _country("MOZ", "Eastern Africa", "Africa", 541),
    _country("MRT", "Western Africa", "Africa", 435),
    _country("MSR", "Caribbean", "Americas"),
    _country("MTQ", "Caribbean", "Americas"),
    _country("MUS", "Eastern Africa", "Africa", 590),
    _country("MWI", "Eastern Africa", "Africa", 553),
    _country("MYS", "Southeast Asia", "Asia", 820),
    _country("MYT", "Eastern Africa", "Africa"),
    _country("NAM", "Southern Africa", "Africa", 565),
    _country("NCL", "Oceania", "Asia"),
    _country("NER", "Western Africa", "Africa", 436),
    _country("NFK", "Oceania", "Asia"),
    _country("NGA", "Western Africa", "Africa", 475),
    _country("NIC", "Central America", "Americas", 93),
    _country("NIU", "Oceania", "Asia"),
    _country("NLD", "Europe", "Europe", 210),
    _country("NOR", "Europe", "Europe", 385),
    _country("NPL", "South Asia", "Asia", 790),
    _country("NRU", "Oceania", "Asia", 971),
    _country("NZL", "Oceania", "Asia", 920),
    _country("OMN", "Middle East", "Middle East", 698),
    _country("PAK", "South Asia", "Asia", 770),
    _country("PAN", "Central America", "Americas", 95),
    _country("PCN", "Oceania", "Asia"),
    _country("PER", "South America", "Americas", 135),
    _country("PHL", "Southeast Asia", "Asia", 840),
    _country("PLW", "Oceania", "Asia", 986),
    _country("PNG", "Oceania", "Asia", 910),
    _country("POL", "Europe", "Europe", 290),
    _country("PRI", "Caribbean", "Americas"),
    _country("PRK", "East Asia", "Asia", 731),
    _country("PRT", "Europe", "Europe", 235),
    _country("PRY", "South America", "Americas", 150),
    _country("PSE", "Middle East", "Middle East", name="Palestine"),
    _country("PYF", "Oceania", "Asia"),
    _country("QAT", "Middle East", "Middle East", 694),
    _country("REU", "Eastern Africa", "Africa", acled="Reunion"),
    _country("ROU", "Europe", "Europe", 360),
    _country("RUS", "Europe", "Europe", 365, name="Russia"),
    _country("RWA", "Eastern Africa", "Africa", 517),
    _country("SAU", "Middle East", "Middle East", 670),
    _country("SCG", "Europe", "Europe", name="Serbia and Montenegro", numeric=891),
    _country("SDN", "Northern Africa", "Africa", 625),
    _country("SEN", "Western Africa", "Africa", 433),
    _country("SGP", "Southeast Asia", "Asia", 830),
    _country("SGS", "South America", "Americas"),
    _country("SHN", "Western Africa", "Africa"),
    _country("SJM", "Europe", "Europe"),
    _country("SLB", "Oceania", "Asia", 940),
    _country("SLE", "Western Africa", "Africa", 451),
    _country("SLV", "Central America", "Americas", 92),
    _country("SMR", "Europe", "Europe", 331),
    _country("SOM", "Eastern Africa", "Africa", 520),
    _country("SPM", "North America", "Americas"),
    _country("SRB", "Europe", "Europe", 345, 340),
    _country("SSD", "Eastern Africa", "Africa", 626),
    _country("STP", "Middle Africa", "Africa", 403),
    _country("SUN", "Europe", "Europe", name="Soviet Union", numeric=810),
    _country("SUR", "South America", "Americas", 115),
    _country("SVK", "Europe", "Europe", 317),
    _country("SVN", "Europe", "Europe", 349),
    _country("SWE", "Europe", "Europe", 380),
    _country("SWZ", "Southern Africa", "Africa", 572, acled="eSwatini"),
    _country("SXM", "Caribbean", "Americas", name="Sint Maarten"),
    _country("SYC", "Eastern Africa", "Africa", 591),
    _country("SYR", "Middle East", "Middle East", 652),
    _country("TCA", "Caribbean", "Americas"),
    _country("TCD", "Middle Africa", "Africa", 483),
    _country("TGO", "Western Africa", "Africa", 461),
    _country("THA", "Southeast Asia", "Asia", 800),
    _country("TJK", "Caucasus and Central Asia", "Asia", 702),
    _country("TKL", "Oceania", "Asia"),
    _country("TKM", "Caucasus and Central Asia", "Asia", 701),
    _country("TLS", "Southeast Asia", "Asia", 860, acled="East Timor"),
    _country("TON", "Oceania", "Asia", 972),
    _country("TTO", "Caribbean", "Americas", 52),
    _country("TUN", "Northern Africa", "Africa", 616),
    _country("TUR", "Middle East", "Middle East", 640, acled="Turkey"),
    _country("TUV", "Oceania", "Asia", 973),
    _country("TWN", "East Asia", "Asia", 713),
    _country("TZA", "Eastern Africa", "Africa", 510, 511),
    _country("UGA", "Eastern Africa", "Africa", 500),
    _country("UKR", "Europe", "Europe", 369),
    _country("UMI", "Oceania", "Asia"),
    _country("URY", "South America", "Americas", 165),
    _country("USA", "North America", "Americas", 2),
    _country("UZB", "Caucasus and Central Asia", "Asia", 704),
    _country("VAT", "Europe", "Europe", acled="Vatican City", name="Holy See"),
    _country("VCT", "Caribbean", "Americas", 57),
    _country("VEN", "South America", "Americas", 101),
    _country("VGB", "Caribbean", "Americas", name="British Virgin Islands"),
    _country("VIR", "Caribbean", "Americas", acled="Virgin Islands, U.S.", name="United States Virgin Islands"),
    _country("VNM", "Southeast Asia", "Asia", 816, 817),
    _country("VUT", "Oceania", "Asia", 935),
    _country("WLF", "Oceania", "Asia"),
    _country("WSM", "Oceania", "Asia", 990),
    _country("XAD", "Europe", "Europe", name="Akrotiri and Dhekelia"),
    _country("XKX", "Europe", "Europe", 347, name="Kosovo"),
    _country("YEM", "Middle East", "Middle East", 678),
    _country("YMD", "Middle East", "Middle East", 680, name="South Yemen", numeric=720),
    _country("YUG", "Europe", "Europe", name="Yugoslavia", numeric=890),
    _country("ZAF", "Southern Africa", "Africa", 560),
    _country("ZMB", "Southern Africa", "Africa", 551),
    _country("ZWE", "Southern Africa", "Africa", 552),
)
"""All entries, ordered by alpha-3."""

BY_ISO3: dict[str, Country] = {country.iso3: country for country in COUNTRIES}

BY_GWNO: dict[int, Country] = {number: country for country in COUNTRIES for number in country.gwno}
"""Countries by the numbers in `country_id`, `gwnoa` and `gwnob` of UCDP's data sets."""
