"""Every mistake of a job file is told at once, with its line."""

from __future__ import annotations

import os
import random
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.jobs.conftest import Load
from vasttui.config import Config
from vasttui.errors import ConfigError
from vasttui.jobs.lifecycle import Failure
from vasttui.jobs.rental import ONSTART_LIMIT
from vasttui.jobs.spec import FAILURES, BatchRequest, Input, spec_of
from vasttui.jobs.spec_checks import start_problem
from vasttui.jobs.spec_keys import JOB_KEYS, SECTIONS


@pytest.fixture
def mistakes(read: Load, job_file: Path) -> Callable[[str], list[str]]:
    """The problems of a file, its path left out: `line: key: text`."""

    def go(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text)
        lines = caught.value.message.split("\n")
        assert all(re.match(rf"{re.escape(str(job_file))}:\d+: \S", line) for line in lines)
        return [line.removeprefix(f"{job_file}:") for line in lines]

    return go


def random_text(length: int) -> str:
    """Letters that do not get shorter by packing."""
    return "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=length))


EVERYTHING_WRONG = """\
nmae: x
name: "a/b"
rent:
  preset: trian
  template: cafe
  search: gpu_rma>=24
  order: dhp
  type: on-demand
  bid: 9
  max_price: 8
  disk: 4
  env: {KEY: "{inptu}"}
  image: [a]
  onstart: x
repo: --upload-pack=touch
onstart: echo '{input}' {indx}
directory: /workspace
success: {exit_code: 300, pattern: '(a', marker: done}
failure: {marker: done, pattern: 'x*'}
result: {to: "out/{input}", pattern: '((a{300}){300}){300}'}
limits: {work: 3h, total: 2h, boot: soon, tries: 0, elsewhere: [stalld], cost: 50}
ssh: {upload: [not-there.py], command: ""}
end: destory
outbid: run
reuse: maybe
lease: 10s
progress: ['(?P<precent>x)', '(a)']
budget: 20
max_parallel: 1000
inputs: [a, ""]
inputs_from: nowhere.txt
args: "'a"
skip_if: test '{name}'
"""


def test_every_mistake_in_one_message(mistakes: Callable[[str], list[str]], job_file: Path) -> None:
    in_quotes = "stands in single quotes, where nothing is replaced; leave them out, it is quoted by itself, or use the"
    classes = ", ".join(FAILURES)
    deep = "a folder on the box at least two levels deep"
    a_time = "a time such as 90s, 15m or 2h, from"
    assert mistakes(EVERYTHING_WRONG) == [
        "1: nmae: unknown key; did you mean name?",
        "2: name: a name such as upscale-2x: letters, digits, . _ and -, was expected, got the text 'a/b'",
        "4: rent.preset: there is no preset 'trian'; did you mean train?",
        "5: rent.template: a template has a start command of its own, which onstart would replace",
        "5: rent.template: jobs may use these templates only (`template_ids` in the config): deadbeef",
        "6: rent.search: query, character 1: unknown field 'gpu_rma'; did you mean gpu_ram?",
        "7: rent.order: unknown column 'dhp'; did you mean dph?",
        "9: rent.bid: goes with type: bid",
        "9: rent.bid: $9/h is over the ceiling of $3/h (`max_price` in the config)",
        "9: rent.bid: $9/h is over max_price, $8/h",
        "10: rent.max_price: $8/h is over the ceiling of $3/h (`max_price` in the config)",
        "11: rent.disk: Vast.ai rents 8 GB or more, got 4",
        "12: rent.env: {inptu} is no placeholder; did you mean {input}?",
        "13: rent.image: one value was expected, got a list",
        "14: rent.onstart: unknown key; it belongs to the top level",
        "15: repo: a repository's address was expected, got something else (not shown)",
        "15: script: is missing: what to run in the repository",
        "16: onstart: a job starts in one way, and repo stands in line 15",
        f"16: onstart: {{input}} {in_quotes} variable VASTTUI_INPUT, or write {{{{input}}}} for the text",
        "16: onstart: {indx} is no placeholder; did you mean {index}?",
        f"17: directory: {deep}, such as /workspace/project, was expected, got the text '/workspace'",
        "18: success.exit_code: an exit code from 0 to 255, or any, was expected, got 300",
        "18: success.pattern: bad regular expression at column 3: missing )",
        "19: failure.pattern: matches every line",
        "19: failure.marker: is the same as success.marker",
        "20: result.pattern: bad regular expression at column 1: its repeats multiply to more than 100,000",
        "20: result.to: goes with result.files, which are not given",
        "20: result.to: an input may hold any path; {name} is the part of it that is fit for a folder",
        f"21: limits.boot: {a_time} 10s to 60d, or none, was expected, got the text 'soon'",
        "21: limits.tries: a whole number from 1 to 100 was expected, got 0",
        f"21: limits.elsewhere: one of {classes} was expected, got the text 'stalld'; did you mean stalled?",
        "21: limits.work: 3h is more than limits.total, 2h",
        "21: limits.cost: $50 per job is more than the budget of all, $20",
        "22: ssh.command: a command of 1 to 65536 characters was expected, got something else (not shown)",
        "22: ssh: a job starts in one way, and repo stands in line 15",
        f"22: ssh.upload: there is no {job_file.parent}/not-there.py",
        "23: end: one of destroy, stop, keep was expected, got the text 'destory'; did you mean destroy?",
        "24: outbid: one of wait, move was expected, got the text 'run'",
        "25: reuse: true or false was expected, got the text 'maybe'",
        f"26: lease: {a_time} 5m to 30d was expected, got the text '10s'",
        "27: progress: unknown group 'precent'; did you mean percent?",
        "27: progress: a group percent, groups done and total, or a group phase was expected: (?P<percent>…)",
        "29: max_parallel: a whole number from 1 to 500 was expected, got 1000",
        "30: inputs: an input of one line of 1 to 4096 characters was expected, got the text ''",
        f"31: inputs_from: there is no file {job_file.parent}/nowhere.txt",
        "32: args: a list, or words as for a shell, was expected; a quote is not closed",
        f"33: skip_if: {{name}} {in_quotes} variable VASTTUI_NAME, or write {{{{name}}}} for the text",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: onstart: nothing to run: one of onstart, repo with script, ssh or rent.template was expected"),
        ("onstart:\n", "1: onstart: nothing to run"),
        ("rent: {preset: search only}\n", "1: onstart: nothing to run"),
        ("onstart: [a, b]\n", "1: onstart: one value was expected, got a list"),
        ("onstart: x\nrent: cheap\n", "2: rent: a table was expected, got the text 'cheap'"),
        ("onstart: x\nlimits: {tires: 2}\n", "2: limits.tires: unknown key; did you mean tries?"),
        ("onstart: x\nimage: a/b\n", "2: image: unknown key; it belongs into rent"),
        ("onstart: x\npattern: b\n", "2: pattern: unknown key; it belongs into success or failure or result"),
        ("onstart: x\nbranch: main\n", "2: branch: goes with repo, which is not given"),
        ("onstart: x\nargs: [a]\n", "2: args: goes with repo, which is not given"),
        ("ssh: {to: /data}\n", "1: ssh.command: is missing"),
        ("name: x\nrepo: https://x/y\n", "2: script: is missing"),
        ("repo: ext::sh -c reboot\nscript: a\n", "1: repo: a repository's address was expected"),
        ("repo: https://x/y\nscript: /etc/x\n", "2: script: a path within the repository was expected"),
        ("repo: https://x/y\nscript: a\nbranch: --upload-pack=x\n", "3: branch: a branch's name was expected"),
        ("repo: https://x/y\nscript: a\ndirectory: /workspace/..\n", "3: directory: a folder on the box at least"),
        ("repo: https://x/y\nscript: a\nargs: [--x, '{imput}']\n", "3: args: {imput} is no placeholder"),
        ("repo: https://x/y\nscript: a\ndirectory: /var/log\n", "3: directory: directory '/var/log': it is removed"),
        ("rent: {template: deadbeef}\n", "1: success: is missing: a template's own start command does not tell"),
        ("rent: {template: deadbeef}\nsuccess: {marker: x}\nreuse: true\n", "3: reuse: a template's own start"),
        ("onstart: x\nrent: {runtype: args}\n", "2: rent.runtype: with args a box has no start command and no SSH"),
        ("onstart: x\nrent: {type: bid, bid: 2, max_price: 1}\n", "2: rent.bid: $2/h is over max_price, $1/h"),
        ("onstart: x\nrent: {search: 'a b'}\n", "2: rent.search: query, character"),
        ("onstart: x\nresult: {to: '{Name}', files: /a}\n", "2: result.to: {Name} is no placeholder"),
        ("onstart: x\nresult: {files: a.png}\n", "2: result.files: a path on the box, such as"),
        ("onstart: x\nresult: {to: /etc/hosts, files: /a}\n", "2: result.to: /etc/hosts is there and no folder"),
        ("onstart: x\nskip_if: {name}\n", "2: skip_if: one value was expected, got a table; put the placeholder in"),
        ("ssh: {command: x, upload: [{input}]}\n", "1: ssh.upload: one value was expected, got a table; put the"),
        ("onstart: x\ninputs: [a, b]\nresult: {files: /a, to: out}\n", "3: result.to: all results would go into one"),
        ("onstart: x\nsuccess: {pattern: '(?<x'}\n", "2: success.pattern: bad regular expression at column"),
        ("onstart: x\nprogress: '(?P<done>\\d+)'\n", "2: progress: a group percent, groups done and total"),
        ("onstart: x\nlimits: {cost: 0}\n", "2: limits.cost: a number from 0.01 to 1000000 ($) was expected, got 0"),
        ("onstart: x\nlimits: {work: 1:30:00}\n", "2: limits.work: a time such as 90s"),
        ("onstart: |\n  cat <<'E'\n  {name}\n  E\n", "1: onstart: {name} stands in single quotes"),
        ("onstart: x\nonstart: y\n", "2: onstart: given twice, first in line 1"),
        ("onstart: [\n", "2: "),
        ("\tonstart: x\n", "1: a tab in the indentation"),
    ],
)
def test_single_mistakes(text: str, problem: str, mistakes: Callable[[str], list[str]]) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_start_command_that_is_too_long_is_told_before_money_is_spent(mistakes: Callable[[str], list[str]]) -> None:
    [found] = mistakes(f"onstart: {random_text(ONSTART_LIMIT)}\n")
    assert re.match(r"1: onstart: the start command is \d{4} characters too long: Vast.ai takes 4048", found)


def test_the_input_counts_in_the_length_of_the_start_command(read: Load, config: Config) -> None:
    spec = read("onstart: ./run {input}\n")
    assert start_problem(spec, Input("a", "a", 1), config.api_url) == ""
    assert "too long" in start_problem(spec, Input(random_text(3500), "a", 1), config.api_url)


def test_an_environment_that_is_too_large(mistakes: Callable[[str], list[str]]) -> None:
    [found] = mistakes(f"onstart: x\nrent: {{env: {{A: {'x' * 20_000}, B: {'x' * 20_000}}}}}\n")
    assert found == "2: rent.env: Vast.ai takes 32768 characters in all"


def test_secrets_of_a_file_are_not_in_its_problems(mistakes: Callable[[str], list[str]]) -> None:
    found = mistakes("rent: {env: {TOKEN: [hunter2]}}\nrepo: ' https://me:hunter2@x/y'\nonstart: [hunter2]\n")
    assert len(found) >= 3
    assert "hunter2" not in "".join(found)


def test_the_file_must_be_there(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        spec_of(BatchRequest(path=tmp_path / "none.yaml"), config)


def test_failures_that_can_be_named_are_those_of_the_life_cycle() -> None:
    assert set(FAILURES) == {str(failure) for failure in Failure}


_NAMES = st.sampled_from([*JOB_KEYS, *SECTIONS, *(key for keys in SECTIONS.values() for key in keys), "args"])
_WORDS = st.sampled_from(
    ["x", "{input}", "'{name}'", "/a/b", "(", "2h", "none", "bid", "train", "any", "-", "~", "", "x*", "<<E\n{name}"]
)
_ITEMS = st.recursive(
    st.one_of(_WORDS, st.none(), st.booleans(), st.integers(-1, 10**6), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=4)),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(_NAMES, _ITEMS, max_size=8))
def test_any_document_is_taken_or_refused_line_by_line(
    document: dict[str, Any], config: Config, job_file: Path
) -> None:
    job_file.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        spec = spec_of(BatchRequest(path=job_file), config)
    except ConfigError as error:
        for line in error.message.split("\n"):
            assert line.startswith(f"{job_file}:")
            assert line.isprintable()
    else:
        assert os.path.isabs(spec.result.to)
