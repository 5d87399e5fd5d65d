"""Queries mean what they mean to the official CLI; the rows were produced by running it (1.9.1)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from vasttui.api.models import Offer
from vasttui.config import Config, Paths, Preset
from vasttui.errors import QueryError, UsageError
from vasttui.offers.query import from_preset, parse, parse_order, parse_strictly, preset_text

BASE = {"verified": {"eq": True}, "external": {"eq": False}, "rentable": {"eq": True}}
NAMES = {"gpu_name": {"in": ["RTX 4090", "RTX 3090"]}, "geolocation": {"notin": ["CN", "VN"]}}
WIDE = (
    "disk_space>146 duration>24 gpu_ram>10 cuda_vers>=12.1 direct_port_count>=2 driver_version >= 535.86.05"
)

TABLE: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("num_gpus=1 gpu_name=RTX_4090", {"num_gpus": {"eq": "1"}, "gpu_name": {"eq": "RTX 4090"}}),
    (
        "reliability > 0.98 num_gpus=1 gpu_name=RTX_3090",
        {"reliability": {"gt": "0.98"}, "num_gpus": {"eq": "1"}, "gpu_name": {"eq": "RTX 3090"}},
    ),
    (
        "compute_cap > 610 total_flops > 5 datacenter=True",
        {"compute_cap": {"gt": "610"}, "total_flops": {"gt": "5"}, "datacenter": {"eq": True}},
    ),
    (
        "reliability>0.99 num_gpus=4 geolocation in [TW,SE]",
        {"reliability": {"gt": "0.99"}, "num_gpus": {"eq": "4"}, "geolocation": {"in": ["TW", "SE"]}},
    ),
    ('gpu_name in ["RTX 4090", "RTX 3090"] geolocation notin [CN,VN]', NAMES),
    (
        WIDE,
        {
            "disk_space": {"gt": "146"},
            "duration": {"gt": 2073600.0},
            "gpu_ram": {"gt": 10000.0},
            "cuda_max_good": {"gte": "12.1"},
            "direct_port_count": {"gte": "2"},
            "driver_version": {"gte": 535086005},
        },
    ),
    ("num_gpus>=4 verified=False", {"verified": {"eq": False}, "num_gpus": {"gte": "4"}}),
    ("cpu_arch=arm64", {"cpu_arch": {"eq": "arm64"}}),
    ("gpu_ram>=24 gpu_ram<=80", {"gpu_ram": {"gte": 24000.0, "lte": 80000.0}}),
    ("gpu_total_ram>=160", {"gpu_total_ram": {"gte": 160000.0}}),
    ("cpu_ram>64", {"cpu_ram": {"gt": 64000.0}}),
    ("dph<1 dph>0.1", {"dph_total": {"lt": "1", "gt": "0.1"}}),
    (
        "dph<=0.5 dlperf_usd>100 flops_usd>20",
        {
            "dph_total": {"lte": "0.5"},
            "dlperf_per_dphtotal": {"gt": "100"},
            "flops_per_dphtotal": {"gt": "20"},
        },
    ),
    ("gpu_name in [RTX_4090,RTX_5090]", {"gpu_name": {"in": ["RTX 4090", "RTX 5090"]}}),
    ("geolocation not in ['XV','XZ']", {"geolocation": {"notin": ["'XV'", "'XZ'"]}}),
    ("geolocation in US,CA", {"geolocation": {"in": ["US", "CA"]}}),
    ("machine_id in [302,402]", {"machine_id": {"in": ["302", "402"]}}),
    ("mobo_name=null", {"mobo_name": {"eq": None}}),
    ("num_gpus gte 2", {"num_gpus": {"gte": "2"}}),
    ("num_gpus = 1", {"num_gpus": {"eq": "1"}}),
    ("num_gpus=1 num_gpus=2", {"num_gpus": {"eq": "2"}}),
    (
        "display_active=false driver_version=535.86.5",
        {"gpu_display_active": {"eq": False}, "driver_version": {"eq": 535086005}},
    ),
    ("foo=1", {"foo": {"eq": "1"}}),
    ("georegion=true geolocation=EU", {"georegion": {"eq": True}, "geolocation": {"eq": "EU"}}),
    ("num_gpus>=2\n  dph<1\t", {"num_gpus": {"gte": "2"}, "dph_total": {"lt": "1"}}),
]


@pytest.mark.parametrize(("text", "added"), TABLE)
def test_the_body_is_the_official_one(text: str, added: dict[str, Any]) -> None:
    end = {"order": [["score", "desc"]], "type": "on-demand", "allocated_storage": 5.0}
    assert parse(text).body() == {**BASE, **added, **end}
    assert parse(text).filters(defaults=False) == added


@pytest.mark.parametrize("text", [text for text, _ in TABLE if not re.search("foo|georegion|'", text)])
def test_what_is_right_has_no_remark(text: str) -> None:
    assert parse_strictly(text).remarks == ()


def test_any_lifts_a_default() -> None:
    assert parse("verified=any").filters() == {"external": {"eq": False}, "rentable": {"eq": True}}
    assert parse("verified=any external=* rentable=?").filters() == {}


def test_words_of_a_command_line_are_joined() -> None:
    assert parse(["num_gpus", ">=", "2"]).filters(defaults=False) == {"num_gpus": {"gte": "2"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("num_gpus", "character 1, 'num_gpus': 'num_gpus' has no operator"),
        ("num_gpus=", "no value after '='"),
        ("dph<1 reliability>any", "character 19, 'reliability>any': 'any' goes with = only"),
        ("gpu_name=RTX 4090", "character 10, 'gpu_name=RTX 4090': a blank ends the value"),
        ("gpu_ram in [24,48]", "takes one number, no list"),
        ("gpu_ram>=lots", "gpu_ram takes a number (GB), not 'lots'"),
        ("duration>inf", "duration takes a number (days)"),
        ("dph=>1", "unknown operator '=>'"),
        ("driver_version>535.86", "a driver version has three parts"),
        ("dph<1 ; x=1", "character 7: '; x=1' cannot begin a clause"),
        ("geolocation in []", "no value after 'in'"),
    ],
)
def test_wrong_queries_name_the_clause_and_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert said in caught.value.message
    assert caught.value.exit_code == 2


def test_a_place_counts_from_the_beginning_of_the_text_as_it_was_typed() -> None:
    for text in ("  dph<1\n num_gpus=two", "\xa0 num_gpus=two", "num_gpus=two  "):
        with pytest.raises(QueryError) as caught:
            parse_strictly(text)
        assert text[caught.value.start : caught.value.end] == "two"


def test_no_control_character_of_a_query_comes_into_its_error() -> None:
    for text in ("gpu_name=a\x1b[31m b", "gpu_name=\x1b[31m,\x07", "\x1bfoo", "num_gpus=\x1b[0m", "region=\x1b"):
        with pytest.raises(QueryError) as caught:
            parse_strictly(text)
        assert (caught.value.message + caught.value.hint).isprintable()


def test_remarks_on_unknown_fields_and_single_quotes() -> None:
    (remark,) = parse("dph<1 relability>0.9").warnings
    assert remark == "query, character 7: unknown field 'relability'; did you mean reliability?"
    assert "double quotes" in parse("geolocation in ['SE']").warnings[0]
    assert parse("dph<1").warnings == ()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("gpu_ram>=24GB", {"gpu_ram": {"gte": 24000.0}}),
        ("gpu_ram>=24564MB", {"gpu_ram": {"gte": 24564.0}}),
        ("gpu_total_ram>=1TB", {"gpu_total_ram": {"gte": 1_000_000.0}}),
        ("duration>3d", {"duration": {"gt": 259_200.0}}),
        ("duration>12h", {"duration": {"gt": 43_200.0}}),
        ("duration>7h gpu_ram>1009MB", {"duration": {"gt": 25_200.0}, "gpu_ram": {"gt": 1009.0}}),
        ("dph<$0.5", {"dph_total": {"lt": "0.5"}}),
        ("dph<=0.5$/h", {"dph_total": {"lte": "0.5"}}),
        ("inet_down>=1Gbps inet_up>=200Mbps", {"inet_down": {"gte": "1000"}, "inet_up": {"gte": "200"}}),
        ("disk_space>=1TB", {"disk_space": {"gte": "1000"}}),
        ("disk_space in [1TB,500]", {"disk_space": {"in": ["1000", "500"]}}),
        ("reliability>=98%", {"reliability": {"gte": "0.98"}}),
        ("inet_down_cost<$0.01/GB", {"inet_down_cost": {"lt": "0.01"}}),
        ("region=NA", {"geolocation": {"in": ["BM", "CA", "GL", "PM", "US"]}}),
        ("region in [NA,SE,US]", {"geolocation": {"in": ["BM", "CA", "GL", "PM", "US", "SE"]}}),
        ('region!="Northern America"', {"geolocation": {"notin": ["BM", "CA", "GL", "PM", "US"]}}),
        ("region=NA region=any", {}),
        ("host_id in [1,2] host_id notin [3]", {"host_id": {"in": ["1", "2"], "notin": ["3"]}}),
    ],
)
def test_what_people_write_beyond_the_official_grammar(text: str, sent: dict[str, Any]) -> None:
    assert parse_strictly(text).filters(defaults=False) == sent


@pytest.mark.parametrize(
    ("text", "under", "said"),
    [
        ("region=Mars", "Mars", "unknown region 'Mars'"),
        ("dph<1 region>EU", ">", "takes = != in notin"),
        ("region=", "=", "no value"),
    ],
)
def test_a_wrong_region_is_refused(text: str, under: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == under
    assert said in caught.value.message


def test_a_place_that_names_no_country_is_not_cut_by_the_check() -> None:
    query = parse("region=EU geolocation notin [CN]")
    assert query.matches(Offer(id=1, geolocation="Somewhere"))
    assert query.matches(Offer(id=1, geolocation="Norway"))
    assert not query.matches(Offer(id=1, geolocation="Guangxi, CN"))


def test_conditions_in_force_are_those_that_are_sent() -> None:
    query = parse("num_gpus=1 verified=any num_gpus=2 dph<1 dph=any")
    assert [(clause.field, clause.value) for clause in query.in_force()] == [
        ("external", False),
        ("rentable", True),
        ("num_gpus", "2"),
    ]
    assert [clause.field for clause in query.in_force(defaults=False)] == ["num_gpus"]


def test_order_type_and_limit() -> None:
    body = parse("").body(
        type="interruptible", order="dph, score-,-dlperf_usd,num_gpus+", storage=64, limit=3
    )
    assert body["order"] == [
        ["dph_total", "asc"],
        ["score", "desc"],
        ["dlperf_per_dphtotal", "desc"],
        ["num_gpus", "asc"],
    ]
    assert (body["type"], body["limit"], body["allocated_storage"]) == ("bid", 3, 64)
    assert parse_order("") == []
    with pytest.raises(UsageError, match="unknown column 'dph_totl'; did you mean dph_total"):
        parse_order("dph_totl-")
    with pytest.raises(UsageError, match="type: on-demand, bid or reserved"):
        parse("").body(type="spot")


OFFER = Offer(
    id=1,
    gpu_name="RTX 4090",
    num_gpus=2,
    gpu_ram=24564,
    dph_total=0.8,
    total_flops=160.0,
    reliability=0.99,
    verification="verified",
    hosting_type=1,
    driver_version="535.86.05",
    geolocation="Texas, US",
    duration=86_400.0 * 5,
    cuda_max_good=12.4,
    static_ip=True,
    host_id=7,
    machine_id=8,
)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("gpu_ram>=24", True),
        ("gpu_ram>=25", False),
        ("gpu_name=RTX_4090", True),
        ("gpu_name in [RTX_3090,H100_SXM]", False),
        ("num_gpus=2.0", True),
        ("num_gpus!=2", False),
        ("dph<=0.80", True),
        ("dph<0.80", False),
        ("geolocation=US", True),
        ("geolocation in ['US','SE']", True),
        ("geolocation notin [US]", False),
        ('geolocation="Texas, US"', True),
        ("verified=true datacenter=true static_ip=true", True),
        ("verified=false", False),
        ("verified=false verified=any", True),
        ("num_gpus=1 num_gpus=2", True),
        ("driver_version>=535.86.5", True),
        ("driver_version>535.86.05", False),
        ("duration>4", True),
        ("duration>6", False),
        ("flops_usd>199", True),
        ("flops_usd>201", False),
        ("cuda_vers>=12.5", False),
        ("inet_down>1000 mobo_name=X disk_space>5", True),
        ("gpu_ram>=24000MB gpu_ram<1TB", True),
        ("gpu_ram>=25GB", False),
        ("duration>3d duration<1week", True),
        ("duration>200h", False),
        ("dph<$0.9 reliability>=98%", True),
        ("dph<$12/day", False),
        ("gpu_name=rtx-4090", True),
        ("region=NA", True),
        ("region in [Europe,Asia]", False),
        ("region!=EU", True),
        ("host_id in [7,8] machine_id notin [9]", True),
        ("host_id notin [7]", False),
        ("machine_id in [7]", False),
        ("geolocation=CA", False),
        ("geolocation!=CA", True),
        ("score>5", True),
    ],
)
def test_rows_are_checked_again_and_unknown_counts_as_met(text: str, met: bool) -> None:
    query = parse(text)
    assert query.matches(OFFER) is met
    failed = query.failed(OFFER)
    assert (failed is None) is met
    assert failed is None or failed.token.field in text


def config() -> Config:
    from pathlib import Path

    here = Path("x")
    return Config(
        paths=Paths(config_file=here, config_dir=here, state_dir=here, cache_dir=here, themes_dir=here)
    )


def test_a_preset_becomes_a_query() -> None:
    preset = Preset(
        gpu_models=("4090", "A100"),
        num_gpus=2,
        max_price=1.5,
        min_reliability=0.98,
        verified=None,
        datacenter=True,
        countries=("se", "NO"),
        min_disk=100,
        min_cuda=12.1,
        query="dph<=1  inet_down>500",
    )
    assert from_preset(preset, config()).filters() == {
        "external": {"eq": False},
        "rentable": {"eq": True},
        "gpu_name": {"in": ["RTX 4090", "A100 PCIE", "A100 SXM4"]},
        "num_gpus": {"eq": "2"},
        "gpu_ram": {"gte": 24000.0},
        "dph_total": {"lte": "1"},
        "reliability": {"gte": "0.98"},
        "datacenter": {"eq": True},
        "geolocation": {"in": ["SE", "NO"]},
        "disk_space": {"gte": "100"},
        "cuda_max_good": {"gte": "12.1"},
        "inet_down": {"gt": "500"},
    }
    assert preset_text(Preset(min_vram=0), config()) == ""
    assert preset_text(Preset(min_vram=0, countries=("eu", "US")), config()) == "region in [EU,US]"


def test_a_wrong_query_in_a_preset_names_the_preset() -> None:
    with pytest.raises(UsageError, match=r"presets\.fast\.query: query, character 1"):
        from_preset(Preset(name="fast", query="dph"), config())


def test_where_remarks_count_as_faults_an_unknown_field_is_refused_with_the_nearest() -> None:
    assert parse_strictly("gpu_name=RTX_4090").clauses
    with pytest.raises(UsageError, match="gpu_name"):
        parse_strictly("gpu_nam=RTX_4090")
