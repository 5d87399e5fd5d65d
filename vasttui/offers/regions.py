"""Countries and the regions that the official tools know, by their two letters and by their names.

Codes AF AS EU LC NA OC are those of the official Python client (vast-ai/vast-cli, vastai/utils.py), the names are those of
its `launch instance --region`. Their lists miss countries and misspell some, so the lists here are ISO 3166's own.
"""

from __future__ import annotations

from collections.abc import Mapping

REGIONS: Mapping[str, tuple[str, str]] = {
    "AF": (
        "Africa",
        "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU YT MA MZ "
        "NA NE NG RE RW SH ST SN SC SL SO ZA SS SD TZ TG TN UG EH ZM ZW",
    ),
    "AS": (
        "Asia",
        "AF AM AZ BH BD BT BN KH CN GE HK IN ID IR IQ IL JP JO KZ KW KG LA LB MO MY MV MN MM NP KP OM PK PS PH QA SA SG "
        "KR LK SY TW TJ TH TL TR TM AE UZ VN YE",
    ),
    "EU": (
        "Europe",
        "AX AL AD AT BY BE BA BG HR CY CZ DK EE FO FI FR DE GI GR GG HU IS IE IM IT JE XK LV LI LT LU MT MD MC ME NL MK "
        "NO PL PT RO RU SM RS SK SI ES SJ SE CH UA GB VA",
    ),
    "LC": (
        "Latin America and the Caribbean",
        "AI AG AR AW BS BB BZ BO BQ BR KY CL CO CR CU CW DM DO EC SV FK GF GD GP GT GY HT HN JM MQ MX MS NI PA PY PE PR "
        "BL KN LC MF VC SX SR TT TC UY VE VG VI",
    ),
    "NA": ("North America", "BM CA GL PM US"),
    "OC": (
        "Oceania",
        "AS AU CK FJ PF GU KI MH FM NR NC NZ NU NF MP PW PG PN WS SB TK TO TV VU WF",
    ),
}  # fmt: skip


def country_of(geolocation: str | None) -> str | None:
    """The country code at the end of a place such as "Texas, US", ", US" or "US"; None when there is none."""
    if not geolocation:
        return None
    code = geolocation.rpartition(",")[2].strip()
    return code.upper() if len(code) == 2 else None
