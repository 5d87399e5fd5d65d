"""The rights of an API key, as its row tells them."""

from __future__ import annotations

from typing import Any

import pytest

from vasttui.api.decode import read_row
from vasttui.api.models import ApiKey


@pytest.mark.parametrize(
    ("row", "may_rent"),
    [
        ({"rights": "*", "permissions": None}, True),
        ({"permissions": {"api": {"misc": {}, "instance_write": {}}}}, True),
        ({"rights": "*", "permissions": {"api": {"misc": {}, "instance_read": {}}}}, False),
        ({"permissions": {"api": {}}}, False),
        ({"permissions": False}, None),
        ({"permissions": {"api": "all"}}, None),
        ({"permissions": [], "rights": "api"}, None),
        ({}, None),
    ],
)
def test_whether_a_key_may_rent(row: dict[str, Any], may_rent: bool | None) -> None:
    key = read_row({"id": 4, **row}, ApiKey)
    assert key is not None
    assert key.may_rent is may_rent
