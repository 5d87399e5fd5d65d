"""The official `vastai` package as a client: an independent witness that the simulator speaks Vast.

`VAST_URL` is read when the package is imported, and it writes to its config and cache directories then: so
each call is a process of its own in a private home.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.conftest import StartSim, until
from vasttui.sim.server import Simulator

CLI = "import sys; from vastai.cli.main import main; sys.exit(main())"


class OfficialError(Exception):
    """What the package wrote to stderr."""


@dataclass
class Official:
    """The official package, pointed at a simulator."""

    sim: Simulator
    home: Path

    def environment(self) -> dict[str, str]:
        places = {name: str(self.home / name) for name in ("config", "cache", "state", "data")}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            **{f"XDG_{name.upper()}_HOME": path for name, path in places.items()},
            "VAST_URL": self.sim.url,
            "VAST_API_KEY": self.sim.api_key,
            "VASTAI_NO_UPDATE_CHECK": "1",
            "COLUMNS": "250",
            "NO_COLOR": "1",
        }

    async def python(self, code: str, *args: str) -> str:
        """Run code with the package; returns stdout. Raises OfficialError on error output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-c", code, *args, env=self.environment(), cwd=self.home,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        said = re.sub(r"\r|Loading more\.\.\. \(page \d+\)|\x1b\[K", "", err.decode()).strip()
        if process.returncode or said:
            raise OfficialError(said[-600:])
        return out.decode()

    async def __call__(self, *args: str) -> str:
        """One command of the CLI."""
        return await self.python(CLI, *args)

    async def raw(self, *args: str) -> Any:
        """One command with `--raw`, decoded."""
        return json.loads(await self(*args, "--raw"))


@pytest.fixture
async def official(sim: StartSim, tmp_path: Path) -> Callable[..., Awaitable[Official]]:
    async def start(**options: Any) -> Official:
        return Official(await sim(**options), tmp_path)

    return start


async def test_the_whole_loop_from_search_to_destroy(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=100)
    boxes = vastai.sim.world.boxes

    found = await vastai.raw("search", "offers", "num_gpus=1 gpu_name=RTX_4090 reliability>0.985", "-o", "dph")
    assert found
    assert {(row["num_gpus"], row["gpu_name"], row["verification"]) for row in found} == {(1, "RTX 4090", "verified")}
    assert [row["dph_total"] for row in found] == sorted(row["dph_total"] for row in found)

    offer = str(found[0]["id"])
    made = await vastai.raw(
        "create", "instance", offer, "--image", "pytorch/pytorch", "--disk", "20", "--label", "train-1",
        "--ssh", "--direct", "--env", "-e HF_TOKEN=secret -p 8000:8000",
        "--onstart-cmd", "python train.py | tee -a /root/out.log",
    )  # fmt: skip
    box = boxes[made["new_contract"]]
    assert (made["success"], made["instance_api_key"]) == (True, box.api_key)
    assert ("HF_TOKEN", "secret") in box.order.env
    assert "/root/out.log" in box.log_paths

    await until(lambda: box.port_open)
    number = str(box.id)
    row = await vastai.raw("show", "instance", number)
    assert (row["id"], row["actual_status"], row["label"]) == (box.id, "running", "train-1")
    assert (await vastai("ssh-url", number)).strip() == f"ssh://root@127.0.0.1:{box.port}"
    assert "Server listening" in await vastai("logs", number, "--tail", "1000")

    await vastai("label", "instance", number, "renamed")
    assert box.label == "renamed"
    await vastai("reboot", "instance", number)
    await until(lambda: box.boots == 1 and box.actual == "running")
    await vastai("stop", "instance", number)
    await until(lambda: box.actual == "exited")
    await vastai("start", "instance", number)
    await until(lambda: box.actual == "running")
    await vastai("destroy", "instance", number, "-y")
    await until(lambda: not boxes)


async def test_what_is_shown(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=20, instances=30)
    await vastai("show", "user")  # fills the caches, so that the rest may run side by side
    before = vastai.sim.world.account.credit
    offers, table, rows, user, templates, pull = await asyncio.gather(
        vastai("search", "offers", "gpu_ram>=24 geolocation in [US,CA] verified=any"),
        vastai("show", "instances"),
        vastai.raw("show", "instances"),
        vastai.raw("show", "user"),
        vastai.raw("search", "templates"),
        vastai("logs", str(next(iter(vastai.sim.world.boxes))), "--daemon-logs"),
    )
    shown = [line.split() for line in offers.splitlines()]
    assert shown[0][1:4] == ["#", "ID", "CUDA"]
    assert len(shown) > 10
    assert len(rows) == 30, "all pages of the list"
    assert "30 instances" in table
    assert vastai.sim.world.account.credit <= user["credit"] <= before
    assert any("upscale" in template["name"] for template in templates)
    assert isinstance(pull, str)


async def test_ssh_keys_and_variables_come_and_go(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=20)
    public = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    await vastai("create", "ssh-key", public, "-y")
    keys = await vastai.raw("show", "ssh-keys")
    number = next(key["id"] for key in keys if key["public_key"] == public)
    await vastai("delete", "ssh-key", str(number))
    assert all(key["public_key"] != public for key in await vastai.raw("show", "ssh-keys"))

    await vastai("create", "env-var", "my_token", "abc")
    assert "MY_TOKEN" in await vastai("show", "env-vars")
    await vastai("delete", "env-var", "my_token")
    assert "MY_TOKEN" not in await vastai("show", "env-vars")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("search", "offers", "foo=1"), "foo is not a valid search key"),
        (("create", "instance", "1", "--image", "x", "--disk", "10"), "no_such_ask"),
        (("destroy", "instance", "1", "-y"), "not found"),
    ],
)
async def test_refusals_reach_the_user_of_the_official_client(
    official: Callable[..., Awaitable[Official]], args: tuple[str, ...], words: str
) -> None:
    vastai = await official(speed=20)
    with pytest.raises(OfficialError, match=re.escape(words)):
        await vastai(*args)


READ_ONLY = """
import json
from vastai import VastAI
sdk = VastAI()
calls = {
    "show_user": {}, "show_invoices": {}, "show_subaccounts": {}, "show_ipaddrs": {}, "show_audit_logs": {},
    "show_env_vars": {}, "show_scheduled_jobs": {}, "tfa_status": {}, "search_templates": {},
    "search_offers": {"limit": 3}, "show_instances": {}, "show_volumes": {}, "show_ssh_keys": {}, "show_api_keys": {},
    "show_machines": {}, "show_endpoints": {}, "show_connections": {},
}
print(json.dumps({name: getattr(sdk, name)(**kwargs) for name, kwargs in calls.items()}, default=str))
"""

CYCLES = """
import json, sys
from vastai import VastAI
sdk = VastAI()
made = sdk.create_ssh_key(ssh_key=sys.argv[1])
key = made["key"]["id"]
there = any(row["id"] == key for row in sdk.show_ssh_keys())
sdk.delete_ssh_key(id=key)
gone = all(row["id"] != key for row in sdk.show_ssh_keys())
names = []
sdk.create_env_var(name="VT_TEST", value="one")
names.append("VT_TEST" in str(sdk.show_env_vars()))
sdk.update_env_var(name="VT_TEST", value="two")
sdk.delete_env_var(name="VT_TEST")
names.append("VT_TEST" in str(sdk.show_env_vars()))
print(json.dumps([there, gone, names]))
"""


async def test_the_read_only_calls_of_the_sdk(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=20, instances=3)
    said = json.loads((await vastai.python(READ_ONLY)).splitlines()[-1])
    assert said["show_user"]["email"]
    assert said["tfa_status"]["tfa_enabled"] is False
    assert len(said["search_offers"]) == 3
    assert all(offer["gpu_name"] for offer in said["search_offers"])
    assert len(said["show_instances"]) == 3
    assert said["search_templates"]
    assert said["show_ssh_keys"][0]["id"]
    for name in (
        "show_audit_logs",
        "show_scheduled_jobs",
        "show_volumes",
        "show_machines",
        "show_connections",
    ):
        assert isinstance(said[name], list), name


async def test_the_key_and_variable_cycles_of_the_sdk(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=20)
    public = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    said = json.loads((await vastai.python(CYCLES, public)).splitlines()[-1])
    assert said == [True, True, [True, False]]


async def test_charges_of_what_is_there_and_of_what_is_gone(official: Callable[..., Awaitable[Official]]) -> None:
    vastai = await official(speed=400, instances=2)
    world = vastai.sim.world
    gone, kept = sorted(world.boxes)
    world.life.destroy(world.boxes[gone], world.settle())
    await until(lambda: world.settle() > 0 and gone not in world.boxes)
    (past,) = world.past

    days = ("--start-date", "2020-01-01", "--end-date", str(int(world.clock.wire(world.settle()))))
    told = await vastai.raw("show", "invoices-v1", "--charges", *days)
    rows = told["results"] if isinstance(told, dict) else told
    amounts = {row["source"]: row["amount"] for row in rows}
    assert amounts.keys() == {f"instance-{gone}", f"instance-{kept}"}
    assert amounts[f"instance-{gone}"] == pytest.approx(past.spent, abs=1e-6)
    table = await vastai("show", "invoices-v1", "--charges", *days)
    assert re.search(rf"Instance.*{gone}.*\${past.spent:.3f}", table)
    tree = await vastai("show", "invoices-v1", "--charges", "--format", "tree", "--verbose", *days)
    assert "gpu" in tree.lower()
