"""Compares a document with the known keys and collects everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vasttui.config.document import Item, Listing, Scalar, Table
from vasttui.config.keys import (
    CONFIG_KEYS,
    DEEDS,
    DO_KEYS,
    LOG_KEYS,
    PACE_KEYS,
    PRESET_KEYS,
    RULE_KEYS,
    SCOPE_KEYS,
    SECTIONS,
    Key,
)
from vasttui.config.kinds import BadValueError, Choice, Command, Flag, Many, Number, One, Pairs, split_list
from vasttui.errors import VastError

MOST_RULES = 100
"""Alert rules that a file may have: each new line of every log is held against each of them."""

PatternCheck = Callable[[str], object]
"""Raises a VastError for a pattern that cannot be used; what a pattern is, is known further up."""


class WrongItemError(Exception):
    """One value is wrong: the line, and what to say after the key path."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass
class Checked:
    """What a file gives.

    Attributes:
        general: values of the top-level keys.
        pace: values of `pace`.
        logs: values of `logs`.
        alerts: values of each rule, by the fields of AlertRule.
        presets: values of each preset, by its name.
        lines: key path -> line.
        problems: what is wrong, each one line with file, line and key path.
    """

    general: dict[str, object] = field(default_factory=dict)
    pace: dict[str, object] = field(default_factory=dict)
    logs: dict[str, object] = field(default_factory=dict)
    alerts: list[dict[str, object]] = field(default_factory=list)
    presets: dict[str, dict[str, object]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def check_document(table: Table, path: Path, check_pattern: PatternCheck | None = None) -> Checked:
    """All values of the document and all problems in it. Raises nothing."""
    result = Checked()
    checker = _Checker(path, result)
    result.general = checker.section(table, "", CONFIG_KEYS, also=SECTIONS)
    for name in SECTIONS:
        section = table.entries.get(name)
        if section is None or is_nothing(section):
            continue
        if name == "alerts":
            _RuleChecker(checker, result, check_pattern).rules(section)
        elif not isinstance(section, Table):
            checker.report(section.line, name, f"a table was expected, got {describe_item(section)}")
        elif name == "pace":
            result.pace = checker.section(section, "pace.", PACE_KEYS)
        elif name == "logs":
            result.logs = checker.section(section, "logs.", LOG_KEYS)
        else:
            checker.presets(section)
    checker.default_preset(table)
    return result


class _Checker:
    def __init__(self, path: Path, result: Checked) -> None:
        self._path = path
        self._result = result

    def report(self, line: int, key_path: str, text: str) -> None:
        self._result.problems.append(f"{self._path}:{line}: {clip(key_path, 80)}: {text}")

    def section(
        self, table: Table, prefix: str, keys: Mapping[str, Key], *, also: Collection[str] = ()
    ) -> dict[str, object]:
        """The values of a table; `also` are keys that somebody else looks at."""
        values: dict[str, object] = {}
        for name, item in table.entries.items():
            line, key = table.lines[name], keys.get(name)
            if name in also:
                continue
            if key is None:
                self.report(line, prefix + name, "unknown key" + self._suggest(name, prefix, [*keys, *also]))
                continue
            if is_nothing(item):
                continue
            try:
                values[name] = read_item(item, key)
            except WrongItemError as wrong:
                self.report(wrong.line, prefix + name, wrong.text)
            else:
                self._result.lines[prefix + name] = line
        return values

    def presets(self, table: Table) -> None:
        for name, item in table.entries.items():
            line, prefix = table.lines[name], f"presets.{name}."
            if not name.strip() or not name.isprintable() or len(name) > 64:
                self.report(line, f"presets.{name!r}", "a name of 1 to 64 printable characters was expected")
            elif is_nothing(item):
                self._result.presets[name] = {}
            elif not isinstance(item, Table):
                self.report(line, prefix[:-1], f"a table was expected, got {describe_item(item)}")
            else:
                self._result.presets[name] = self.section(item, prefix, PRESET_KEYS)
            self._result.lines[prefix[:-1]] = line

    def default_preset(self, table: Table) -> None:
        chosen = self._result.general.get("default_preset")
        if chosen is not None and chosen not in self._result.presets:
            text = f"there is no preset {chosen!r}" + nearest(str(chosen), self._result.presets)
            self.report(table.lines["default_preset"], "default_preset", text)

    @staticmethod
    def _suggest(name: str, prefix: str, known: Collection[str]) -> str:
        found = nearest(name, known)
        if found:
            return found
        if not prefix and name in PRESET_KEYS:
            return "; it belongs into a preset (presets: NAME: …)"
        if prefix.startswith("presets.") and name in CONFIG_KEYS:
            return "; it belongs to the top level"
        return "; known here: " + ", ".join(sorted(known))


class _RuleChecker:
    """Checks `alerts`: a list of rules, each with a scope and a list of what to do."""

    def __init__(self, checker: _Checker, result: Checked, check_pattern: PatternCheck | None) -> None:
        self._checker = checker
        self._result = result
        self._check_pattern = check_pattern
        self._names: dict[object, int] = {}

    def rules(self, listing: Item) -> None:
        if not isinstance(listing, Listing):
            text = f"a list of rules was expected, got {describe_item(listing)}"
            self._checker.report(listing.line, "alerts", text)
            return
        if len(listing.items) > MOST_RULES:
            self._checker.report(listing.items[MOST_RULES].line, "alerts", f"more than {MOST_RULES} rules")
            return
        for number, item in enumerate(listing.items):
            prefix = f"alerts[{number}]"
            if isinstance(item, Table):
                self._rule(item, prefix)
            else:
                text = f"a rule with a name and a pattern was expected, got {describe_item(item)}"
                self._checker.report(item.line, prefix, text)

    def _rule(self, table: Table, prefix: str) -> None:
        values = self._checker.section(table, f"{prefix}.", RULE_KEYS, also=("scope", "do"))
        given = {name: item for name, item in table.entries.items() if not is_nothing(item)}
        for name in ("name", "pattern", "do"):
            if name not in given:
                self._checker.report(table.lines.get(name, table.line), f"{prefix}.{name}", "is missing")
        self._pattern(table, prefix, values.get("pattern"))
        self._name(table, prefix, values.get("name"))
        scope = given.get("scope")
        if isinstance(scope, Table):
            values |= self._checker.section(scope, f"{prefix}.scope.", SCOPE_KEYS)
        elif scope is not None:
            text = f"a table such as {{labels: [train-*]}} was expected, got {describe_item(scope)}"
            self._checker.report(scope.line, f"{prefix}.scope", text)
        if "do" in given:
            values |= self._deeds(given["do"], f"{prefix}.do")
            self._result.lines[f"{prefix}.do"] = table.lines["do"]
        self._result.lines[prefix] = table.line
        self._result.alerts.append(values)

    def _pattern(self, table: Table, prefix: str, pattern: object) -> None:
        if pattern is None or self._check_pattern is None:
            return
        try:
            self._check_pattern(str(pattern))
        except VastError as error:
            self._checker.report(table.lines["pattern"], f"{prefix}.pattern", clip(error.message, 200))

    def _name(self, table: Table, prefix: str, name: object) -> None:
        if name is None:
            return
        line = table.lines["name"]
        if name in self._names:
            text = f"{clip(str(name))!r} is given twice, first in line {self._names[name]}"
            self._checker.report(line, f"{prefix}.name", text)
        self._names.setdefault(name, line)

    def _deeds(self, item: Item, prefix: str) -> dict[str, object]:
        """What `do` says: words, and tables that tell a command or a webhook."""
        values: dict[str, object] = {}
        notices: set[object] = set()
        if not (item.items if isinstance(item, Listing) else getattr(item, "entries", True)):
            self._checker.report(item.line, prefix, "something to do was expected, such as toast, got nothing")
        for deed in item.items if isinstance(item, Listing) else (item,):
            if isinstance(deed, Table):
                found = self._checker.section(deed, f"{prefix}.", DO_KEYS)
                for name in found.keys() & values.keys():
                    self._checker.report(deed.line, f"{prefix}.{name}", "is given twice; one is enough for a rule")
                values |= found
            elif isinstance(deed, Scalar) and "://" in deed.text:
                self._checker.report(deed.line, prefix, "an address belongs behind `webhook: `")  # not shown: a secret
            elif isinstance(deed, Scalar) and deed.text in DO_KEYS:
                text = f"which one? `{deed.text}: …` was expected"
                self._checker.report(deed.line, f"{prefix}.{deed.text}", text)
            else:
                notices |= self._notice(deed, prefix)
        return values | {"do": frozenset(notices)}

    def _notice(self, item: Item, prefix: str) -> set[object]:
        try:
            return {read_item(item, DEEDS)}
        except WrongItemError as wrong:
            self._checker.report(wrong.line, prefix, wrong.text)
            return set()


def read_item(item: Item, key: Key) -> object:
    """The value of one key in a document. Raises WrongItemError."""
    kind = key.kind
    if isinstance(kind, Pairs):
        if not isinstance(item, Table):
            raise WrongItemError(
                item.line, f"a table of names and values was expected, got {_shown(item, key)}"
            )
        return {_one_name(n, kind, item.lines[n]): _one(v, kind.value, key) for n, v in item.entries.items()}
    if isinstance(kind, Command) and isinstance(item, Listing) and item.items:
        return tuple(_one(part, kind.argument, key) for part in item.items)
    if isinstance(kind, Many):
        # One value without brackets is a list of one: `countries: SE`.
        items = item.items if isinstance(item, Listing) else (item,)
        many = kind
        values = [_one(part, many.item, key) for part in items]
        return frozenset(values) if kind.as_set else tuple(values)
    return _one(item, kind, key)


def _one_name(name: str, kind: Pairs, line: int) -> str:
    try:
        return kind.name.parse(name)
    except BadValueError as error:
        raise WrongItemError(line, f"{clip(name)!r}: {error} was expected") from None


def _one(item: Item, kind: One, key: Key) -> object:
    if not isinstance(item, Scalar):
        raise WrongItemError(item.line, f"one value was expected, got {describe_item(item)}")
    fits = not (isinstance(kind, Number) and item.kind != "number")
    if isinstance(kind, Flag):
        fits = item.kind == "flag" or (kind.either and item.text.lower() == "any")
    try:
        value = kind.parse(item.text)
    except BadValueError as error:
        text = f"{error} was expected, got {_shown(item, key)}"
        raise WrongItemError(item.line, text + _choice_hint(kind, item)) from None
    if item.kind == "null" or not fits:
        quotes = "; remove the quotes" if item.kind == "text" else ""
        expected = getattr(kind, "expected", "true or false")
        raise WrongItemError(item.line, f"{expected} was expected, got {_shown(item, key)}{quotes}")
    return value


def _choice_hint(kind: One, item: Scalar) -> str:
    return nearest(item.text, kind.words) if isinstance(kind, Choice) else ""


def _shown(item: Item, key: Key) -> str:
    if key.secret:
        return "something else (not shown)"
    return describe_item(item)


def is_nothing(item: Item | None) -> bool:
    """Whether there is no value, or one that was left empty."""
    return item is None or (isinstance(item, Scalar) and item.kind == "null")


def describe_item(item: Item) -> str:
    """What was found in the file, for messages."""
    if isinstance(item, Table):
        return "a table"
    if isinstance(item, Listing):
        return "a list"
    if item.kind == "null":
        return "nothing"
    return f"the text {clip(item.text)!r}" if item.kind == "text" else clip(item.text)


def read_text_value(text: str, key: Key) -> object:
    """The value of a variable or option. Raises BadValueError."""
    kind = key.kind
    if isinstance(kind, Pairs):
        raise BadValueError("a table in the config file")
    if isinstance(kind, Many):
        values = [kind.item.parse(part) for part in split_list(text)]
        return frozenset(values) if kind.as_set else tuple(values)
    value = kind.parse(text)
    return value.strip() if isinstance(value, str) else value


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """`; did you mean X?` for the closest known name, else ""."""
    import difflib

    names = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower()[:100], names, n=1, cutoff=cutoff)
    return f"; did you mean {names[close[0]]}?" if close else ""


def clip(text: str, longest: int = 40) -> str:
    """The text, printable and cut to a length that fits into a message."""
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
