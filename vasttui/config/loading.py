"""From command line, environment, --env-file, file and defaults to one Config."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vasttui.config.checking import Checked, PatternCheck, check_document, clip, nearest, read_text_value
from vasttui.config.document import read_document
from vasttui.config.envfile import Variable, read_env_file
from vasttui.config.keys import CONFIG_KEYS, LOG_KEYS, PACE_KEYS, variables
from vasttui.config.kinds import LOCAL_HOSTS, BadValueError
from vasttui.config.model import AlertRule, Config, LogLimits, Pace, Paths, Preset
from vasttui.config.places import platform_dir, read_official_key
from vasttui.errors import ConfigError

_DEFAULT = "default"


def load(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    check_pattern: PatternCheck | None = None,
) -> Config:
    """All settings, each from the first that gives it: overrides, environment, env file, config file,
    default.

    Args:
        path: the config file; without it VASTTUI_CONFIG, else the platform's place, which may be missing.
        env: instead of os.environ.
        env_file: NAME=value lines that count less than the environment.
        overrides: values of the command line by `Config` field name; None means not given.
        check_pattern: raises a VastError for an alert's pattern that cannot be used.

    Raises:
        ConfigError: names file, line and key path, or the variable or option.
    """
    loading = _Loading(os.environ if env is None else env, env_file)
    loading.read_file(path, check_pattern)
    if loading.checked.problems:
        first, *rest = loading.checked.problems
        more = f" (and {len(rest)} more: `vasttui config check`)" if rest else ""
        raise ConfigError(first + more)
    return loading.finish(overrides or {})


def check(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    *,
    check_pattern: PatternCheck | None = None,
) -> tuple[str, ...]:
    """Every problem, one line each; () when `load` would succeed. Raises nothing."""
    try:
        loading = _Loading(os.environ if env is None else env, env_file)
        loading.read_file(path, check_pattern)
        if not loading.checked.problems:
            loading.finish({})
    except ConfigError as error:
        return (error.message,)
    return tuple(loading.checked.problems)


def config_file(
    path: Path | None = None, env: Mapping[str, str] | None = None, env_file: Path | None = None
) -> Path:
    """The config file that `load` would read; it may not exist."""
    return _Loading(os.environ if env is None else env, env_file).locate(path)[0]


class _Loading:
    def __init__(self, env: Mapping[str, str], env_file: Path | None) -> None:
        self.env = env
        self.env_file = env_file
        self.from_env_file = read_env_file(env_file) if env_file else {}
        self.checked = Checked()
        self.file = Path()
        self.origin: dict[str, str] = {}

    def variable(self, names: tuple[str, ...]) -> tuple[str, Variable] | None:
        """The first non-empty of the variables: all in the environment before any in the --env-file."""
        for name in names:
            if self.env.get(name, "").strip():
                return name, Variable(self.env[name], f"environment {name}")
        for name in names:
            found = self.from_env_file.get(name)
            if found and found.value.strip():
                return name, found
        return None

    def locate(self, path: Path | None) -> tuple[Path, bool]:
        """The config file and whether it was asked for by name."""
        if path is not None:
            return Path(path).expanduser(), True
        named = self.variable(("VASTTUI_CONFIG",))
        if named:
            return Path(named[1].value.strip()).expanduser(), True
        return platform_dir("config", self.env) / "config.yaml", False

    def read_file(self, path: Path | None, check_pattern: PatternCheck | None) -> None:
        self.file, asked = self.locate(path)
        if asked or os.path.lexists(self.file):
            self.checked = check_document(read_document(self.file), self.file, check_pattern)

    def finish(self, overrides: Mapping[str, Any]) -> Config:
        for name in overrides:
            if name not in CONFIG_KEYS:
                raise ConfigError(f"unknown setting {clip(name)!r}" + nearest(name, CONFIG_KEYS))
        values = {name: value for name in CONFIG_KEYS if (value := self._pick(name, overrides)) is not None}
        state_dir = values.pop("state_dir", None)
        self._find_key(values)
        self._check_default_preset(values)
        for key_path in self.checked.lines:
            self.origin.setdefault(key_path, self._in_file(key_path))
        return Config(
            **values,
            api_key_origin=self.origin["api_key"] if values.get("api_key") else "",
            pace=Pace(**self._section("pace", self.checked.pace, PACE_KEYS)),
            logs=LogLimits(**self._section("logs", self.checked.logs, LOG_KEYS)),
            alerts=tuple(self._rule(number) for number in range(len(self.checked.alerts))),
            presets={name: self._preset(name) for name in self.checked.presets},
            paths=self._paths(state_dir),
            origin=self.origin,
            warnings=tuple(self._warnings(values)),
        )

    def _pick(self, name: str, overrides: Mapping[str, Any]) -> Any:
        key = CONFIG_KEYS[name]
        given = overrides.get(name)
        if given is not None:
            many = isinstance(given, (list, tuple, set, frozenset))
            text = ",".join(map(str, given)) if many else str(given)
            self.origin[name] = "command line"
            return self._convert(name, text, f"command line: {name}")
        found = self.variable(key.env) if key.env else None
        if found:
            self.origin[name] = found[1].origin
            place = found[0] if found[1].origin.startswith("environment") else found[1].origin
            return self._convert(name, found[1].value, place)
        if name in self.checked.general:
            self.origin[name] = self._in_file(name)
            value = self.checked.general[name]
            return value.strip() if name == "api_key" and isinstance(value, str) else value
        self.origin[name] = _DEFAULT
        return None

    def _convert(self, name: str, text: str, place: str) -> object:
        key = CONFIG_KEYS[name]
        try:
            return read_text_value(text, key)
        except BadValueError as error:
            got = "something else (not shown)" if key.secret else repr(clip(text))
            raise ConfigError(f"{place}: {error} was expected, got {got}") from None

    def _in_file(self, key_path: str) -> str:
        return f"{self.file}:{self.checked.lines[key_path]}"

    def _find_key(self, values: dict[str, Any]) -> None:
        if values.get("api_key"):
            return
        found = read_official_key(self.env)
        if found:
            values["api_key"] = self._convert("api_key", found[0], str(found[1]))
            self.origin["api_key"] = str(found[1])

    def _check_default_preset(self, values: Mapping[str, Any]) -> None:
        chosen = values.get("default_preset")
        if chosen and chosen not in self.checked.presets:
            hint = nearest(chosen, self.checked.presets)
            raise ConfigError(f"{self.origin['default_preset']}: there is no preset {chosen!r}{hint}")

    def _section(self, section: str, given: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
        for name in keys:
            path = f"{section}.{name}"
            self.origin[path] = self._in_file(path) if name in given else _DEFAULT
        return given

    def _rule(self, number: int) -> AlertRule:
        values: dict[str, Any] = self.checked.alerts[number]
        return AlertRule(**values, place=self._in_file(f"alerts[{number}]"))

    def _preset(self, name: str) -> Preset:
        given: dict[str, Any] = dict(self.checked.presets[name])
        known = {item.name for item in fields(Preset)}
        return Preset(name=name, **{key: value for key, value in given.items() if key in known})

    def _paths(self, state_dir: Path | None) -> Paths:
        return Paths(
            config_file=self.file,
            config_dir=self.file.parent,
            state_dir=state_dir or platform_dir("state", self.env),
            cache_dir=platform_dir("cache", self.env),
            themes_dir=self.file.parent / "themes",
        )

    def _warnings(self, values: Mapping[str, Any]) -> list[str]:
        found = [self._open_to_others(path) for path in self._files_with_key()]
        for one in ("host", "machine"):
            both = values.get(f"{one}_whitelist", frozenset()) & values.get(f"{one}_blacklist", frozenset())
            if both:
                found.append(f"{one} {min(both)} is in {one}_whitelist and in {one}_blacklist; the blacklist wins")
        url = urlsplit(values.get("api_url", ""))
        if url.scheme == "http" and url.hostname not in LOCAL_HOSTS:
            found.append(f"{self.origin['api_url']}: the API key travels unencrypted over http")
        ours = variables()
        names = {**self.env, **self.from_env_file}
        strange = [name for name in names if name.startswith(("VASTAI_", "VASTTUI_")) and name not in ours]
        found += [self._misspelt(name, ours) for name in strange]
        return [text for text in found if text]

    def _files_with_key(self) -> list[Path]:
        in_env_file = any(self.from_env_file.get(name) for name in CONFIG_KEYS["api_key"].env)
        files = [self.file] if "api_key" in self.checked.general else []
        return files + ([self.env_file] if in_env_file and self.env_file else [])

    @staticmethod
    def _open_to_others(path: Path) -> str:
        try:
            mode = path.stat().st_mode & 0o777
        except OSError:
            return ""
        if os.name != "posix" or not mode & 0o077:
            return ""
        return f"{path}: holds an API key and others may read it (mode {mode:03o}); chmod 600 it"

    @staticmethod
    def _misspelt(name: str, ours: tuple[str, ...]) -> str:
        hint = nearest(name, ours, cutoff=0.85)
        return f"environment {clip(name)}: not known{hint}" if hint else ""
