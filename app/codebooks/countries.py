"""The countries of the world under the codes of three schemes: ISO 3166, UCDP and ACLED.

Sources: ISO 3166-1 (alpha-3 and numeric codes) and ISO 3166-3 (codes withdrawn); Gleditsch and Ward 1999,
"A Revised List of the Independent States since 1816", with its list of microstates, as UCDP uses the numbers;
UCDP GED Codebook 23.1 (the five regions, drawn by Gleditsch-Ward number); ACLED Codebook and API guide (country
names, regions and their codes).

What the table decides where the schemes differ:

- Two entries have no ISO code of their own: Kosovo is XKX and Akrotiri and Dhekelia is XAD, both from the range that
  ISO 3166-1 leaves to its users. Their numeric code is `NO_NUMERIC_CODE`, as ACLED prints it.
- A state that is no more has an entry if ISO 3166-3 keeps its alpha-3 and it was not merely renamed: CSK, DDR, SCG,
  SUN, YMD, YUG. YUG is the state of six republics (890); 891, of the two that were left, stands with SCG, their last
  name. What ACLED does not print, because such a state was gone before its record begins, is the state's own name.
- A Gleditsch-Ward number stands with one entry. Those of states that ended without an ISO code stand with today's
  country: Prussia 255, Zanzibar 511, Tibet 711, Hyderabad 751, South Vietnam 817. 345 is Serbia's and 365 Russia's,
  because UCDP goes on using them under "Serbia (Yugoslavia)" and "Russia (Soviet Union)". UCDP counts events in
  Palestine to Israel and in Western Sahara to Morocco: neither has a number.
- ACLED counts Hong Kong and Macao to China, and Western Sahara to Morocco: their `acled_name` is that country's.
  The seas that ACLED also prints as a country are none and are not here.
"""

from dataclasses import dataclass

NO_NUMERIC_CODE = 0
"""The numeric code of what ISO 3166-1 has not numbered; the only one that several entries share."""

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
"""ACLED's regions and the codes by which its API asks for them; 6, 8 and 10 are not in use."""

UCDP_REGIONS = ("Africa", "Americas", "Asia", "Europe", "Middle East")
"""As GED's `region` has them: Asia takes in Oceania, the Middle East takes in Egypt and Türkiye."""


@dataclass(frozen=True, slots=True)
class Country:
    """One country or territory, today's or a former one, and what ISO, UCDP and ACLED call it."""

    iso3: str
    """ISO 3166-1 alpha-3; of a state that is no more, the alpha-3 it had."""
    numeric: int
    """ISO 3166-1 numeric, or `NO_NUMERIC_CODE`."""
    name: str
    """The short English name."""
    gwno: tuple[int, ...]
    """Its Gleditsch-Ward numbers, the one that UCDP writes today first; empty if it never was a state of that list."""
    acled_name: str
    """As ACLED's `country` column prints it, without accents."""
    acled_region: str
    """One of `ACLED_REGIONS`."""
    ucdp_region: str
    """One of `UCDP_REGIONS`; empty for the Antarctic, which lies in none."""

    @property
    def acled_region_code(self) -> int:
        """The code of the ACLED region."""
        return ACLED_REGIONS[self.acled_region]


def _country(
    iso3: str, numeric: int, name: str, acled_region: str, ucdp_region: str, *gwno: int, acled: str = ""
) -> Country:
    return Country(iso3, numeric, name, gwno, acled or name, acled_region, ucdp_region)


COUNTRIES: tuple[Country, ...] = (
    _country("ABW", 533, "Aruba", "Caribbean", "Americas"),
    _country("AFG", 4, "Afghanistan", "Caucasus and Central Asia", "Asia", 700),
    _country("AGO", 24, "Angola", "Middle Africa", "Africa", 540),
    _country("AIA", 660, "Anguilla", "Caribbean", "Americas"),
    _country("ALA", 248, "Åland Islands", "Europe", "Europe", acled="Aland Islands"),
    _country("ALB", 8, "Albania", "Europe", "Europe", 339),
    _country("AND", 20, "Andorra", "Europe", "Europe", 232),
    _country("ARE", 784, "United Arab Emirates", "Middle East", "Middle East", 696),
    _country("ARG", 32, "Argentina", "South America", "Americas", 160),
    _country("ARM", 51, "Armenia", "Caucasus and Central Asia", "Europe", 371),
    _country("ASM", 16, "American Samoa", "Oceania", "Asia"),
    _country("ATA", 10, "Antarctica", "Antarctica", ""),
    _country("ATF", 260, "French Southern Territories", "Antarctica", "", acled="French Southern and Antarctic Lands"),
    _country("ATG", 28, "Antigua and Barbuda", "Caribbean", "Americas", 58),
    _country("AUS", 36, "Australia", "Oceania", "Asia", 900),
    _country("AUT", 40, "Austria", "Europe", "Europe", 305),
    _country("AZE", 31, "Azerbaijan", "Caucasus and Central Asia", "Europe", 373),
    _country("BDI", 108, "Burundi", "Eastern Africa", "Africa", 516),
    _country("BEL", 56, "Belgium", "Europe", "Europe", 211),
    _country("BEN", 204, "Benin", "Western Africa", "Africa", 434),
    _country("BES", 535, "Bonaire, Sint Eustatius and Saba", "Caribbean", "Americas", acled="Caribbean Netherlands"),
    _country("BFA", 854, "Burkina Faso", "Western Africa", "Africa", 439),
    _country("BGD", 50, "Bangladesh", "South Asia", "Asia", 771),
    _country("BGR", 100, "Bulgaria", "Europe", "Europe", 355),
    _country("BHR", 48, "Bahrain", "Middle East", "Middle East", 692),
    _country("BHS", 44, "Bahamas", "Caribbean", "Americas", 31),
    _country("BIH", 70, "Bosnia and Herzegovina", "Europe", "Europe", 346),
    _country("BLM", 652, "Saint Barthélemy", "Caribbean", "Americas", acled="Saint-Barthelemy"),
    _country("BLR", 112, "Belarus", "Europe", "Europe", 370),
    _country("BLZ", 84, "Belize", "Central America", "Americas", 80),
    _country("BMU", 60, "Bermuda", "North America", "Americas"),
    _country("BOL", 68, "Bolivia", "South America", "Americas", 145),
    _country("BRA", 76, "Brazil", "South America", "Americas", 140),
    _country("BRB", 52, "Barbados", "Caribbean", "Americas", 53),
    _country("BRN", 96, "Brunei", "Southeast Asia", "Asia", 835),
    _country("BTN", 64, "Bhutan", "South Asia", "Asia", 760),
    _country("BVT", 74, "Bouvet Island", "Antarctica", ""),
    _country("BWA", 72, "Botswana", "Southern Africa", "Africa", 571),
    _country("CAF", 140, "Central African Republic", "Middle Africa", "Africa", 482),
    _country("CAN", 124, "Canada", "North America", "Americas", 20),
    _country("CCK", 166, "Cocos (Keeling) Islands", "Oceania", "Asia", acled="Cocos Islands"),
    _country("CHE", 756, "Switzerland", "Europe", "Europe", 225),
    _country("CHL", 152, "Chile", "South America", "Americas", 155),
    _country("CHN", 156, "China", "East Asia", "Asia", 710, 711),
    _country("CIV", 384, "Côte d'Ivoire", "Western Africa", "Africa", 437, acled="Ivory Coast"),
    _country("CMR", 120, "Cameroon", "Middle Africa", "Africa", 471),
    _country("COD", 180, "DR Congo", "Middle Africa", "Africa", 490, acled="Democratic Republic of Congo"),
    _country("COG", 178, "Congo", "Middle Africa", "Africa", 484, acled="Republic of Congo"),
    _country("COK", 184, "Cook Islands", "Oceania", "Asia"),
    _country("COL", 170, "Colombia", "South America", "Americas", 100),
    _country("COM", 174, "Comoros", "Eastern Africa", "Africa", 581),
    _country("CPV", 132, "Cabo Verde", "Western Africa", "Africa", 402, acled="Cape Verde"),
    _country("CRI", 188, "Costa Rica", "Central America", "Americas", 94),
    _country("CSK", 200, "Czechoslovakia", "Europe", "Europe", 315),
    _country("CUB", 192, "Cuba", "Caribbean", "Americas", 40),
    _country("CUW", 531, "Curaçao", "Caribbean", "Americas", acled="Curacao"),
    _country("CXR", 162, "Christmas Island", "Oceania", "Asia"),
    _country("CYM", 136, "Cayman Islands", "Caribbean", "Americas"),
    _country("CYP", 196, "Cyprus", "Europe", "Europe", 352),
    _country("CZE", 203, "Czechia", "Europe", "Europe", 316, acled="Czech Republic"),
    _country("DDR", 278, "East Germany", "Europe", "Europe", 265),
    _country("DEU", 276, "Germany", "Europe", "Europe", 260, 255),
    _country("DJI", 262, "Djibouti", "Eastern Africa", "Africa", 522),
    _country("DMA", 212, "Dominica", "Caribbean", "Americas", 54),
    _country("DNK", 208, "Denmark", "Europe", "Europe", 390),
    _country("DOM", 214, "Dominican Republic", "Caribbean", "Americas", 42),
    _country("DZA", 12, "Algeria", "Northern Africa", "Africa", 615),
    _country("ECU", 218, "Ecuador", "South America", "Americas", 130),
    _country("EGY", 818, "Egypt", "Northern Africa", "Middle East", 651),
    _country("ERI", 232, "Eritrea", "Eastern Africa", "Africa", 531),
    _country("ESH", 732, "Western Sahara", "Northern Africa", "Africa", acled="Morocco"),
    _country("ESP", 724, "Spain", "Europe", "Europe", 230),
    _country("EST", 233, "Estonia", "Europe", "Europe", 366),
    _country("ETH", 231, "Ethiopia", "Eastern Africa", "Africa", 530),
    _country("FIN", 246, "Finland", "Europe", "Europe", 375),
    _country("FJI", 242, "Fiji", "Oceania", "Asia", 950),
    _country("FLK", 238, "Falkland Islands", "South America", "Americas"),
    _country("FRA", 250, "France", "Europe", "Europe", 220),
    _country("FRO", 234, "Faroe Islands", "Europe", "Europe"),
    _country("FSM", 583, "Micronesia", "Oceania", "Asia", 987),
    _country("GAB", 266, "Gabon", "Middle Africa", "Africa", 481),
    _country("GBR", 826, "United Kingdom", "Europe", "Europe", 200),
    _country("GEO", 268, "Georgia", "Caucasus and Central Asia", "Europe", 372),
    _country("GGY", 831, "Guernsey", "Europe", "Europe", acled="Bailiwick of Guernsey"),
    _country("GHA", 288, "Ghana", "Western Africa", "Africa", 452),
    _country("GIB", 292, "Gibraltar", "Europe", "Europe"),
    _country("GIN", 324, "Guinea", "Western Africa", "Africa", 438),
    _country("GLP", 312, "Guadeloupe", "Caribbean", "Americas"),
    _country("GMB", 270, "Gambia", "Western Africa", "Africa", 420),
    _country("GNB", 624, "Guinea-Bissau", "Western Africa", "Africa", 404),
    _country("GNQ", 226, "Equatorial Guinea", "Middle Africa", "Africa", 411),
    _country("GRC", 300, "Greece", "Europe", "Europe", 350),
    _country("GRD", 308, "Grenada", "Caribbean", "Americas", 55),
    _country("GRL", 304, "Greenland", "North America", "Americas"),
    _country("GTM", 320, "Guatemala", "Central America", "Americas", 90),
    _country("GUF", 254, "French Guiana", "South America", "Americas"),
    _country("GUM", 316, "Guam", "Oceania", "Asia"),
    _country("GUY", 328, "Guyana", "South America", "Americas", 110),
    _country("HKG", 344, "Hong Kong", "East Asia", "Asia", acled="China"),
    _country("HMD", 334, "Heard Island and McDonald Islands", "Antarctica", ""),
    _country("HND", 340, "Honduras", "Central America", "Americas", 91),
    _country("HRV", 191, "Croatia", "Europe", "Europe", 344),
    _country("HTI", 332, "Haiti", "Caribbean", "Americas", 41),
    _country("HUN", 348, "Hungary", "Europe", "Europe", 310),
    _country("IDN", 360, "Indonesia", "Southeast Asia", "Asia", 850),
    _country("IMN", 833, "Isle of Man", "Europe", "Europe"),
    _country("IND", 356, "India", "South Asia", "Asia", 750, 751),
    _country("IOT", 86, "British Indian Ocean Territory", "South Asia", "Asia"),
    _country("IRL", 372, "Ireland", "Europe", "Europe", 205),
    _country("IRN", 364, "Iran", "Middle East", "Middle East", 630),
    _country("IRQ", 368, "Iraq", "Middle East", "Middle East", 645),
    _country("ISL", 352, "Iceland", "Europe", "Europe", 395),
    _country("ISR", 376, "Israel", "Middle East", "Middle East", 666),
    _country("ITA", 380, "Italy", "Europe", "Europe", 325),
    _country("JAM", 388, "Jamaica", "Caribbean", "Americas", 51),
    _country("JEY", 832, "Jersey", "Europe", "Europe", acled="Bailiwick of Jersey"),
    _country("JOR", 400, "Jordan", "Middle East", "Middle East", 663),
    _country("JPN", 392, "Japan", "East Asia", "Asia", 740),
    _country("KAZ", 398, "Kazakhstan", "Caucasus and Central Asia", "Asia", 705),
    _country("KEN", 404, "Kenya", "Eastern Africa", "Africa", 501),
    _country("KGZ", 417, "Kyrgyzstan", "Caucasus and Central Asia", "Asia", 703),
    _country("KHM", 116, "Cambodia", "Southeast Asia", "Asia", 811),
    _country("KIR", 296, "Kiribati", "Oceania", "Asia", 970),
    _country("KNA", 659, "Saint Kitts and Nevis", "Caribbean", "Americas", 60),
    _country("KOR", 410, "South Korea", "East Asia", "Asia", 732),
    _country("KWT", 414, "Kuwait", "Middle East", "Middle East", 690),
    _country("LAO", 418, "Laos", "Southeast Asia", "Asia", 812),
    _country("LBN", 422, "Lebanon", "Middle East", "Middle East", 660),
    _country("LBR", 430, "Liberia", "Western Africa", "Africa", 450),
    _country("LBY", 434, "Libya", "Northern Africa", "Africa", 620),
    _country("LCA", 662, "Saint Lucia", "Caribbean", "Americas", 56),
    _country("LIE", 438, "Liechtenstein", "Europe", "Europe", 223),
    _country("LKA", 144, "Sri Lanka", "South Asia", "Asia", 780),
    _country("LSO", 426, "Lesotho", "Southern Africa", "Africa", 570),
    _country("LTU", 440, "Lithuania", "Europe", "Europe", 368),
    _country("LUX", 442, "Luxembourg", "Europe", "Europe", 212),
    _country("LVA", 428, "Latvia", "Europe", "Europe", 367),
    _country("MAC", 446, "Macao", "East Asia", "Asia", acled="China"),
    _country("MAF", 663, "Saint Martin", "Caribbean", "Americas", acled="Saint-Martin"),
    _country("MAR", 504, "Morocco", "Northern Africa", "Africa", 600),
    _country("MCO", 492, "Monaco", "Europe", "Europe", 221),
    _country("MDA", 498, "Moldova", "Europe", "Europe", 359),
    _country("MDG", 450, "Madagascar", "Eastern Africa", "Africa", 580),
    _country("MDV", 462, "Maldives", "South Asia", "Asia", 781),
    _country("MEX", 484, "Mexico", "North America", "Americas", 70),
    _country("MHL", 584, "Marshall Islands", "Oceania", "Asia", 983),
    _country("MKD", 807, "North Macedonia", "Europe", "Europe", 343),
    _country("MLI", 466, "Mali", "Western Africa", "Africa", 432),
    _country("MLT", 470, "Malta", "Europe", "Europe", 338),
    _country("MMR", 104, "Myanmar", "Southeast Asia", "Asia", 775),
    _country("MNE", 499, "Montenegro", "Europe", "Europe", 341),
    _country("MNG", 496, "Mongolia", "East Asia", "Asia", 712),
    _country("MNP", 580, "Northern Mariana Islands", "Oceania", "Asia"),
    _country("MOZ", 508, "Mozambique", "Eastern Africa", "Africa", 541),
    _country("MRT", 478, "Mauritania", "Western Africa", "Africa", 435),
    _country("MSR", 500, "Montserrat", "Caribbean", "Americas"),
    _country("MTQ", 474, "Martinique", "Caribbean", "Americas"),
    _country("MUS", 480, "Mauritius", "Eastern Africa", "Africa", 590),
    _country("MWI", 454, "Malawi", "Eastern Africa", "Africa", 553),
    _country("MYS", 458, "Malaysia", "Southeast Asia", "Asia", 820),
    _country("MYT", 175, "Mayotte", "Eastern Africa", "Africa"),
    _country("NAM", 516, "Namibia", "Southern Africa", "Africa", 565),
    _country("NCL", 540, "New Caledonia", "Oceania", "Asia"),
    _country("NER", 562, "Niger", "Western Africa", "Africa", 436),
    _country("NFK", 574, "Norfolk Island", "Oceania", "Asia"),
    _country("NGA", 566, "Nigeria", "Western Africa", "Africa", 475),
    _country("NIC", 558, "Nicaragua", "Central America", "Americas", 93),
    _country("NIU", 570, "Niue", "Oceania", "Asia"),
    _country("NLD", 528, "Netherlands", "Europe", "Europe", 210),
    _country("NOR", 578, "Norway", "Europe", "Europe", 385),
    _country("NPL", 524, "Nepal", "South Asia", "Asia", 790),
    _country("NRU", 520, "Nauru", "Oceania", "Asia", 971),
    _country("NZL", 554, "New Zealand", "Oceania", "Asia", 920),
    _country("OMN", 512, "Oman", "Middle East", "Middle East", 698),
    _country("PAK", 586, "Pakistan", "South Asia", "Asia", 770),
    _country("PAN", 591, "Panama", "Central America", "Americas", 95),
    _country("PCN", 612, "Pitcairn", "Oceania", "Asia"),
    _country("PER", 604, "Peru", "South America", "Americas", 135),
    _country("PHL", 608, "Philippines", "Southeast Asia", "Asia", 840),
    _country("PLW", 585, "Palau", "Oceania", "Asia", 986),
    _country("PNG", 598, "Papua New Guinea", "Oceania", "Asia", 910),
    _country("POL", 616, "Poland", "Europe", "Europe", 290),
    _country("PRI", 630, "Puerto Rico", "Caribbean", "Americas"),
    _country("PRK", 408, "North Korea", "East Asia", "Asia", 731),
    _country("PRT", 620, "Portugal", "Europe", "Europe", 235),
    _country("PRY", 600, "Paraguay", "South America", "Americas", 150),
    _country("PSE", 275, "Palestine", "Middle East", "Middle East"),
    _country("PYF", 258, "French Polynesia", "Oceania", "Asia"),
    _country("QAT", 634, "Qatar", "Middle East", "Middle East", 694),
    _country("REU", 638, "Réunion", "Eastern Africa", "Africa", acled="Reunion"),
    _country("ROU", 642, "Romania", "Europe", "Europe", 360),
    _country("RUS", 643, "Russia", "Europe", "Europe", 365),
    _country("RWA", 646, "Rwanda", "Eastern Africa", "Africa", 517),
    _country("SAU", 682, "Saudi Arabia", "Middle East", "Middle East", 670),
    _country("SCG", 891, "Serbia and Montenegro", "Europe", "Europe"),
    _country("SDN", 729, "Sudan", "Northern Africa", "Africa", 625),
    _country("SEN", 686, "Senegal", "Western Africa", "Africa", 433),
    _country("SGP", 702, "Singapore", "Southeast Asia", "Asia", 830),
    _country("SGS", 239, "South Georgia and the South Sandwich Islands", "South America", "Americas"),
    _country("SHN", 654, "Saint Helena, Ascension and Tristan da Cunha", "Western Africa", "Africa"),
    _country("SJM", 744, "Svalbard and Jan Mayen", "Europe", "Europe"),
    _country("SLB", 90, "Solomon Islands", "Oceania", "Asia", 940),
    _country("SLE", 694, "Sierra Leone", "Western Africa", "Africa", 451),
    _country("SLV", 222, "El Salvador", "Central America", "Americas", 92),
    _country("SMR", 674, "San Marino", "Europe", "Europe", 331),
    _country("SOM", 706, "Somalia", "Eastern Africa", "Africa", 520),
    _country("SPM", 666, "Saint Pierre and Miquelon", "North America", "Americas"),
    _country("SRB", 688, "Serbia", "Europe", "Europe", 345, 340),
    _country("SSD", 728, "South Sudan", "Eastern Africa", "Africa", 626),
    _country("STP", 678, "Sao Tome and Principe", "Middle Africa", "Africa", 403),
    _country("SUN", 810, "Soviet Union", "Europe", "Europe"),
    _country("SUR", 740, "Suriname", "South America", "Americas", 115),
    _country("SVK", 703, "Slovakia", "Europe", "Europe", 317),
    _country("SVN", 705, "Slovenia", "Europe", "Europe", 349),
    _country("SWE", 752, "Sweden", "Europe", "Europe", 380),
    _country("SWZ", 748, "Eswatini", "Southern Africa", "Africa", 572, acled="eSwatini"),
    _country("SXM", 534, "Sint Maarten", "Caribbean", "Americas"),
    _country("SYC", 690, "Seychelles", "Eastern Africa", "Africa", 591),
    _country("SYR", 760, "Syria", "Middle East", "Middle East", 652),
    _country("TCA", 796, "Turks and Caicos Islands", "Caribbean", "Americas"),
    _country("TCD", 148, "Chad", "Middle Africa", "Africa", 483),
    _country("TGO", 768, "Togo", "Western Africa", "Africa", 461),
    _country("THA", 764, "Thailand", "Southeast Asia", "Asia", 800),
    _country("TJK", 762, "Tajikistan", "Caucasus and Central Asia", "Asia", 702),
    _country("TKL", 772, "Tokelau", "Oceania", "Asia"),
    _country("TKM", 795, "Turkmenistan", "Caucasus and Central Asia", "Asia", 701),
    _country("TLS", 626, "Timor-Leste", "Southeast Asia", "Asia", 860, acled="East Timor"),
    _country("TON", 776, "Tonga", "Oceania", "Asia", 972),
    _country("TTO", 780, "Trinidad and Tobago", "Caribbean", "Americas", 52),
    _country("TUN", 788, "Tunisia", "Northern Africa", "Africa", 616),
    _country("TUR", 792, "Türkiye", "Middle East", "Middle East", 640, acled="Turkey"),
    _country("TUV", 798, "Tuvalu", "Oceania", "Asia", 973),
    _country("TWN", 158, "Taiwan", "East Asia", "Asia", 713),
    _country("TZA", 834, "Tanzania", "Eastern Africa", "Africa", 510, 511),
    _country("UGA", 800, "Uganda", "Eastern Africa", "Africa", 500),
    _country("UKR", 804, "Ukraine", "Europe", "Europe", 369),
    _country("UMI", 581, "United States Minor Outlying Islands", "Oceania", "Asia"),
    _country("URY", 858, "Uruguay", "South America", "Americas", 165),
    _country("USA", 840, "United States", "North America", "Americas", 2),
    _country("UZB", 860, "Uzbekistan", "Caucasus and Central Asia", "Asia", 704),
    _country("VAT", 336, "Holy See", "Europe", "Europe", acled="Vatican City"),
    _country("VCT", 670, "Saint Vincent and the Grenadines", "Caribbean", "Americas", 57),
    _country("VEN", 862, "Venezuela", "South America", "Americas", 101),
    _country("VGB", 92, "British Virgin Islands", "Caribbean", "Americas"),
    _country("VIR", 850, "United States Virgin Islands", "Caribbean", "Americas", acled="Virgin Islands, U.S."),
    _country("VNM", 704, "Vietnam", "Southeast Asia", "Asia", 816, 817),
    _country("VUT", 548, "Vanuatu", "Oceania", "Asia", 935),
    _country("WLF", 876, "Wallis and Futuna", "Oceania", "Asia"),
    _country("WSM", 882, "Samoa", "Oceania", "Asia", 990),
    _country("XAD", 0, "Akrotiri and Dhekelia", "Europe", "Europe"),
    _country("XKX", 0, "Kosovo", "Europe", "Europe", 347),
    _country("YEM", 887, "Yemen", "Middle East", "Middle East", 678),
    _country("YMD", 720, "South Yemen", "Middle East", "Middle East", 680),
    _country("YUG", 890, "Yugoslavia", "Europe", "Europe"),
    _country("ZAF", 710, "South Africa", "Southern Africa", "Africa", 560),
    _country("ZMB", 894, "Zambia", "Southern Africa", "Africa", 551),
    _country("ZWE", 716, "Zimbabwe", "Southern Africa", "Africa", 552),
)
"""Every entry, by alpha-3."""

BY_ISO3: dict[str, Country] = {country.iso3: country for country in COUNTRIES}

BY_GWNO: dict[int, Country] = {number: country for country in COUNTRIES for number in country.gwno}
"""For `country_id`, `gwnoa` and `gwnob` of UCDP's data sets."""
