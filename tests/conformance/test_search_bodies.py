"""`vasttui search --show-query` against the official command: the bodies that the two send for the same words.

The official command runs as it is installed, its own option parser included; only its client is replaced by one that
keeps the body instead of sending it. All cases run in one process of it, since it takes a second to start.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vasttui.cli import main

OFFICIAL = """
import json, sys
from types import SimpleNamespace
from vastai.cli import main as cli
from vastai.cli.commands import offers

class Kept(Exception):
    pass

def post(path, json_data):
    raise Kept(json_data)

offers.get_client = lambda args: SimpleNamespace(post=post)
cli.parser.add_argument("--explain", action="store_true")  # its main() adds this one
out, sys.stdout, sys.stderr = sys.stdout, open("/dev/null", "w"), open("/dev/null", "w")
for line in sys.stdin:
    body = None
    try:
        args = cli.parser.parse_args(["search", "offers", *json.loads(line)])
        args.func(args)
    except Kept as kept:
        body = kept.args[0]
    except TypeError:
        pass  # its crash; other refusals it prints, and returns
    print(json.dumps(body), file=out, flush=True)
"""

# vast-ai/vast-cli, the examples of its help and guides: one for each rule of the grammar.
EXAMPLES = (
    "",
    "num_gpus=1 gpu_name=RTX_4090",
    "reliability > 0.98 num_gpus=1 gpu_name=RTX_3090",
    "compute_cap > 610 total_flops > 5 datacenter=True",
    "reliability>0.99 num_gpus=4 geolocation in [TW,SE]",
    'gpu_name in ["RTX 4090", "RTX 3090"] geolocation notin [CN,VN]',
    "disk_space>146 duration>24 gpu_ram>10 cuda_vers>=12.1 direct_port_count>=2 driver_version >= 535.86.05",
    "num_gpus>=4 verified=False",
    "cpu_arch=arm64",
    "verified=any",
    "verified=any external=any rentable=any",
    "gpu_ram>=24 gpu_ram<=80",
    "gpu_total_ram>=160",
    "cpu_ram>64",
    "dph<1 dph>0.1",
    "dph<=0.5 dlperf_usd>100 flops_usd>20",
    "gpu_name in [RTX_4090,RTX_5090]",
    "geolocation not in ['XV','XZ']",
    "geolocation in US,CA",
    "machine_id in [302,402]",
    "mobo_name=null",
    "num_gpus gte 2",
    "num_gpus = 1",
    "num_gpus=1 num_gpus=2",
    "display_active=false driver_version=535.86.5",
    "foo=1",
    "georegion=true geolocation=EU",
)
CRASHES = ("num_gpus", "num_gpus=", "reliability>any", "gpu_name=RTX 4090", "gpu_ram in [24,48]")

NUMBERS = (
    "num_gpus", "dph", "dph_total", "reliability", "inet_down", "inet_up", "disk_space", "disk_bw", "cuda_vers",
    "cuda_max_good", "compute_cap", "dlperf", "dlperf_usd", "total_flops", "pcie_bw", "min_bid", "machine_id",
    "direct_port_count", "cpu_cores_effective", "storage_cost", "score",
)  # fmt: skip
SCALED = ("gpu_ram", "gpu_total_ram", "cpu_ram", "duration")
TEXTS = {
    "gpu_name": ("RTX_4090", '"RTX 4090"', "A100_SXM4", "H100", '"RTX PRO 6000 WS"'),
    "geolocation": ("US", "SE", "DE", "Utah,_US"),
    "cpu_arch": ("amd64", "arm64"),
    "mobo_name": ("null", "None", "ROME2D32GM-2T"),
    "driver_version": ("535.86.05", "550.90.7", "570"),
}
FLAGS = ("verified", "datacenter", "rentable", "external", "static_ip", "display_active", "has_avx", "vms_enabled")
EQUAL = ("=", "==", " = ", "!=", " eq ", " neq ", " noteq ", " not eq ")
ORDERED = (">", ">=", "<", "<=", " > ", " >= ", " gt ", " gte ", " lt ", " lte ", "  >=  ")
MEMBERS = (" in ", " notin ", " nin ", " not in ")


def _clause(rng: random.Random) -> str:
    match rng.randrange(8):
        case 0 | 1:
            value = rng.choice((str(rng.randrange(1, 2000)), f"{rng.uniform(0, 9):.3f}", "0.98", "1e3"))
            return rng.choice(NUMBERS) + rng.choice(ORDERED + EQUAL) + value
        case 2:
            return rng.choice(SCALED) + rng.choice(ORDERED + EQUAL) + rng.choice(("24", "0.5", "80", "3"))
        case 3:
            name = rng.choice(list(TEXTS))
            return name + rng.choice(EQUAL) + rng.choice(TEXTS[name])
        case 4:
            name = rng.choice([name for name in TEXTS if name != "driver_version"])
            values = rng.choices(TEXTS[name], k=rng.randrange(1, 4))
            return f"{name}{rng.choice(MEMBERS)}[{rng.choice((',', ', ')).join(values)}]"
        case 5:
            return rng.choice(FLAGS) + rng.choice(EQUAL) + rng.choice(("true", "True", "false", "False", "null"))
        case 6:
            return f"{rng.choice((*FLAGS, *NUMBERS, *SCALED))}={rng.choice(('any', '*', '?'))}"
        case _:
            return f"{rng.choice(('machine_id', 'num_gpus', 'cuda_vers'))}{rng.choice(MEMBERS)}[1,2, 12.4]"


def _options(rng: random.Random) -> list[str]:
    options = ["--storage", rng.choice(("5.0", "64", "0.5", "0"))] if rng.random() < 0.5 else []
    if rng.random() < 0.6:
        options += ["--order", rng.choice(("score-", "dph", "dph_total,reliability-", "num_gpus-,dph+", "-dlperf_usd"))]
    if rng.random() < 0.5:
        options += ["--limit", rng.choice(("1", "64", "300"))]
    if rng.random() < 0.5:
        options += ["--type", rng.choice(("on-demand", "bid", "reserved", "interruptible"))]
    return [*options, *(["--no-default"] if rng.random() < 0.3 else [])]


def _generated(count: int) -> list[list[str]]:
    rng = random.Random("search bodies")
    found = []
    for _ in range(count):
        clauses = [_clause(rng) for _ in range(rng.randrange(1, 6))]
        words = clauses if rng.random() < 0.5 else [rng.choice((" ", "  ")).join(clauses)]
        found.append([*words, *_options_last(rng)])
    return found


def _options_last(rng: random.Random) -> list[str]:
    # argparse takes an order such as -dlperf_usd only when it is joined to its option.
    options = _options(rng)
    if "--order" in options:
        place = options.index("--order")
        options[place : place + 2] = [f"--order={options[place + 1]}"]
    return options


PLAIN = [[example] for example in (*EXAMPLES, *CRASHES)]
GENERATED = _generated(220)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The body that the official command sends for each command line, None where it fails."""
    home = tmp_path_factory.mktemp("home")
    places = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "VAST_API_KEY": "none", **places}
    lines = [json.dumps(words) for words in (*PLAIN, *GENERATED)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OFFICIAL], input="\n".join(lines), env=environment, cwd=home,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return dict(zip(lines, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The body that we would send; None where we refuse, with exit code 2 and a message that names the place."""
    for name in os.environ:
        if name.startswith(("VAST", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def ask(words: Sequence[str]) -> Any:
        with pytest.raises(SystemExit) as left:
            main(["search", "--show-query", *words])
        said = capsys.readouterr()
        if left.value.code == 0:
            return json.loads(said.out)
        assert left.value.code == 2
        assert "character" in said.err.splitlines()[0]
        assert said.out == ""
        return None

    return ask


def test_the_examples_of_the_grammar_send_the_same_body_and_what_crashes_there_is_an_error_here(
    official: dict[str, Any], ours: Any
) -> None:
    for words in PLAIN:
        assert ours(words) == official[json.dumps(words)], words
    assert [official[json.dumps(words)] for words in PLAIN[-len(CRASHES) :]] == [None] * len(CRASHES)
    assert all(official[json.dumps(words)] for words in PLAIN[: -len(CRASHES)])


def test_generated_command_lines_send_the_same_body(official: dict[str, Any], ours: Any) -> None:
    accepted = 0
    for words in GENERATED:
        theirs = official[json.dumps(words)]
        assert ours(words) == theirs, words
        accepted += theirs is not None
    assert accepted >= 200


@pytest.mark.parametrize("words", [PLAIN[5], GENERATED[0], PLAIN[-2]])
def test_as_a_process_of_its_own_it_prints_the_same(official: dict[str, Any], tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vasttui", "search", *words, "--show-query"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    theirs = official[json.dumps(words)]
    assert done.returncode == (0 if theirs else 2)
    assert (json.loads(done.stdout) if done.stdout else None) == theirs
