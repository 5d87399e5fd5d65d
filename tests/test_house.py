"""The house rules as tests, so that one command checks everything."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import vasttui

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff": [str(BIN / "ruff"), "check", "--no-cache", "."],
    "mypy": [str(BIN / "mypy"), "--no-error-summary"],
    "import contracts": [str(BIN / "lint-imports"), "--no-cache"],
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.timeout(400)
def test_the_code_keeps_the_rules(name: str) -> None:
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}:\n{done.stdout[-8000:]}{done.stderr[-2000:]}"


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for name in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if line.strip().startswith(f'"{name}"'))
        assert "#" in line, name


def test_the_changelog_knows_this_version() -> None:
    assert f"## {vasttui.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_themes_and_the_example_config_are_shipped_in_the_wheel() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(shipped["force-include"].values()) == {"vasttui/themes", "vasttui/config.example.yaml"}
