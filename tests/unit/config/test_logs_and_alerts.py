"""What a user relies on in `logs` and `alerts`: what is written holds, what is wrong is told, secrets stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vasttui.config import AlertRule, LogLimits, check, describe, load
from vasttui.config.keys import DO_KEYS, LOG_KEYS, RULE_KEYS, SCOPE_KEYS
from vasttui.errors import ConfigError, UsageError

Write = Callable[[str], Path]

HOOK = "https://hooks.example.com/services/T0/s3cr3t?token=s3cr3t"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def refuse_open(pattern: str) -> None:
    if "(" in pattern:
        raise UsageError("bad regular expression at column 2: missing )")


def test_without_sections_the_defaults_hold(env: dict[str, str]) -> None:
    config = load(env=env)
    assert config.logs == LogLimits(keep_mb=64, keep_total_mb=2048)
    assert config.alerts == ()


def test_limits_of_the_file_hold(write: Write, env: dict[str, str]) -> None:
    path = write("logs:\n  keep_mb: 8\n")
    config = load(path, env)
    assert config.logs == LogLimits(keep_mb=8, keep_total_mb=2048)
    assert config.origin["logs.keep_mb"] == f"{path}:2"
    assert ("logs.keep_total_mb", "2048", "default") in describe(config)


def test_a_whole_rule_is_read(write: Write, env: dict[str, str]) -> None:
    path = write(f"""
alerts:
  - name: oom
    pattern: /CUDA out of memory/
    scope:
      labels: [train-*, "*-b"]
      instances: 7
      streams: [container, daemon]
      severity: error
    do: [toast, bell, {{command: [notify, --now]}}, {{webhook: "{HOOK}"}}]
    every: 5
  - {{name: done, pattern: finished, do: desktop}}
""")
    first, second = load(path, env).alerts
    assert first == AlertRule(
        name="oom",
        pattern="/CUDA out of memory/",
        labels=("train-*", "*-b"),
        instances=frozenset({7}),
        streams=frozenset({"container", "daemon"}),
        severity="error",
        do=frozenset({"toast", "bell"}),
        command=("notify", "--now"),
        webhook=HOOK,
        every=5,
        place=f"{path}:3",
    )
    assert second == AlertRule(name="done", pattern="finished", do=frozenset({"desktop"}), place=f"{path}:12")


def test_a_command_as_text_is_run_by_the_shell(write: Write, env: dict[str, str]) -> None:
    rule = load(write("alerts: [{name: a, pattern: b, do: {command: 'echo $VASTTUI_LINE | wc'}}]"), env).alerts[0]
    assert rule.command == ("/bin/sh", "-c", "echo $VASTTUI_LINE | wc")


RULE = "alerts:\n- name: a\n  pattern: b\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("logs:\n  keep: 3\n", 2, "logs.keep: unknown key; did you mean keep_mb?"),
        ("logs:\n  keep_mb: 0\n", 2, "logs.keep_mb: a number from 1 to 10000000 (MB) was expected, got 0"),
        ("log:\n  keep_mb: 1\n", 1, "log: unknown key; did you mean logs?"),
        ("alert: []\n", 1, "alert: unknown key; did you mean alerts?"),
        ("alerts: {name: a}\n", 1, "alerts: a list of rules was expected, got a table"),
        ("alerts:\n- oom\n", 2, "alerts[0]: a rule with a name and a pattern was expected, got the text 'oom'"),
        ("alerts:\n- {pattern: b, do: toast}\n", 2, "alerts[0].name: is missing"),
        ("alerts:\n- name: a\n  do: toast\n", 2, "alerts[0].pattern: is missing"),
        (RULE, 2, "alerts[0].do: is missing"),
        (RULE + "  do:\n", 4, "alerts[0].do: is missing"),
        (RULE + "  do: []\n", 4, "alerts[0].do: something to do was expected, such as toast, got nothing"),
        (RULE + "  do: {}\n", 4, "alerts[0].do: something to do was expected"),
        (RULE + "  do: [toats]\n", 4, "'toats'; did you mean toast?"),
        (RULE + "  do: [[bell]]\n", 4, "alerts[0].do: one value was expected, got a list"),
        (RULE + "  do: [webhook]\n", 4, "alerts[0].do.webhook: which one? `webhook: …` was expected"),
        (RULE + "  do: [{webhok: 'https://x'}]\n", 4, "alerts[0].do.webhok: unknown key; did you mean webhook?"),
        (RULE + "  do: {command: []}\n", 4, "alerts[0].do.command: one value was expected, got a list"),
        (RULE + "  do:\n  - command: a\n  - command: b\n", 6, "alerts[0].do.command: is given twice"),
        (RULE + "  do: toast\n  every: 0\n", 5, "alerts[0].every: a number from 1 to 86400 (seconds)"),
        (RULE + "  do: toast\n  scop: {}\n", 5, "alerts[0].scop: unknown key; did you mean scope?"),
        (RULE + "  do: toast\n  scope: train\n", 5, "alerts[0].scope: a table such as {labels: [train-*]}"),
        (RULE + "  do: toast\n  scope: {label: x}\n", 5, "alerts[0].scope.label: unknown key; did you mean labels?"),
        (RULE + "  do: toast\n  scope: {streams: [demon]}\n", 5, "one of container, daemon, file was expected"),
        (RULE + "  do: toast\n  scope: {severity: loud}\n", 5, "one of debug, info, warning, error was expected"),
        (RULE + "  do: toast\n- {name: a, pattern: x, do: bell}\n", 5, "alerts[1].name: 'a' is given twice"),
        ("alerts:\n- name: a\n  pattern: /(/\n  do: bell\n", 3, "alerts[0].pattern: bad regular expression"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    write: Write, env: dict[str, str], text: str, line: int, said: str
) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load(path, env, check_pattern=refuse_open)
    assert caught.value.message.startswith(f"{path}:{line}: ")
    assert said in caught.value.message
    assert said in check(path, env, check_pattern=refuse_open)[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/s3cr3t",
        "ftp://hooks.example.com/s3cr3t",
        "https://s3cr3t:pw@hooks.example.com/",
        "https:///s3cr3t",
        "https://hooks.example.com/s3 cr3t s3cr3t",
        "https://hooks.example.com:99999/s3cr3t",
        "s3cr3t",
        "http://localhost.example.com/s3cr3t",
    ],
)
def test_a_webhook_needs_https_and_a_wrong_one_is_never_shown(write: Write, env: dict[str, str], url: str) -> None:
    problem = check(write(RULE + f"  do: {{webhook: '{url}'}}\n"), env)[0]
    assert "alerts[0].do.webhook: an address such as https://" in problem
    assert "s3cr3t" not in problem


@pytest.mark.parametrize("url", [HOOK, "http://localhost:8080/hook", "http://127.0.0.1/x", "http://[::1]:1/x"])
def test_webhooks_that_are_taken(write: Write, env: dict[str, str], url: str) -> None:
    assert load(write(RULE + f"  do: {{webhook: '{url}'}}\n"), env).alerts[0].webhook == url


def test_addresses_and_arguments_stay_hidden(write: Write, env: dict[str, str]) -> None:
    path = write(RULE + f"  do: [toast, {{webhook: '{HOOK}', command: [curl, -H, 'X-Token: s3cr3t']}}]\n")
    config = load(path, env)
    rows = {key: value for key, value, _ in describe(config)}
    assert rows["alerts[0].do.webhook"] == "https://hooks.example.com/****"
    assert rows["alerts[0].do.command"] == "curl ****"
    assert "s3cr3t" not in f"{rows} {config!r}"


def test_an_address_in_the_wrong_place_is_not_shown(write: Write, env: dict[str, str]) -> None:
    path = write(RULE + f"  do: [{HOOK}]\n")
    assert check(path, env) == (f"{path}:4: alerts[0].do: an address belongs behind `webhook: `",)


def test_a_hundred_rules_are_enough(write: Write, env: dict[str, str]) -> None:
    rules = "".join(f"- {{name: a{n}, pattern: b, do: bell}}\n" for n in range(101))
    assert "alerts: more than 100 rules" in check(write("alerts:\n" + rules), env)[0]


def test_the_example_explains_every_key_and_its_rules_are_right(write: Write, env: dict[str, str]) -> None:
    from vasttui.config import resource

    text = resource("config.example.yaml").read_text(encoding="utf-8")
    start, end = text.index("# alerts:"), text.index("# --- presets")
    path = write("\n".join(line[2:] for line in text[start:end].splitlines()))
    assert [rule.name for rule in load(path, env).alerts] == ["out of memory", "finished"]
    for name in [*LOG_KEYS, *RULE_KEYS, *SCOPE_KEYS, *DO_KEYS, "scope", "do", "toast", "bell", "desktop"]:
        assert name in text, name
