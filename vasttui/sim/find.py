"""`find` on the boxes: plain files only, with the tests and the two actions that clients use."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from vasttui.sim.files import BoxFiles

# fnmatch knows no character classes.
_CLASSES = {"[[:cntrl:]]": "[\x01-\x1f\x7f]"}


@dataclass
class Find:
    """One call: its expression is read anew for each file."""

    files: BoxFiles
    words: list[str]
    found: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    _at: int = 0
    _path: str = ""

    def run(self) -> list[str]:
        """The paths for which the expression came to an action. Raises ValueError for what it cannot read."""
        start = next((i for i, word in enumerate(self.words) if word[:1] in ("-", "(", "!")), len(self.words))
        roots, expression = self.words[:start] or ["."], self.words[start:]
        depth = float("inf")
        if "-maxdepth" in expression:
            index = expression.index("-maxdepth")
            depth = int(expression[index + 1])
            del expression[index : index + 2]
        acts = {"-print", "-print0", "-exec"} & set(expression)
        self.words = expression if acts else [*(["(", *expression, ")"] if expression else []), "-print"]
        for root in roots:
            whole = posixpath.normpath(self.files.full(root)).rstrip("/")
            for path in self.files.paths():
                if path.startswith(whole + "/") and path.count("/") - whole.count("/") <= depth:
                    self._at, self._path = 0, root.rstrip("/") + path[len(whole) :]
                    self._either(live=True)
        return self.found

    def _next(self) -> str:
        self._at += 1
        if self._at > len(self.words):
            raise ValueError("missing argument")
        return self.words[self._at - 1]

    def _ahead(self) -> str:
        return self.words[self._at] if self._at < len(self.words) else ""

    def _either(self, *, live: bool) -> bool:
        """Terms joined by "-o"; actions count only where `live`, since nothing before decided already."""
        true = self._both(live=live)
        while self._ahead() == "-o":
            self._next()
            true = self._both(live=live and not true) or true
        return true

    def _both(self, *, live: bool) -> bool:
        true = self._single(live=live)
        while self._ahead() not in ("", ")", "-o"):
            true = self._single(live=live and true) and true
        return true

    def _single(self, *, live: bool) -> bool:
        word = self._next()
        if word == "!":
            return not self._single(live=live)
        if word == "(":
            true = self._either(live=live)
            self._next()
            return true
        if word == "-exec":
            end = next(i for i in range(self._at, len(self.words)) if self.words[i] in ("+", ";"))
            self.command = [part for part in self.words[self._at : end] if part != "{}"]
            self._at = end + 1
        elif word not in ("-print", "-print0", "-prune"):
            return self._test(word, self._next())
        if live and word != "-prune":
            self.found.append(self._path)
        return True

    def _test(self, word: str, value: str) -> bool:
        for name, meant in _CLASSES.items():
            value = value.replace(name, meant)
        tests: dict[str, Callable[[], bool]] = {
            "-type": lambda: value == "f",
            "-name": lambda: fnmatch.fnmatchcase(posixpath.basename(self._path), value),
            "-path": lambda: fnmatch.fnmatchcase(self._path, value),
            "-inum": lambda: str(self.files.inode(self._path)) == value,
        }
        if word not in tests:
            raise ValueError(f"unknown predicate `{word}'")
        return tests[word]()
