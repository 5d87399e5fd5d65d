"""`vasttui rent`: the plan before the question, what forbids a rental, fallback and race."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cli.conftest import CONFIG, Call, Shell, World
from vasttui.sim.server import SimOptions

PRESETS = """\
  leased: {query: "num_gpus=1", order: dph_total, image: "pytorch/pytorch:2.5-cuda12.4", lease: 6h, fallback: true,
    env: {HF_TOKEN: hush-hush}, max_price: 1.5}
  alike: {query: "gpu_name=GPU num_gpus=1", verified: null, order: dph_total-, image: "pytorch/pytorch:2.5-cuda12.4"}
"""


@pytest.fixture(autouse=True)
def presets(shell: Shell, world: World) -> None:
    """`alike` is for the GPU that most machines offer singly at the moment."""
    free = [o for o in world.sim.world.market.offers.values() if o.fixed["num_gpus"] == 1 and not o.taken]
    ((name, _),) = Counter(str(o.fixed["gpu_name"]) for o in free).most_common(1)
    text = CONFIG + PRESETS.replace("=GPU", f"={name.replace(' ', '_')}")
    (shell.home / ".config" / "vasttui" / "config.yaml").write_text(text)


@contextmanager
def another(shell: Shell, monkeypatch: pytest.MonkeyPatch, options: SimOptions) -> Iterator[World]:
    """A simulator of other options, which the command talks to."""
    world = World(options)
    known = {
        "VASTAI_API_KEY": world.sim.api_key,
        "VASTAI_API_BASE_URL": world.sim.url,
        "VASTAI_SSH_KEY_PATH": str(world.sim.ssh_private_key),
    }
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    try:
        yield world
    finally:
        world.stop()


def prices(world: World) -> list[float]:
    """$/h with 16 GB of disk of the free offers with one GPU, the cheapest first."""
    offers = world.sim.world.market.offers.values()
    return sorted(o.price + o.storage_cost * 16 / 720 for o in offers if o.fixed["num_gpus"] == 1 and not o.taken)


def test_the_plan_is_printed_with_figures_and_checks_and_without_secrets(call: Call, world: World) -> None:
    before = world.labels
    done = call("rent", "--preset", "leased", "--race", "2", "--dry-run")
    assert done.code == 0, done.err
    for words in ("cost      $", "a month", "destroys itself at ", "race      2 offers, at most $", "if gone   the "):
        assert words in done.err
    for check in ("credit", "offer", "ssh key", "ceiling", "disk"):
        assert f"ok    {check}  " in done.err
    assert "hush-hush" not in done.out + done.err
    said = json.loads(done.out)
    assert (said["lease"], said["fallback"], said["race"]) == (21_600, True, 2)
    assert said["request"]["env"] == ["HF_TOKEN"]
    assert world.labels == before


def test_what_a_lease_does_at_its_end(call: Call) -> None:
    done = call("rent", "--preset", "leased", "--lease", "4h", "--lease-end", "stop", "--dry-run")
    assert "stops itself at " in done.err
    assert " stop " in json.loads(done.out)["request"]["onstart"]


def test_secrets_in_the_start_command_are_masked(call: Call) -> None:
    token = "hf_" + "Ab1" * 12
    done = call("rent", "--preset", "cheap", "--onstart", f"export HF_TOKEN={token}; python x.py", "--dry-run")
    assert done.code == 0
    assert token not in done.out + done.err
    assert "python x.py" in json.loads(done.out)["request"]["onstart"]


def test_the_best_offer_under_the_ceiling_is_taken(call: Call, shell: Shell, world: World) -> None:
    known = prices(world)
    ceiling = (known[3] + known[4]) / 2
    file = shell.home / ".config" / "vasttui" / "config.yaml"
    file.write_text(CONFIG.replace("order: dph_total", "order: dph_total-"))
    done = call("rent", "--preset", "cheap", "--max-price", f"{ceiling:.6f}", "--dry-run")
    assert json.loads(done.out)["dph_total"] == pytest.approx(known[3])


def test_a_host_that_has_no_room_is_passed_over(call: Call, world: World) -> None:
    offers = world.sim.world.market.offers.values()
    rooms = sorted(o.fixed["disk_space"] for o in offers if o.fixed["num_gpus"] == 1 and not o.taken)
    wanted = rooms[len(rooms) // 2]
    said = json.loads(call("rent", "--preset", "cheap", "--disk", f"{wanted:.0f}", "--dry-run").out)
    assert world.sim.world.market.offers[said["offer_id"]].fixed["disk_space"] >= int(wanted)


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ({"credit": 0.01}, 1, "credit"),
        ({"rights": ("misc", "user_read", "instance_read")}, 3, "instance_write"),
    ],
)
def test_what_the_account_lacks_forbids_it(
    call: Call, shell: Shell, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], code: int, says: str
) -> None:
    with another(shell, monkeypatch, SimOptions(speed=100, offers=60, instances=0, **options)) as world:
        done = call("rent", "--preset", "cheap", "--yes", "--json")
        assert (done.code, done.out) == (code, "")
        assert says in done.err
        assert "stop  " in done.err
        assert world.labels == {}


def test_an_offer_that_is_gone_is_replaced_only_when_asked(call: Call, world: World) -> None:
    with world.faults("offer_gone=1"):
        gone = call("rent", "--preset", "alike", "--yes", "--json")
    assert (gone.code, gone.out) == (1, "")
    with world.faults("offer_gone=1"):
        done = call("rent", "--preset", "alike", "--label", "next", "--max-price", "2", "--fallback", "--yes", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    found = re.search(r"offer (\d+) is gone: renting offer (\d+) in its place", done.err)
    assert found is not None
    assert int(found[1]) != int(found[2]) == said["offer_id"]
    assert said["dph_total"] <= 2
    assert [i for i, label in world.labels.items() if label == "next"] == [said["instance_id"]]


def test_of_a_race_one_stays_and_is_waited_for(call: Call, world: World) -> None:
    words = ("rent", "--preset", "alike", "--label", "raced", "--max-price", "2", "--race", "3")
    done = call(*words, "--wait", "--yes", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["phase"] == "ready"
    raced = [box.id for box in world.sim.world.rented if (box.label or "").startswith("raced~")]
    assert len(raced) == 3, done.err
    assert said["instance_id"] in raced
    left = [i for i, label in world.labels.items() if label == "raced"]
    assert left == [said["instance_id"]], "the command does not end before the others have"


def test_what_is_not_as_it_was_rented_is_said(call: Call, world: World) -> None:
    with world.faults("wrong_gpu=1.0"):
        done = call("rent", "--preset", "alike", "--label", "other", "--max-price", "2", "--wait", "--yes", "--json")
    assert done.code == 0, done.err
    assert "not as rented: rented " in done.err
    assert f"rented: instance {json.loads(done.out)['instance_id']}" in done.err


def test_which_offers_were_tried_is_said_also_when_all_are_gone(call: Call, world: World) -> None:
    with world.faults("offer_gone=9"):
        done = call("rent", "--preset", "alike", "--max-price", "2", "--fallback", "--yes")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("is gone: renting offer") == 2


@pytest.mark.parametrize(("words", "says"), [((), "may be rented all the same"), (("--race", "2"), "bills on until")])
def test_an_interrupted_rental_says_what_it_leaves_open(
    shell: Shell, world: World, words: tuple[str, ...], says: str
) -> None:
    with world.faults("slow=2@PUT:asks"):
        process = shell.start("rent", "--preset", "alike", "--max-price", "2", *words, "--yes")
        assert process.stderr is not None
        while "renting offer" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        done = shell.end(process)
    assert (done.code, done.out) == (130, "")
    assert says in done.err


def test_a_race_without_another_offer_is_said(call: Call) -> None:
    done = call("rent", "--preset", "cheap", "--label", "lonely", "--max-price", "0.0001", "--race", "2", "--yes")
    assert done.code == 2
    done = call("rent", "--preset", "cheap", "--label", "lonely", "--race", "2", "--yes", "--json")
    assert done.code == 0, done.err
    assert "no race: no other offer is as good" in done.err


def test_a_rental_without_a_preset_starts_from_the_config_not_from_the_last_one(call: Call) -> None:
    last = ("--image", "me/last:1", "--onstart", "echo last", "--label", "last", "--disk", "24", "--lease", "2h")
    done = call("rent", "--preset", "cheap", *last, "--fallback", "--yes")
    assert done.code == 0, done.err
    said = json.loads(call("rent", "--dry-run").out)
    assert (said["lease"], said["fallback"]) == (None, False)
    assert not said["request"]["label"]
    assert said["request"]["image"] == "vastai/base-image:@vastai-automatic-tag"
    assert said["request"]["disk"] == 16, "disk_gb of the config"
    assert not said["request"]["onstart"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--port", "http"), "--port"),
        (("--port", "99999"), "--port"),
        (("--env", "É=1"), "--env"),
        (("--onstart", "@none.sh"), "none.sh: No such file or directory"),
    ],
)
def test_options_are_held_to_what_the_config_takes(call: Call, words: tuple[str, ...], says: str) -> None:
    done = call("rent", "--preset", "cheap", "--dry-run", *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Errno" not in done.err
