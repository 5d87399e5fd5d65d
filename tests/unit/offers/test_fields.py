"""One definition of each field: names, help, reading and showing."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.api.decode import decode_offers
from vasttui.api.models import Offer
from vasttui.offers.fields import ALIASES, CATALOGUE, FIELDS, SORTABLE, SYNONYMS, field_named
from vasttui.offers.gpus import GPU_MODELS, is_one_of, models_named, same_model
from vasttui.offers.query import parse
from vasttui.offers.regions import COUNTRIES, REGIONS, country_named, country_of, region_named, region_of
from vasttui.offers.units import amount
from vasttui.sim.server import SimOptions, running

# Nested blocks, texts that are always empty, pictures, and what another field tells better.
LEFT_OUT = {
    "search", "instance", "logo", "webpage", "rn", "gpu_ids", "time_remaining", "time_remaining_isbid", "driver_vers",
    "vericode",
}  # fmt: skip


async def test_every_field_of_a_row_is_in_the_catalogue_and_decoded() -> None:
    async with running(SimOptions(offers=40)) as simulator:
        request = urllib.request.Request(
            f"{simulator.url}/api/v0/bundles/",
            data=json.dumps({"type": "on-demand"}).encode(),
            headers={"Authorization": f"Bearer {simulator.api_key}", "Content-Type": "application/json"},
        )
        body = await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
    rows = json.loads(body)["offers"]
    assert set().union(*rows) - LEFT_OUT == set(Offer.__struct_fields__)
    assert set(Offer.__struct_fields__) <= set(CATALOGUE)
    for row, offer in zip(rows, decode_offers(body).items, strict=True):
        for name in CATALOGUE.keys() & row.keys() - {"driver_version", "reliability"}:
            value = CATALOGUE[name].read(offer)
            if isinstance(row[name], str) and isinstance(value, float):
                assert value == float(row[name])
            elif row[name] is not None:
                assert value == (row[name].strip() if isinstance(value, str) else row[name]), name


@pytest.mark.parametrize("field", CATALOGUE.values(), ids=lambda field: field.name)
def test_a_field_explains_itself_and_knows_when_a_row_is_silent(field: object) -> None:
    spec = CATALOGUE[field.name]  # type: ignore[attr-defined]
    assert spec.help.endswith(".")
    assert len(spec.help) <= 90
    assert spec.title
    assert len(spec.title) <= 12
    assert spec.topic
    silent = Offer(id=1)
    assert spec.name == "id" or (spec.read(silent) is None and spec.show(silent) == "")
    if spec.factor is not None:
        assert spec.factor * spec.scale == pytest.approx(1)
    if spec.unit not in ("", "%"):
        assert spec.unit.lower().rstrip("s") in spec.help.lower().replace("per gb and month", "$/gb/month").replace(
            "celsius", "°c"
        ).replace("watt", "w")


def test_names_lead_to_their_fields() -> None:
    assert field_named("dph") is CATALOGUE["dph_total"]
    assert field_named("nonsense") is None
    assert set(SYNONYMS.values()) <= set(CATALOGUE) | set(ALIASES)
    assert not set(SYNONYMS) & set(CATALOGUE)
    assert FIELDS | {"score", "dlperf_usd", "search.totalHour"} <= SORTABLE


@pytest.mark.parametrize(
    ("name", "offer", "shown"),
    [
        ("gpu_ram", Offer(id=1, gpu_ram=24564), "24.6"),
        ("duration", Offer(id=1, duration=86_400 * 2.5), "2.5"),
        ("reliability", Offer(id=1, reliability2=0.9876), "98.8"),
        ("verified", Offer(id=1, verification="deverified"), "no"),
        ("datacenter", Offer(id=1, hosting_type=1), "yes"),
        ("driver_version", Offer(id=1, driver_version="535.86.05"), "535.86.05"),
        ("end_date", Offer(id=1, end_date=1_790_000_000.0), "2026-09-21"),
        ("end_date", Offer(id=1, end_date=1e300), ""),
        ("gpu_name", Offer(id=1, gpu_name="H100_SXM"), "H100 SXM"),
        ("flops_per_dphtotal", Offer(id=1, total_flops=80.0, dph_total=0.4), "200.0"),
        ("dlperf_per_dphtotal", Offer(id=1, dlperf=80.0, dph_total=0.4), "200.0"),
        ("region", Offer(id=1, geolocation="Ontario, CA"), "NA"),
    ],
)
def test_a_value_is_shown_as_people_read_it(name: str, offer: Offer, shown: str) -> None:
    assert CATALOGUE[name].show(offer) == shown


@pytest.mark.parametrize("key", ["has_avx"])
@pytest.mark.parametrize(("sent", "read"), [("1", True), ("true", True), ("0", False), ("null", None), ('"1"', True)])
def test_a_flag_may_come_as_a_number(key: str, sent: str, read: bool | None) -> None:
    (offer,) = decode_offers(f'{{"offers": [{{"id": 1, "{key}": {sent}}}]}}'.encode()).items
    assert CATALOGUE[key].read(offer) == read


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("24GB", "GB", 24), ("24gb", "GB", 24), ("24000MB", "GB", 24), ("1TB", "GB", 1000), ("24W", "GB", None),
        ("3d", "days", 3), ("12h", "days", 0.5), ("2weeks", "days", 14), ("$0.5", "$/h", 0.5), ("0.5$/h", "$/h", 0.5),
        ("$12/day", "$/h", 0.5), ("$1.024/TB", "$/GB", 0.001), ("98%", "%", 0.98), ("1Gbps", "Mbps", 1000),
        ("200Mbps", "Mbps", 200), ("100MB/s", "Mbps", 800), ("100Mb/s", "Mbps", 100), ("1GB/s", "MB/s", 1000),
        ("24", "GB", None), ("GB", "GB", None), ("", "GB", None), ("$", "$/h", None), ("5%", "", None),
    ],
)  # fmt: skip
def test_units_as_people_write_them(text: str, unit: str, number: float | None) -> None:
    assert amount(text, unit) == (None if number is None else pytest.approx(number))


@pytest.mark.parametrize(
    ("asked", "got", "same"),
    [
        ("RTX 4090", "RTX_4090", True),
        ("rtx-4090", "RTX 4090", True),
        ("RTX 6000 Ada", "RTX 6000Ada", True),
        ("RTX 4090", "RTX 4090D", False),
        ("RTX 3060", "RTX 3060 Ti", False),
        ("RTX 6090", "RTX 6090 Ti", False),
        ("A100", "A100 SXM4", True),
        ("A100", "A100X", False),
        ("H200", "H200 NVL", False),
        ("H100", "H100 Something New", True),
        ("PRO 6000", "RTX PRO 6000 WS", True),
        ("4090", "RTX 3090", False),
        ("", "RTX 3090", False),
    ],
)
def test_what_is_the_same_model(asked: str, got: str, same: bool) -> None:
    assert same_model(asked, got) is same


@given(st.sampled_from(GPU_MODELS), st.sampled_from(GPU_MODELS))
def test_a_full_name_means_one_model_however_it_is_written(one: str, other: str) -> None:
    for written in (one.replace(" ", "_"), one.replace(" ", "-"), one.upper(), one.lower()):
        assert same_model(written, other) is (one == other)
        assert models_named(written) == (one,)
        assert is_one_of(one, (written,))
        assert parse(f"gpu_name={written.replace(' ', '_')}").matches(Offer(id=1, gpu_name=one))


@pytest.mark.parametrize(
    ("place", "country", "region"),
    [
        ("Texas, US", "US", "NA"), (", US", "US", "NA"), ("US", "US", "NA"), ("Ontario, CA", "CA", "NA"),
        ("Norway", "NO", "EU"), ("Taiwan, TW", "TW", "AS"), ("Nowhere", None, None), (None, None, None),
        ("Brazil, BR", "BR", "LC"), ("x, ZZ", "ZZ", None),
    ],
)  # fmt: skip
def test_where_a_place_is(place: str | None, country: str | None, region: str | None) -> None:
    assert (country_of(place), region_of(place)) == (country, region)


def test_each_country_is_in_one_region_and_regions_have_names() -> None:
    codes = [code for code in ("AF", "AS", "EU", "LC", "NA", "OC") for code in REGIONS[code]]
    assert sorted(codes) == sorted(COUNTRIES)
    assert [region_named(text) for text in ("eu", "Europe", "North America", "north_america", "SE", "Mars")] == [
        "EU", "EU", "North_America", "North_America", None, None,
    ]  # fmt: skip
    assert "MX" in REGIONS["North_America"]
    assert "MX" not in REGIONS["NA"]
    assert [country_named(text) for text in ("se", "Sweden", "united_states", "Mars")] == ["SE", "SE", "US", None]


def test_the_official_lists_are_in_ours_where_they_name_countries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    from vastai.utils import _regions

    # Its Sierra Leone in Oceania means the Solomon Islands.
    moved = {"AF": {"YE"}, "EU": {"GE", "KZ"}, "AS": {"AR", "AU", "LI", "LV"}, "OC": {"SL"}}
    for code, listed in _regions.items():
        real = set(COUNTRIES) & set(listed.split(","))
        assert real - moved.get(code, set()) <= set(REGIONS[code]), code
