"""Where a machine stands, short enough for a column. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_CODES: Final = """
    Alabama=AL Alaska=AK Arizona=AZ Arkansas=AR California=CA Colorado=CO Connecticut=CT Delaware=DE
    District_of_Columbia=DC Florida=FL Georgia=GA Hawaii=HI Idaho=ID Illinois=IL Indiana=IN Iowa=IA
    Kansas=KS Kentucky=KY Louisiana=LA Maine=ME Maryland=MD Massachusetts=MA Michigan=MI Minnesota=MN
    Mississippi=MS Missouri=MO Montana=MT Nebraska=NE Nevada=NV New_Hampshire=NH New_Jersey=NJ
    New_Mexico=NM New_York=NY North_Carolina=NC North_Dakota=ND Ohio=OH Oklahoma=OK Oregon=OR
    Pennsylvania=PA Rhode_Island=RI South_Carolina=SC South_Dakota=SD Tennessee=TN Texas=TX Utah=UT
    Vermont=VT Virginia=VA Washington=WA West_Virginia=WV Wisconsin=WI Wyoming=WY
"""
_STATES: Final = dict(pair.replace("_", " ").split("=") for pair in _CODES.split())


@lru_cache(4096)  # thousands of rows share some hundred places
def short_place(geolocation: str | None) -> str:
    """`California, US` as `US/CA`, `Taiwan, TW` as `TW`, `Norway` as it is; "" when unknown.

    The forms are those seen in offers: region and country apart by the last comma, the region sometimes empty.
    """
    region, country = _parts(geolocation)
    state = _STATES.get(region) if country == "US" else None
    return f"{country}/{state}" if state else country


def long_place(geolocation: str | None) -> str:
    """`Taiwan, TW` as it is, `, US` as `US`; "" when unknown."""
    region, country = _parts(geolocation)
    return f"{region}, {country}" if region else country


def _parts(geolocation: str | None) -> tuple[str, str]:
    region, _, country = (geolocation or "").rpartition(",")
    return region.strip(), country.strip()
