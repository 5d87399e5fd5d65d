"""What a user relies on: the order of the places, and messages that name file, line and key."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vasttui.config import Config, check, describe, init, load, resource
from vasttui.errors import ConfigError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    return put


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def refusal(path: Path, env: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, env)
    return caught.value.message


def test_without_a_file_the_defaults_of_the_command_line_table_hold(env: dict[str, str]) -> None:
    config = load(env=env)
    assert (config.max_price, config.min_vram_gb, config.disk_gb) == (4.50, 24, 64)
    assert config.preferred_gpus == ("4090", "A100")
    assert config.image == "vastai/base-image:@vastai-automatic-tag"
    assert config.api_url == "https://console.vast.ai/api/v0"
    assert config.api_key is None
    assert config.paths.config_file == Path(env["HOME"]) / ".config/vasttui/config.yaml"
    assert set(config.origin.values()) == {"default"}


def test_the_example_loads_and_shows_every_key(env: dict[str, str]) -> None:
    from vasttui.config.keys import CONFIG_KEYS, PACE_KEYS, PRESET_KEYS

    example = resource("config.example.yaml")
    config = load(example, env)
    text = example.read_text(encoding="utf-8")
    for name in [*CONFIG_KEYS, *PACE_KEYS, *PRESET_KEYS]:
        assert f"{name}:" in text or f"{name} " in text, name
    assert config.preset().countries == ("SE", "NO", "US")
    assert config.warnings == ()


def test_order_command_line_environment_env_file_file_default(write: Write, env: dict[str, str]) -> None:
    path = write("theme: from-file\nmax_price: 1\ndisk_gb: 10\nimage: a/b\n")
    env_file = path.parent / ".env"
    env_file.write_text(
        "export VASTTUI_THEME='from-env-file'\nVASTAI_MAX_BID_PER_HOUR=2 # $\nVASTAI_DEFAULT_DISK_GB=20\n"
    )
    env |= {"VASTTUI_THEME": "from-env", "VASTAI_MAX_BID_PER_HOUR": "3"}
    config = load(path, env, env_file, {"theme": "from-option", "read_only": None})
    assert (config.theme, config.max_price, config.disk_gb, config.image) == ("from-option", 3, 20, "a/b")
    assert config.origin["theme"] == "command line"
    assert config.origin["max_price"] == "environment VASTAI_MAX_BID_PER_HOUR"
    assert config.origin["disk_gb"] == f"{env_file}:3 VASTAI_DEFAULT_DISK_GB"
    assert config.origin["image"] == f"{path}:4"
    assert config.origin["read_only"] == "default"


def test_an_env_file_in_the_working_directory_is_not_picked_up(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("VASTAI_API_KEY=stray\n")
    monkeypatch.chdir(tmp_path)
    assert load(env=env).api_key is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("theme: x\nmax_prise: 1\n", 2, "max_prise: unknown key; did you mean max_price?"),
        ("gpu_models: [X]\n", 1, "gpu_models: unknown key; it belongs into a preset"),
        (
            "max_price: cheap\n",
            1,
            "max_price: a number from 0.001 to 1000 ($/h) was expected, got the text 'cheap'",
        ),
        ('max_price: "1.5"\n', 1, "remove the quotes"),
        ("max_price: -1\n", 1, "max_price: a number from 0.001 to 1000"),
        ("max_price: .inf\n", 1, "max_price: a number"),
        ("max_price: [1]\n", 1, "max_price: one value was expected, got a list"),
        ("read_only: maybe\n", 1, "read_only: true or false was expected"),
        ("api_url: ftp://x\n", 1, "api_url: an address such as https://"),
        ("api_url: https://me:pw@x/\n", 1, "api_url: an address"),
        ("host_blacklist: [1, two]\n", 1, "host_blacklist: a whole number"),
        ("presets: [a]\n", 1, "presets: a table was expected, got a list"),
        ("presets:\n  a:\n    min_vramm: 1\n", 3, "presets.a.min_vramm: unknown key; did you mean min_vram?"),
        ("presets:\n  a:\n    min_reliability: 98\n", 3, "from 0 to 1 (98 % is 0.98) was expected, got 98"),
        ("presets:\n  a:\n    type: bidd\n", 3, "one of on-demand, bid, reserved was expected"),
        ("presets:\n  a:\n    countries: [Norway]\n", 3, "two letters"),
        ("presets:\n  a:\n    env: {1X: y}\n", 3, "a variable's name was expected"),
        ("presets:\n  a: {}\ndefault_preset: b\n", 3, "default_preset: there is no preset 'b'"),
        ("pace:\n  log: 3\n", 2, "pace.log: unknown key; did you mean logs?"),
        ("theme: a\ntheme: b\n", 2, "theme: given twice, first in line 1"),
        ("pace:\n\tlogs: 3\n", 2, "a tab in the indentation; YAML wants blanks"),
        ("theme: a: b\n", 1, "a second `: ` on one line"),
        ("theme: [a\n", 2, "did not find expected"),
        ("a: 1\n---\nb: 2\n", 2, "`---` starts a second document"),
        ("theme: !!python/object/apply:os.system [x]\n", 1, "theme: one value was expected, got a list"),
        ("theme: !!python/name:os.system x\n", 1, "is not supported"),
        ("just words\n", 1, "were expected here"),
        ("theme: *nothing\n", 1, "undefined alias"),
        ("a: &a [*a]\n", 1, "aliases repeat too much, or contain themselves"),
        ("x: " + "[" * 5000 + "]" * 5000 + "\n", 1, "nested too deeply"),
        ("theme: a\nimage: 'a\x07b'\n", 2, "control character 0x07"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    write: Write, env: dict[str, str], text: str, line: int, said: str
) -> None:
    path = write(text)
    message = refusal(path, env)
    assert message.startswith(f"{path}:{line}: ")
    assert said in message
    assert "\n" not in message


def test_billion_laughs_are_bounded(write: Write, env: dict[str, str]) -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert "aliases repeat too much" in refusal(write("\n".join(laughs)), env)


def test_every_problem_is_counted_and_check_lists_them(write: Write, env: dict[str, str]) -> None:
    path = write("max_price: x\ntheem: y\n")
    assert "(and 1 more: `vasttui config check`)" in refusal(path, env)
    assert [problem.split(": ")[1] for problem in check(path, env)] == ["max_price", "theem"]
    assert check(write("theme: fine\n"), env) == ()


@pytest.mark.parametrize("text", ["", "# only this\n", "---\n", "null\n", "presets:\n", "\ufefftheme:\n"])
def test_empty_files_are_defaults(write: Write, env: dict[str, str], text: str) -> None:
    assert load(write(text), env).max_price == 4.50


def test_files_that_cannot_be_settings(tmp_path: Path, env: dict[str, str]) -> None:
    assert "is a directory" in refusal(tmp_path, env)
    assert "No such file" in refusal(tmp_path / "none.yaml", env)
    (tmp_path / "latin").write_bytes(b"theme: a\nimage: caf\xe9\n")
    assert f"{tmp_path / 'latin'}:2: not UTF-8" in refusal(tmp_path / "latin", env)
    (tmp_path / "big").write_bytes(b"# " + b"x" * 300_000)
    assert "larger than 256 KB" in refusal(tmp_path / "big", env)
    os.mkfifo(tmp_path / "fifo")
    assert "not a regular file" in refusal(tmp_path / "fifo", env)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(write: Write, env: dict[str, str]) -> None:
    path = write("theme: a\n")
    path.chmod(0)
    assert "Permission denied" in refusal(path, env)


def test_values_stay_as_they_are_written(write: Write, env: dict[str, str]) -> None:
    path = write(
        "presets:\n  no:\n    countries: [NO, on]\n    label: 1.10\n    verified: any\n    num_gpus: 2\n"
        "    env: {ON: yes, N: 0x10, V: 1.10}\n    gpu_models: 4090\n    ports: [8080]\n"
    )
    preset = load(path, env).presets["no"]
    assert preset.countries == ("NO", "on")
    assert preset.label == "1.10"
    assert preset.verified is None
    assert preset.env == {"ON": "yes", "N": "0x10", "V": "1.10"}
    assert (preset.gpu_models, preset.ports) == (("4090",), ("8080",))


def test_merge_keys_share_settings(write: Write, env: dict[str, str]) -> None:
    config = load(write("presets:\n  a: &a {disk: 50, label: x}\n  b:\n    <<: *a\n    label: y\n"), env)
    assert (config.presets["b"].disk, config.presets["b"].label) == (50, "y")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VASTAI_MAX_BID_PER_HOUR", "abc"),
        ("VASTAI_MIN_VRAM_GB", "nan"),
        ("VASTAI_DEFAULT_DISK_GB", "64GB"),
        ("VASTAI_API_BASE_URL", "console.vast.ai"),
        ("VAST_URL", "http://[::1"),
        ("VASTAI_PREFERRED_GPUS", "4090,;rm"),
        ("VASTAI_TEMPLATE_IDS", "a b"),
        ("VASTAI_DEFAULT_IMAGE", "two words"),
        ("VASTTUI_THEME", "../../etc/passwd"),
        ("VASTAI_API_KEY", "two words"),
    ],
)
def test_wrong_variables_are_named(env: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: .* was expected, got ") as caught:
        load(env=env | {name: value})
    if "KEY" in name:
        assert value not in caught.value.message


def test_variables_are_read(env: dict[str, str], tmp_path: Path) -> None:
    env |= {
        "VASTTUI_CONFIG": str(tmp_path / "mine.yaml"),
        "VASTTUI_STATE_DIR": str(tmp_path / "state"),
        "VAST_URL": "http://127.0.0.1:8080/",
        "VASTAI_PREFERRED_GPUS": " RTX_5090, H100 ,",
        "VASTAI_TEMPLATE_IDS": "1,2",
        "VASTAI_SSH_KEY_PATH": "/keys/id",
        "VASTAI_API_KEY": "",
        "VAST_API_KEY": " second ",
    }
    (tmp_path / "mine.yaml").write_text("theme: mine\n")
    config = load(env=env)
    assert config.theme == "mine"
    assert config.paths.state_dir == tmp_path / "state"
    assert config.api_url == "http://127.0.0.1:8080"
    assert config.preferred_gpus == ("RTX_5090", "H100")
    assert config.template_ids == ("1", "2")
    assert config.ssh_key_path == Path("/keys/id")
    assert (config.api_key, config.api_key_origin) == ("second", "environment VAST_API_KEY")
    assert config.warnings == ()


def test_a_misspelt_variable_and_open_transport_are_remarked(env: dict[str, str]) -> None:
    config = load(env=env | {"VASTAI_MAX_BID_PER_HOURS": "1", "VAST_URL": "http://example.org"})
    assert any("did you mean VASTAI_MAX_BID_PER_HOUR?" in text for text in config.warnings)
    assert any("unencrypted" in text for text in config.warnings)


def test_the_official_key_files_are_found_in_their_order(env: dict[str, str]) -> None:
    home = Path(env["HOME"])
    (home / ".config/vastai").mkdir(parents=True)
    (home / ".vast_api_key").write_text("legacy\n")
    assert load(env=env).api_key == "legacy"
    (home / ".config/vastai/vast_api_key").write_text("modern\n")
    config = load(env=env)
    assert (config.api_key, config.api_key_origin) == ("modern", f"{home}/.config/vastai/vast_api_key")
    other = home / "xdg"
    (other / "vastai").mkdir(parents=True)
    (other / "vastai/vast_api_key").write_text("xdg")
    assert load(env=env | {"XDG_CONFIG_HOME": str(other)}).api_key == "xdg"
    assert load(env=env | {"VASTAI_API_KEY": "mine"}).api_key == "mine"


def test_secrets_are_not_shown(write: Write, env: dict[str, str]) -> None:
    secret = "s3cret" * 8
    path = write(
        f"api_key: {secret}\npresets:\n  a:\n    env: {{HF_TOKEN: {secret}}}\n    onstart: echo {secret}\n"
    )
    config = load(path, env)
    rows = describe(config)
    assert config.api_key == secret
    assert secret not in repr(config) + repr(rows)
    assert ("presets.a.env.HF_TOKEN", "****", f"{path}:4") in rows
    assert next(row for row in rows if row[0] == "api_key")[1] == "****cret"
    wrong = refusal(write(f"api_key: '{secret} {secret}'\n"), env)
    assert secret not in wrong


def test_what_is_on_both_lists_is_remarked(write: Write, env: dict[str, str]) -> None:
    path = write("host_whitelist: [5, 6]\nhost_blacklist: [6]\nmachine_whitelist: [70]\nmachine_blacklist: [70]\n")
    assert load(path, env).warnings == (
        "host 6 is in host_whitelist and in host_blacklist; the blacklist wins",
        "machine 70 is in machine_whitelist and in machine_blacklist; the blacklist wins",
    )


def test_a_key_that_others_may_read_is_remarked(write: Write, env: dict[str, str]) -> None:
    path = write("api_key: abc\n")
    assert load(path, env).warnings == ()
    path.chmod(0o644)
    assert load(path, env).warnings == (
        f"{path}: holds an API key and others may read it (mode 644); chmod 600 it",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("a b\n", ":1: NAME=value was expected"), ("\nA='x\n", ":2: A: the quote ' is not closed")],
)
def test_a_wrong_env_file_is_told_with_its_line(
    tmp_path: Path, env: dict[str, str], text: str, said: str
) -> None:
    path = tmp_path / "my.env"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(env=env, env_file=path)
    assert caught.value.message.startswith(str(path) + said)


def test_init_writes_the_example_once_and_for_the_owner_only(tmp_path: Path, env: dict[str, str]) -> None:
    path = init(tmp_path / "deep" / "config.yaml")
    assert path.stat().st_mode & 0o777 == 0o600
    assert isinstance(load(path, env), Config)
    with pytest.raises(ConfigError, match="exists already"):
        init(path)


def test_unknown_options_are_refused_with_a_suggestion(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="did you mean theme"):
        load(env=env, overrides={"thema": "x"})
