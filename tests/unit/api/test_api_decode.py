"""One odd field costs that field, one odd row costs that row, and both are counted; nothing else is lost."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from vasttui.api import Instance, Offer, Secret, SshKey
from vasttui.api.decode import decode_offers, parse_json, read_row, read_rows, rows_of, without_secrets

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
GOOD = {"id": 7, "gpu_name": "RTX 4090", "dph_total": 0.4, "num_gpus": 1}


def offers(*rows: Any) -> bytes:
    return json.dumps({"offers": rows}).encode()


def instance(**fields: Any) -> Instance:
    row = read_row({"id": 1} | fields, Instance)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("id", "26070143", 26070143),
        ("id", 12.0, 12),
        ("dph_total", "0.812", 0.812),
        ("dph_total", 1, 1.0),
        ("dph_total", 2e-1, 0.2),
        ("dph_total", "nan", None),
        ("dph_total", float("nan"), None),
        ("dph_total", float("inf"), None),
        ("dph_total", "Infinity", None),
        ("dph_total", True, None),
        ("dph_total", {}, None),
        ("dph_total", 10**400, None),
        ("num_gpus", 8.0, 8),
        ("num_gpus", "8", 8),
        ("num_gpus", 8.5, None),
        ("host_id", 2**63 - 1, 2**63 - 1),
        ("host_id", 2**63, None),
        ("machine_id", -(10**28), None),
        ("gpu_ram", 24564, 24564.0),
        ("gpu_name", None, None),
        ("gpu_name", ["x"], None),
        ("driver_version", 535, "535"),
        ("rentable", 1, True),
        ("rentable", "False", False),
        ("rentable", "maybe", None),
        ("gpu_name", "RTX\x1b[31m 4090\u202e\ud800", "RTX[31m 4090"),
    ],
)
def test_a_field_is_read_in_any_form_it_comes(field: str, sent: Any, read: Any) -> None:
    found = decode_offers(offers(GOOD | {field: sent}, GOOD | {"id": 8}))
    assert getattr(found.items[0], field) == read
    assert len(found.items) == 2
    assert found.items[1].dph_total == 0.4


ROWS_WITHOUT_ID: list[Any] = [None, 5, "x", [], {}, *({"id": wrong} for wrong in (None, True, -1, 2**63, "abc"))]


@pytest.mark.parametrize("row", ROWS_WITHOUT_ID)
def test_a_row_without_an_id_is_counted(row: Any) -> None:
    found = decode_offers(offers(GOOD, row, GOOD | {"id": 9}))
    assert ([offer.id for offer in found.items], found.skipped) == ([7, 9], 1)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1", b"{}", b'{"offers": null}', b'{"offers": 5}', b'{"offers": {"id": 1}}', b"7"],
)
def test_no_list_is_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode_offers(body)


def test_a_row_cut_short_loses_the_whole_rather_than_the_rest() -> None:
    body = offers(*[GOOD] * 50)
    with pytest.raises(ValueError, match=r".*"):
        decode_offers(body[:-20])


@given(st.lists(JSON_VALUES | st.fixed_dictionaries({"id": JSON_VALUES, "search": JSON_VALUES}), max_size=4))
def test_no_row_raises_and_none_is_lost(rows: list[Any]) -> None:
    sent = [GOOD, *rows, GOOD | {"id": 8}]
    found = decode_offers(offers(*sent))
    assert found.items[0].id == 7
    assert found.items[-1].id == 8
    assert len(found.items) + found.skipped == len(sent)
    listed = read_rows(rows_of(parse_json(json.dumps({"instances": sent}).encode()), "instances"), Instance)
    assert len(listed.items) + listed.skipped == len(sent)


@given(st.sampled_from(Offer.__struct_fields__[1:]), JSON_VALUES)
def test_no_value_of_a_field_costs_the_row_or_gets_in_unread(field: str, value: Any) -> None:
    (found,) = decode_offers(offers(GOOD | {field: value})).items
    for read in asdict(found).values():
        assert read is None or isinstance(read, int | float | str)
        assert not isinstance(read, float) or math.isfinite(read)
        assert not isinstance(read, str) or read.isprintable()


@given(st.dictionaries(st.sampled_from(Instance.__struct_fields__[1:]), JSON_VALUES, max_size=6))
def test_no_value_of_a_field_costs_the_instance(fields: dict[str, Any]) -> None:
    row = instance(**fields)
    assert row.ssh_direct is None or row.ssh_direct[1] > 0
    assert row.ssh_proxy is None or not row.ssh_proxy[0].startswith("-")


def test_reliability_falls_back() -> None:
    found = decode_offers(
        offers({"id": 1, "reliability2": 0.9}, {"id": 2, "reliability": 0.5, "reliability2": 1})
    )
    assert [offer.reliability for offer in found.items] == [0.9, 0.5]
    assert Offer(id=1, reliability2=0.25).reliability == 0.25


def test_an_instance_is_read_as_vast_sends_it() -> None:
    row = instance(
        disk_usage=-1,
        disk_util=-1.0,
        reliability2="0.99",
        public_ipaddr="203.0.113.5 \n",
        ssh_host="ssh5.vast.ai",
        ssh_port=11234,
        status_msg="success, running x/ssh\n",
        ports={"22/tcp": [{"HostIp": "0.0.0.0", "HostPort": "40022"}, {"HostIp": "::", "HostPort": "40022"}]},
        search={"totalHour": 0.5, "discountedTotalPerHour": 0},
        instance={"totalHour": 0.01, "diskHour": 0.01},
    )
    assert (row.disk_usage, row.disk_util, row.reliability) == (None, None, 0.99)
    assert (row.search_total_hour, row.instance_total_hour, row.instance_disk_hour) == (0.5, 0.01, 0.01)
    assert row.ssh_direct == ("203.0.113.5", 40022)
    assert row.ssh_proxy == ("ssh5.vast.ai", 11234)
    assert row.ports == {"22/tcp": (40022,)}
    assert row.status_msg == "success, running x/ssh"
    assert instance(ssh_host="a.b", ssh_port=5, image_runtype="jupyter_proxy ssh_proxy").ssh_proxy == (
        "a.b",
        6,
    )


@pytest.mark.parametrize(
    "ports", [None, {}, [], [1, 2], {"22/tcp": None}, {"22/tcp": [{"HostPort": "x"}]}, 5]
)
def test_no_usable_port_is_no_address(ports: Any) -> None:
    assert instance(public_ipaddr="203.0.113.5", ports=ports).ssh_direct is None


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "", "a;b", "$(x)", "a" * 300])
def test_a_host_that_could_be_an_option_of_ssh_is_none(host: str) -> None:
    assert instance(ssh_host=host, ssh_port=22).ssh_proxy is None


def test_secrets_are_neither_decoded_nor_kept() -> None:
    names = "extra_env onstart image_login jupyter_token instance_api_key docker_login_pass"
    secrets = dict.fromkeys(names.split(), "s3cret")
    row = {"id": 1, "label": "a", "nested": {"api_key": "s3cret"}} | secrets
    found = read_rows([row], Instance, keep_raw=True)
    assert found.raw == ({"id": 1, "label": "a", "nested": {}},)
    assert "s3cret" not in repr(found)
    assert without_secrets({"a": [float("inf"), {"jupyter_token": 1}]}) == {"a": [None, {}]}
    assert "s3cret" not in repr(Secret("s3cret"))


def test_keys_come_bare_wrapped_or_as_text() -> None:
    rows: list[Any] = [{"id": 3, "public_key": "ssh-ed25519 AAAA"}]
    for reply in (rows, {"ssh_keys": rows}, {"ssh_keys": json.dumps(rows)}):
        assert read_rows(rows_of(reply, "ssh_keys"), SshKey).items == (SshKey(id=3, key="ssh-ed25519 AAAA"),)


def test_raw_rows_stay_beside_their_items() -> None:
    found = decode_offers(offers(GOOD, None, GOOD | {"id": 8, "other": [1]}), keep_raw=True)
    assert [row["id"] for row in found.raw] == [offer.id for offer in found.items]
    assert found.raw[1]["other"] == [1]
