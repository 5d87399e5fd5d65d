"""Commands that are copied: whole for the shell, without a secret, and the official parser reads them as we do."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tui.pictures import offer
from tests.unit.offers.test_official_parser import Official, likely, official
from vasttui.cli.rent import rent
from vasttui.cli.search import search as search_command
from vasttui.errors import UsageError
from vasttui.jobs.rental import RentPlan
from vasttui.offers.query import parse
from vasttui.snapshot import Search
from vasttui.tui.panes.offers.copying import commands, official_query

__all__ = ["official"]

API = "https://console.vast.ai"
QUERIES = (
    "",
    "gpu_name=RTX_4090 dph<0.5",
    'gpu_name in ["RTX 4090","A100 SXM4"] num_gpus>=2 verified=any',
    "gpu_ram>=24GB duration>3d dph<$0.5 disk_space>=1TB reliability>=98%",
    "geolocation notin [CN,VN] datacenter=true external=any rentable=any",
    "driver_version>=535.86.05 cuda_vers>=12.4 host_id notin [1,2]",
    "verified=false gpu_ram>24 gpu_ram<49 cpu_ram>=0.1",
)


def words(search: Search, title: str, **more: Any) -> list[str]:
    line = next(command.line for command in commands(search, API, **more) if command.title == title)
    return shlex.split(line)


def rounded(filters: Any) -> Any:
    """Without the last digits, which a factor may turn over."""
    if isinstance(filters, dict):
        return {key: rounded(value) for key, value in filters.items()}
    return float(f"{filters:.12g}") if isinstance(filters, float) else filters


@pytest.mark.parametrize("text", QUERIES)
def test_the_official_command_asks_for_the_same(official: Official, text: str) -> None:
    from vastai.api.query import parse_order

    search = Search(text=text, type="bid", order="-dph,score+", storage_gb=200, limit=70)
    command, verb, what, *rest = words(search, "search with the official CLI")
    assert (command, verb, what) == ("vastai", "search", "offers")
    query = rest.pop(0) if text else ""
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    body = parse(text).body(type="bid", order="-dph,score+", storage=200, limit=70)
    asked = {
        **(official(query) or {}),
        "order": parse_order(options["-o"]),
        "type": options["-t"],
        "limit": int(options["--limit"]),
        "allocated_storage": float(options["--storage"]),
    }
    assert rounded(asked) == rounded(body)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(likely)
def test_what_the_official_parser_takes_is_written_so_that_it_means_the_same(
    official: Official,
    text: str,
) -> None:
    try:
        filters = parse(text).filters()
    except UsageError:
        return
    assert rounded(official(official_query(filters))) == rounded(filters)


@pytest.mark.parametrize("text", QUERIES)
def test_our_own_commands_are_read_by_our_own_parser(text: str) -> None:
    search = Search(text=text, type="bid", order="dph_total", storage_gb=64, preset=None)
    context = search_command.make_context("search", words(search, "search with vasttui")[2:])
    assert " ".join(context.params["query"]) == text
    assert (context.params["kind"], context.params["storage"], context.params["order"]) == ("bid", 64, "dph_total")
    row = offer(min_bid=0.14)
    context = rent.make_context("rent", words(search, "rent this offer", offer=row)[2:])
    assert (context.params["offer_id"], context.params["bid"], context.params["disk"]) == (row.id, 0.14, 64)


def test_a_preset_is_named_as_long_as_its_query_is_asked() -> None:
    search = Search(text="gpu_ram>=24", preset="cheap")
    assert words(search, "search with vasttui", preset_text="gpu_ram>=24")[2:4] == ["--preset", "cheap"]
    assert words(search, "search with vasttui", preset_text="gpu_ram>=48")[2] == "gpu_ram>=24"


def test_curl_sends_the_body_and_never_the_key() -> None:
    search = Search(text="gpu_name=RTX_4090 dph<0.5")
    sent = words(search, "the request with curl")
    assert json.loads(sent[sent.index("-d") + 1]) == parse(search.text).body(storage=64.0)
    assert f"{API}/api/v0/bundles/" in sent
    assert "Authorization: Bearer $VASTAI_API_KEY" in sent


def test_the_official_rent_command_carries_no_environment() -> None:
    plan = RentPlan(image="py:1", env={"TOKEN": "s3cret"}, onstart="echo s3cret")
    bid = Search(type="bid", storage_gb=80)
    parts = words(bid, "rent it with the official CLI", offer=offer(min_bid=0.2), plan=plan)
    assert parts[:4] == ["vastai", "create", "instance", str(offer().id)]
    assert parts[4:] == ["--image", "py:1", "--disk", "80", "--ssh", "--direct", "--bid_price", "0.2"]
    assert "s3cret" not in " ".join(parts)
    small = words(Search(storage_gb=5), "rent this offer", offer=offer())
    assert small[-2:] == ["--disk", "8"], "prices may include less than can be rented"


def test_a_strangers_words_stay_one_word_of_the_shell() -> None:
    search = Search(text='gpu_name="$(rm -rf ~)"', preset="-x; true")
    assert words(search, "search with vasttui")[2] == search.text
    assert words(search, "search with the official CLI")[3] == search.text
    assert words(search, "rent this offer", offer=offer())[3] == "--preset=-x; true"


@given(st.text(max_size=30))
def test_any_text_that_is_a_query_gives_lines_that_a_shell_can_read(text: str) -> None:
    try:
        found = commands(Search(text=text), API, offer())
    except UsageError:
        return
    assert all(shlex.split(command.line) and command.line.isprintable() for command in found)
