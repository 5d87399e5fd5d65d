"""`vasttui rent --lease`: an instance that ends itself."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Call, World


def test_a_lease_is_in_what_would_be_sent(call: Call) -> None:
    done = call("rent", "--preset", "cheap", "--lease", "1h30m", "--dry-run")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["lease"] == 5400
    assert "watch" in said["request"]["onstart"]
    without = json.loads(call("rent", "--preset", "cheap", "--dry-run").out)
    assert (without["lease"], without["request"]["onstart"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--lease", "soon"), "90s, 15m or 2h"),
        (("--lease", "5s"), "from 5m"),
        (("--lease", "4h", "--runtype", "args"), "--lease: run type args"),
    ],
)
def test_a_lease_that_cannot_be_is_refused(call: Call, world: World, words: tuple[str, ...], says: str) -> None:
    before = world.labels
    done = call("rent", "--preset", "cheap", "--yes", *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert world.labels == before
