"""Code lists of UCDP GED.

Source: Hogbladh, UCDP GED Codebook version 25.1 (Department of Peace and Conflict Research, Uppsala University, 2025).
"""

GED_COLUMNS = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence",
    "conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name",
    "side_a_dset_id", "side_a_new_id", "side_a", "side_b_dset_id", "side_b_new_id", "side_b",
    "number_of_sources", "source_article", "source_office", "source_date", "source_headline", "source_original",
    "where_prec", "where_coordinates", "where_description", "adm_1", "adm_2", "latitude", "longitude", "geom_wkt",
    "priogrid_gid", "country", "country_id", "region", "event_clarity", "date_prec", "date_start", "date_end",
    "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low", "gwnoa", "gwnob",
)  # fmt: skip
"""Names of the 49 columns in their published order."""
STATE_BASED, NON_STATE, ONE_SIDED = 1, 2, 3
"""Codes of type_of_violence."""
VIOLENCE_TYPES = {
    STATE_BASED: "State-based violence",
    NON_STATE: "Non-state violence",
    ONE_SIDED: "One-sided violence",
}
GED_LIMITS = {"type_of_violence": (1, 3), "where_prec": (1, 7), "event_clarity": (1, 2), "date_prec": (1, 5)}
"""Lowest and highest code by column."""
DATE_PRECISION_DAYS = {1: (1, 1), 2: (2, 6), 3: (7, 7), 4: (8, 31), 5: (32, 366)}
"""Fewest and most days from date_start to date_end, by date_prec."""
