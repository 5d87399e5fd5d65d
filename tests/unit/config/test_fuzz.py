"""No file, however odd, gives anything but a Config or a ConfigError of one line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vasttui.config.checking import check_document
from vasttui.config.document import parse_document
from vasttui.config.keys import CONFIG_KEYS, PRESET_KEYS
from vasttui.errors import ConfigError

PATH = Path("config.yaml")
words = st.sampled_from(
    [*CONFIG_KEYS, *PRESET_KEYS, "presets", "pace", "<<", "&a", "*a", "NO", "1.5", "-", "!!x"]
)
pieces = st.one_of(
    words, st.sampled_from([": ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ",", "'", '"', "|"])
)
texts = st.one_of(st.lists(pieces, max_size=40).map("".join), st.text(max_size=80))


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
