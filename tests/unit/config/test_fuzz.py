"""No file, however odd, gives anything but a Config or a ConfigError of one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import yaml
from hypothesis import given
from hypothesis import strategies as st

from vasttui.config import AlertRule
from vasttui.config.checking import check_document
from vasttui.config.document import parse_document
from vasttui.config.keys import CONFIG_KEYS, DO_KEYS, LOG_KEYS, PRESET_KEYS, RULE_KEYS, SCOPE_KEYS, SECTIONS
from vasttui.errors import ConfigError

PATH = Path("config.yaml")
words = st.sampled_from(
    [*CONFIG_KEYS, *PRESET_KEYS, "presets", "pace", "<<", "&a", "*a", "NO", "1.5", "-", "!!x"]
)
pieces = st.one_of(
    words, st.sampled_from([": ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "'", '"', "|"])
)
texts = st.one_of(st.lists(pieces, max_size=40).map("".join), st.text(max_size=80))


names = st.sampled_from([*SECTIONS, *LOG_KEYS, *RULE_KEYS, *SCOPE_KEYS, *DO_KEYS, "scope", "do", "toast"])
values = st.recursive(
    st.one_of(names, st.none(), st.booleans(), st.integers(), st.sampled_from(["https://x/y", "/(/", "train-*"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
    max_leaves=20,
)
changes = st.dictionaries(st.sampled_from(["name", "pattern", "do", "scope", "every"]), values, max_size=2)
rules = changes.map(lambda change: {"name": "a", "pattern": "b", "do": "bell"} | change)


@given(st.one_of(st.dictionaries(names, values), st.fixed_dictionaries({"alerts": st.lists(rules, max_size=2)})))
def test_any_alerts_are_taken_or_refused(document: dict[str, object]) -> None:
    text = yaml.safe_dump(document)
    try:
        checked = check_document(parse_document(text, PATH), PATH)
    except ConfigError as error:
        problems = [error.message]
    else:
        problems = checked.problems
        if not problems:
            for rule in checked.alerts:
                AlertRule(**cast(Any, rule))
    for problem in problems:
        assert problem.startswith("config.yaml:")
        assert problem.isprintable()


@given(texts)
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        problems = check_document(parse_document(text, PATH), PATH).problems
    except ConfigError as error:
        problems = [error.message]
    for problem in problems:
        assert problem.startswith("config.yaml:")
        assert "\n" not in problem
        assert problem.isprintable()
