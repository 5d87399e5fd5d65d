"""No input can become a command, wherever its placeholder stands, and it arrives as it is."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.jobs.placeholders import Standing, escaped, fill, has_placeholder, variables, words_in
from vasttui.jobs.spec import Input

SHELLS = [argv for argv in (["dash"], ["bash"], ["busybox", "sh"]) if shutil.which(argv[0])]

HOSTILE = """a'b"c $(touch PWNED) `touch PWNED` ; touch PWNED & | > < \\ # * ? ~ {name} ${HOME} !x \t é"""

INPUT = Input(HOSTILE, "clip", 7)

SCRIPT = """\
say() { printf '%s\\0' "$@"; }
say {input}
say "{input}"
say pre{input}post "pre {input} post"
say "$(printf %s {input})" "$(printf %s "{input}")" `printf %s {name}`
x={input}; say "$x"   # it's {input}
say {input} {name} {index} # "
[ {input} = "{input}" ] && say same
: $((1 << 2)); say {input}
say ${#x} | cat >/dev/null
cat <<END
{input}
END
printf '\\0'
cat <<'END' && say "a" # {input}
{{input}} it's "{{name}}"
END
case {name} in (clip) say {input};; esac
say 'awk {print $1}' "don't" {input}
"""


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_hostile_input_arrives_whole_in_a_real_shell(shell: list[str], tmp_path: os.PathLike[str]) -> None:
    value = HOSTILE
    assert run(shell, fill(SCRIPT, INPUT, quote=True), INPUT, tmp_path) == [
        value, value, f"pre{value}post", f"pre {value} post", value, value, "clip", value, value, "clip", "7", "same",
        value, f"{value}\n", "{input} it's \"{name}\"\na", value, "awk {print $1}", "don't", value,
    ]  # fmt: skip
    assert os.listdir(tmp_path) == []


VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
ATTACKS = [
    "$(touch PWNED)", "`touch PWNED`", "'; touch PWNED; '", '"; touch PWNED; "', "\nE\ntouch PWNED\n", "); touch PWNED",
]  # fmt: skip
WRAPS = [
    "echo '{}'", 'echo "{}"', "echo $({})", "echo `{}`", 'echo "$({})"', "cat <<E\n{}\nE\n", "cat <<'E'\n{}\nE\n",
    "echo it\\'s {}", "# it's\necho {}", ": $((1 << 2)); echo {}", "case x in (x) echo {};; esac", "{} # \"",
]  # fmt: skip
SCRIPTS = st.recursive(
    st.sampled_from(["echo {input}", "a{input}b", '"{input}"', "'{input}'", "{input} {name}"]),
    lambda inner: st.tuples(st.sampled_from(WRAPS), inner).map(lambda pair: pair[0].replace("{}", pair[1])),
    max_leaves=4,
)


@settings(max_examples=100)
@given(script=SCRIPTS, attack=st.sampled_from(ATTACKS))
def test_whatever_the_quotes_an_input_is_never_a_command(
    script: str, attack: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("box")
    job_input = Input(attack, "n", 1)
    for shell in SHELLS:
        run(shell, fill(script, job_input, quote=True), job_input, folder)
    assert not (folder / "PWNED").exists()


@settings(max_examples=40)
@given(value=VALUES)
def test_any_value_arrives_as_it_is(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    job_input = Input(value, "n", 1)
    script = fill("printf '%s\\0' {input} \"{input}\" a{input}", job_input, quote=True)
    assert run(["dash"], script, job_input, tmp_path_factory.getbasetemp()) == [value, value, f"a{value}"]


def run(shell: list[str], script: str, job_input: Input, folder: os.PathLike[str]) -> list[str]:
    env = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **variables(job_input)}
    argv = [*shell, "-c", script]
    done = subprocess.run(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace").rstrip("\0").split("\0")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{input}/{name}-{index}", f"{HOSTILE}/clip-7"),
        ("{{name}} ${name} {names} {} { name }", "{name} ${name} {names} {} { name }"),
        ("{{{name}}}", "{{name}}"),
    ],
)
def test_a_plain_text_takes_the_values_themselves(text: str, filled: str) -> None:
    assert fill(text, INPUT, quote=False) == filled


@pytest.mark.parametrize(
    ("text", "standings"),
    [
        ("{input}", [Standing.BARE]),
        ('"{input}"', [Standing.EXPANDED]),
        ("'{input}'", [Standing.LITERAL]),
        ("$'a\\'{input}'", [Standing.LITERAL]),
        ("# {input}\n{input}", [Standing.COMMENT, Standing.BARE]),
        ("a#{input}", [Standing.BARE]),
        ('"# {input}"', [Standing.EXPANDED]),
        ("it\\'s {input}", [Standing.BARE]),
        ("cat <<E\n{input}\nE\n{input}", [Standing.EXPANDED, Standing.BARE]),
        ("cat <<-'E'\n{input}\n\tE\n{input}", [Standing.LITERAL, Standing.BARE]),
        ("cat <<A <<'B'\n{input}\nA\n{input}\nB\n{input}", [Standing.EXPANDED, Standing.LITERAL, Standing.BARE]),
        ("cat <<'E'\n{input}", [Standing.BARE]),
        ("cat <<<{input}", [Standing.BARE]),
        ("$((1<<x))\n{input}\nx", [Standing.BARE]),
        ("\"$(f {input} \"{input}\")\" {input}", [Standing.BARE, Standing.EXPANDED, Standing.BARE]),
        ("\"`f {input}`{input}\"", [Standing.BARE, Standing.EXPANDED]),
    ],
)  # fmt: skip
def test_where_a_placeholder_stands(text: str, standings: list[Standing]) -> None:
    assert [standing for _word, standing in words_in(text, shell=True)] == standings


@given(st.lists(st.sampled_from([*"{}$/", "name", "{input}", "{{index}}"]), max_size=8).map("".join))
def test_an_escaped_text_is_filled_to_itself(text: str) -> None:
    assert fill(escaped(text), INPUT, quote=False) == text
    assert not has_placeholder(escaped(text))
