"""`--help` and `--version` are quick: they load nothing that only the dashboard or a request needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "httpx", "asyncssh", "sqlite3", "yaml", "msgspec", "uvicorn", "starlette")

PROGRAM = """
import sys
from vasttui.cli import main
try:
    main(sys.argv[1:])
finally:
    print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(*arguments: str) -> tuple[str, set[str]]:
    """What a command line prints, and the packages that were imported for it."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--help"], "Exit codes"), (["--version"], "vasttui "), (["search", "--help"], "--show-query")],
    ids=["help", "version", "help-of-a-command"],
)
def test_help_and_version_load_nothing_heavy(arguments: list[str], says: str) -> None:
    text, packages = loaded(*arguments)

    assert says in text
    assert "vasttui" in packages
    assert not packages & set(HEAVY)


def test_the_first_frame_loads_no_client_and_no_ssh() -> None:
    program = "import sys, vasttui.tui.app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    modules = set(done.stdout.split())
    assert "vasttui.tui.dashboard" in modules
    assert not modules & {"httpx", "asyncssh", "sqlite3", "vasttui.snapshot", "vasttui.controller", "vasttui.tui.panes"}
