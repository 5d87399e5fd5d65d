"""The simulator as a process: what a script and a dashboard rely on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest


@contextmanager
def process(*args: str, program: tuple[str, ...] = ("-m", "vasttui.sim")) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *program, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        try:
            yield running
        finally:
            running.kill()


def first_line(running: subprocess.Popen[str]) -> dict[str, Any]:
    assert running.stdout is not None
    return dict(json.loads(running.stdout.readline()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_quietly_leaving_nothing(number: signal.Signals) -> None:
    with process("--instances", "2") as running:
        said = first_line(running)
        key = Path(said["ssh_private_key"])
        assert said["url"].startswith("http://127.0.0.1:")
        assert said["pid"] == running.pid
        assert key.is_file()
        os.kill(running.pid, number)
        out, err = running.communicate(timeout=10)
    assert (running.returncode, out, err) == (0, "", "")
    assert not key.parent.exists()


def test_it_ends_with_the_standard_input_of_a_dashboard_that_was_killed() -> None:
    with process("--until-stdin-closes") as running:
        first_line(running)
        assert running.stdin is not None
        running.stdin.close()
        assert running.wait(10) == 0


@pytest.mark.parametrize("program", [("-m", "vasttui.sim"), ("-m", "vasttui", "sim")], ids=["module", "command"])
def test_the_options_of_the_market_and_the_account_reach_it(program: tuple[str, ...]) -> None:
    options = ("--rows-most", "9", "--hosts", "51345,78246", "--price-step", "0.5", "--rights", "misc,user_read")
    with process(*options, "--no-ssh-key", "--fault", "ignore_filter=num_gpus", program=program) as running:
        said = first_line(running)
        with httpx.Client(base_url=said["url"], headers={"Authorization": f"Bearer {said['api_key']}"}) as http:
            body = {"host_id": {"in": ["51345", "78246"]}, "num_gpus": {"eq": "99"}, "limit": 500}
            rows = http.post("/api/v0/bundles/", json=body).json()["offers"]
            keys = http.get("/api/v0/ssh/").json()
            refused = http.get("/api/v1/instances/").status_code
    assert len(rows) == 9
    assert {row["host_id"] for row in rows} <= {51345, 78246}
    assert all(row["dph_base"] % 0.5 == 0 for row in rows)
    assert (keys, refused) == ([], 401)


def test_hosts_that_are_no_numbers_are_bad_usage() -> None:
    with process("--hosts", "51345,x", program=("-m", "vasttui", "sim")) as running:
        _, err = running.communicate(timeout=10)
    assert running.returncode == 2
    assert "whole numbers" in err


def test_an_unknown_fault_is_bad_usage_with_a_suggestion() -> None:
    with process("--fault", "hang=1") as running:
        _, err = running.communicate(timeout=10)
    assert (running.returncode, err.count("\n")) == (2, 1)
    assert "did you mean hung" in err


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with process("--port", str(port)) as running:
            _, err = running.communicate(timeout=10)
    assert (running.returncode, err.count("\n")) == (1, 1)
    assert f"cannot use port {port}" in err


def test_the_faults_are_explained_in_the_help() -> None:
    with process("--help") as running:
        out, _ = running.communicate(timeout=10)
    assert "create_lost" in out
    assert "--speed" in out
