"""Where files are: the platform's directories, what is shipped with the program, the official CLI's keys."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from vasttui.config.model import DEFAULT_API_URL, Config

_XDG = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
}


def platform_dir(which: Literal["config", "state", "cache"], env: Mapping[str, str]) -> Path:
    """The platform's directory for vasttui. XDG variables count everywhere; HOME where XDG is the custom."""
    variable, below_home = _XDG[which]
    base = env.get(variable, "")
    if os.path.isabs(base):  # the XDG specification tells to ignore relative ones
        return Path(base) / "vasttui"
    if sys.platform not in ("darwin", "win32") and env.get("HOME"):
        return Path(env["HOME"]) / below_home / "vasttui"
    import platformdirs

    places = platformdirs.PlatformDirs("vasttui", appauthor=False)
    if which == "config":
        return places.user_config_path
    return places.user_state_path if which == "state" else places.user_cache_path


def own_state(config: Config) -> Config:
    """With a state folder of its own for another Vast.ai (a simulator, say): its ids mean nothing to the real one."""
    place = urlsplit(config.api_url).netloc
    if place == urlsplit(DEFAULT_API_URL).netloc:
        return config
    folder = config.paths.state_dir / "elsewhere" / re.sub(r"[^\w.-]", "_", place)
    return replace(config, paths=replace(config.paths, state_dir=folder))


def resource(name: str) -> Path:
    """A file or folder shipped with vasttui ("themes", "config.example.yaml").

    In a working copy it lies at its root, in an installed package inside the package.
    Raises FileNotFoundError.
    """
    package = Path(__file__).resolve().parent.parent
    root = package.parent
    for base in ((root,) if (root / "pyproject.toml").is_file() else ()) + (package,):
        if (base / name).exists():
            return base / name
    raise FileNotFoundError(f"{name} is missing from the installation of vasttui")


def official_key_files(env: Mapping[str, str]) -> tuple[Path, ...]:
    """The official CLI's key files, in its own order (vast-ai/vast-cli, vastai/cli/util.py)."""
    home = Path(env["HOME"]) if env.get("HOME") else Path("~").expanduser()
    base = env.get("XDG_CONFIG_HOME", "")
    config = Path(base) if os.path.isabs(base) else home / ".config"
    return config / "vastai" / "vast_api_key", home / ".vast_api_key"


def read_official_key(env: Mapping[str, str]) -> tuple[str, Path] | None:
    """The first key in the official CLI's files and its file; unreadable and empty ones are passed over."""
    for path in official_key_files(env):
        try:
            with path.open("rb") as file:
                text = file.read(4096).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text:
            return text, path
    return None
