"""Countries (ISO 3166) and the regions that the official tools know, by code and by name.

Codes AF AS EU LC NA OC are those of the official Python client (vast-ai/vast-cli, vastai/utils.py); North_America,
South_America, Europe, Asia, Oceania and Africa are names of its `launch instance --region` (vastai/api/offers.py). Its
lists lack some countries and misspell others (Ireland in the first, Hong Kong under two letters that nobody has), so
the members here are the UN's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_AFRICA = """DZ Algeria, AO Angola, BJ Benin, BW Botswana, BF Burkina Faso, BI Burundi, CV Cabo Verde, CM Cameroon,
CF Central African Republic, TD Chad, KM Comoros, CG Congo, CD DR Congo, CI Ivory Coast, DJ Djibouti, EG Egypt,
GQ Equatorial Guinea, ER Eritrea, SZ Eswatini, ET Ethiopia, GA Gabon, GM Gambia, GH Ghana, GN Guinea, GW Guinea-Bissau,
KE Kenya, LS Lesotho, LR Liberia, LY Libya, MG Madagascar, MW Malawi, ML Mali, MR Mauritania, MU Mauritius, YT Mayotte,
MA Morocco, MZ Mozambique, NA Namibia, NE Niger, NG Nigeria, RE Réunion, RW Rwanda, SH Saint Helena,
ST São Tomé and Príncipe, SN Senegal, SC Seychelles, SL Sierra Leone, SO Somalia, ZA South Africa, SS South Sudan,
SD Sudan, TZ Tanzania, TG Togo, TN Tunisia, UG Uganda, EH Western Sahara, ZM Zambia, ZW Zimbabwe"""
_ASIA = """AF Afghanistan, AM Armenia, AZ Azerbaijan, BH Bahrain, BD Bangladesh, BT Bhutan, BN Brunei, KH Cambodia,
CN China, GE Georgia, HK Hong Kong, IN India, ID Indonesia, IR Iran, IQ Iraq, IL Israel, JP Japan, JO Jordan,
KZ Kazakhstan, KW Kuwait, KG Kyrgyzstan, LA Laos, LB Lebanon, MO Macao, MY Malaysia, MV Maldives, MN Mongolia,
MM Myanmar, NP Nepal, KP North Korea, OM Oman, PK Pakistan, PS Palestine, PH Philippines, QA Qatar, SA Saudi Arabia,
SG Singapore, KR South Korea, LK Sri Lanka, SY Syria, TW Taiwan, TJ Tajikistan, TH Thailand, TL Timor-Leste, TR Turkey,
TM Turkmenistan, AE United Arab Emirates, UZ Uzbekistan, VN Vietnam, YE Yemen"""
_EUROPE = """AX Åland, AL Albania, AD Andorra, AT Austria, BY Belarus, BE Belgium, BA Bosnia and Herzegovina,
BG Bulgaria, HR Croatia, CY Cyprus, CZ Czechia, DK Denmark, EE Estonia, FO Faroe Islands, FI Finland, FR France,
DE Germany, GI Gibraltar, GR Greece, GG Guernsey, HU Hungary, IS Iceland, IE Ireland, IM Isle of Man, IT Italy,
JE Jersey, XK Kosovo, LV Latvia, LI Liechtenstein, LT Lithuania, LU Luxembourg, MT Malta, MD Moldova, MC Monaco,
ME Montenegro, NL Netherlands, MK North Macedonia, NO Norway, PL Poland, PT Portugal, RO Romania, RU Russia,
SM San Marino, RS Serbia, SK Slovakia, SI Slovenia, ES Spain, SJ Svalbard, SE Sweden, CH Switzerland, UA Ukraine,
GB United Kingdom, VA Vatican"""
_NORTHERN = "BM Bermuda, CA Canada, GL Greenland, PM Saint Pierre and Miquelon, US United States"
_CENTRAL = """AI Anguilla, AG Antigua and Barbuda, AW Aruba, BS Bahamas, BB Barbados, BZ Belize, BQ Bonaire,
VG British Virgin Islands, KY Cayman Islands, CR Costa Rica, CU Cuba, CW Curaçao, DM Dominica, DO Dominican Republic,
SV El Salvador, GD Grenada, GP Guadeloupe, GT Guatemala, HT Haiti, HN Honduras, JM Jamaica, MQ Martinique, MX Mexico,
MS Montserrat, NI Nicaragua, PA Panama, PR Puerto Rico, BL Saint Barthélemy, KN Saint Kitts and Nevis, LC Saint Lucia,
MF Saint Martin, VC Saint Vincent, SX Sint Maarten, TT Trinidad and Tobago, TC Turks and Caicos, VI US Virgin Islands"""
_SOUTH = """AR Argentina, BO Bolivia, BR Brazil, CL Chile, CO Colombia, EC Ecuador, FK Falkland Islands,
GF French Guiana, GY Guyana, PY Paraguay, PE Peru, SR Suriname, UY Uruguay, VE Venezuela"""
_OCEANIA = """AS American Samoa, AU Australia, CK Cook Islands, FJ Fiji, PF French Polynesia, GU Guam, KI Kiribati,
MH Marshall Islands, FM Micronesia, NR Nauru, NC New Caledonia, NZ New Zealand, NU Niue, NF Norfolk Island,
MP Northern Mariana Islands, PW Palau, PG Papua New Guinea, PN Pitcairn, WS Samoa, SB Solomon Islands, TK Tokelau,
TO Tonga, TV Tuvalu, VU Vanuatu, WF Wallis and Futuna"""


def _countries(text: str) -> dict[str, str]:
    return {code: name for code, _, name in (" ".join(item.split()).partition(" ") for item in text.split(","))}


def _codes(*texts: str) -> tuple[str, ...]:
    return tuple(sorted(code for text in texts for code in _countries(text)))


COUNTRIES: Mapping[str, str] = _countries(
    ",".join((_AFRICA, _ASIA, _EUROPE, _NORTHERN, _CENTRAL, _SOUTH, _OCEANIA)),
)
"""Code -> English name."""

REGIONS: Mapping[str, tuple[str, ...]] = {
    "AF": _codes(_AFRICA),
    "AS": _codes(_ASIA),
    "EU": _codes(_EUROPE),
    "LC": _codes(_CENTRAL, _SOUTH),
    "NA": _codes(_NORTHERN),
    "OC": _codes(_OCEANIA),
    "North_America": _codes(_NORTHERN, _CENTRAL),
    "South_America": _codes(_SOUTH),
}
"""Code, or name where no code has the same members -> countries."""

REGION_NAMES: Mapping[str, str] = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "LC": "Latin_America",
    "NA": "Northern_America",
    "OC": "Oceania",
}
"""Code -> the name that means the same."""

_BY_NAME = {name.lower(): key for key, name in REGION_NAMES.items()} | {key.lower(): key for key in REGIONS}
_COUNTRY_BY_NAME = {name.lower(): code for code, name in COUNTRIES.items()}
_REGION_OF = {country: code for code in REGION_NAMES for country in REGIONS[code]}


def region_named(text: str) -> str | None:
    """The key in REGIONS of a code or name such as "EU", "europe" or "North America"; None for another text."""
    return _BY_NAME.get("_".join(text.lower().replace("_", " ").split()))


def country_named(text: str) -> str | None:
    """The code of a country by its code or English name, in any case; None for another text."""
    code = text.strip().upper()
    return code if code in COUNTRIES else _COUNTRY_BY_NAME.get(" ".join(text.lower().replace("_", " ").split()))


@lru_cache(4096)  # 10,000 rows share a few dozen places
def country_of(geolocation: str | None) -> str | None:
    """The country of a place such as "Texas, US", ", US", "US" or "Norway"; None when it does not tell."""
    if not geolocation:
        return None
    last = geolocation.rpartition(",")[2].strip()
    return last.upper() if len(last) == 2 else _COUNTRY_BY_NAME.get(last.lower())


def region_of(geolocation: str | None) -> str | None:
    """The code of the region in which a place stands, None when it does not tell."""
    return _REGION_OF.get(country_of(geolocation) or "")
