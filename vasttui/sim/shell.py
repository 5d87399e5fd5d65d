"""A tiny shell for the boxes: enough for a client that follows files, and for a look around.

It knows `;`, `&&`, `||`, pipes, quotes, `>` and `>>`, `$?` and a few variables; no loops, no functions.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from vasttui.sim import shell_tools
from vasttui.sim.files import BoxFiles
from vasttui.sim.shell_tools import Outcome
from vasttui.sim.tail import Follower, tail_options

Write = Callable[[bytes], None]
_WRAPPERS = {"exec", "nohup", "time", "command", "stdbuf", "sudo", "env"}
_SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash"}
NEVER = 10**9


class ShellExit(Exception):
    """`exit` was said; `code` is the session's exit status."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Shell:
    """One session: its files, where it writes, and whether the client is still there."""

    files: BoxFiles
    out: Write
    err: Write
    alive: Callable[[], bool]
    poll: float = 0.05
    last: int = 0
    known: Callable[[str], tuple[str, Outcome] | None] = lambda _command: None

    async def run(self, text: str) -> int:
        """Run a command line, of which the end may be `known` as a whole; returns its exit status. Raises ShellExit."""
        found = self.known(text)
        if found is not None:
            before, outcome = found
            await self._statements(before)
            self.out(outcome.out)
            self.err(outcome.err)
            self.last = outcome.code
            return self.last
        return await self._statements(text)

    async def _statements(self, text: str) -> int:
        for joint, words in _statements(text):
            if (joint == "&&" and self.last) or (joint == "||" and not self.last):
                continue
            self.last = await self._pipeline(words)
            if words[0] == "exec" and len(words) > 1:
                raise ShellExit(self.last)
        return self.last

    async def _pipeline(self, words: list[str]) -> int:
        words, moved = _redirect(words)
        stages = _split(words, "|")
        if len(stages) == 1 and moved.target is None and _is_follow(stages[0]):
            return await self._follow(stages[0])
        data, code = (self.files.read(moved.source) or b"") if moved.source else b"", 0
        direct = len(stages) == 1 and moved.target is None
        for stage in stages:
            outcome = await self._command(stage, data, direct=direct)
            data, code = outcome.out, outcome.code
            if outcome.err:
                self.err(outcome.err)
        if moved.target is None:
            self.out(data)
        elif moved.target != "/dev/null":
            self.files.write(moved.target, data, append=moved.append)
        return code

    async def _command(self, words: list[str], data: bytes, *, direct: bool) -> Outcome:
        words = _unwrapped([self._expanded(word) for word in words])
        if not words:
            return Outcome(b"")
        name, args = words[0], words[1:]
        if name in _SHELLS:
            return await self._nested(args, direct=direct)
        match name:
            case "exit" | "logout":
                raise ShellExit(int(args[0]) if args and args[0].isdigit() else self.last)
            case "cd":
                return self._cd(args)
            case "sleep":
                await self._sleep(args)
                return Outcome(b"")
        return shell_tools.run(self.files, name, args, data)

    async def _nested(self, args: list[str], *, direct: bool) -> Outcome:
        """`sh -c TEXT`; what it prints goes straight out, unless something else waits for it."""
        script = next((args[i + 1] for i, word in enumerate(args[:-1]) if re.fullmatch(r"-[a-z]*c", word)), None)
        if script is None:
            return Outcome(b"")
        parts: list[bytes] = []
        inner = Shell(self.files, self.out if direct else parts.append, self.err, self.alive, self.poll)
        try:
            code = await inner.run(script)
        except ShellExit as end:
            code = end.code
        return Outcome(b"".join(parts), code=code)

    def _cd(self, args: list[str]) -> Outcome:
        path = args[0] if args else "~"
        if not self.files.is_directory(path) and self.files.full(path) != "/root":
            return Outcome(b"", f"-bash: cd: {path}: No such file or directory\n".encode(), 1)
        self.files.cwd = self.files.full(path)
        return Outcome(b"")

    async def _sleep(self, args: list[str]) -> None:
        seconds = NEVER if "infinity" in args else float(args[0]) if args else 0.0
        while seconds > 0 and self.alive():
            step = min(seconds, 0.1)
            await asyncio.sleep(step)
            seconds -= step

    def _expanded(self, word: str) -> str:
        if "$" not in word:
            return word
        known = {
            "?": str(self.last),
            "HOME": "/root",
            "USER": "root",
            "PWD": self.files.cwd,
            "SHELL": "/bin/bash",
            "CONTAINER_ID": str(self.files.box.id),
            "0": "bash",
        }
        return re.sub(r"\$\{?(\w+|\?)\}?", lambda match: known.get(match[1], ""), word)

    async def _follow(self, words: list[str]) -> int:
        """`tail -f` and `-F`: print from the wanted place, then what is added, until the client leaves."""
        words = _unwrapped([self._expanded(word) for word in words])
        options = tail_options(words[1:])
        follower = Follower(self.files, options, self.out, self.err)
        while self.alive():
            if not follower.step():
                return 1
            await asyncio.sleep(self.poll)
        return 0


def _statements(text: str) -> list[tuple[str, list[str]]]:
    """(what joins it to the one before, words) of each pipeline in a command line."""
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return [(";", ["__syntax__"])]
    out: list[tuple[str, list[str]]] = []
    joint = ";"
    current: list[str] = []
    for word in words:
        if word in (";", "&&", "||", "&"):
            if current:
                out.append((joint, current))
            joint, current = word, []
        else:
            current.append(word)
    return [*out, (joint, current)] if current else out


def _split(words: list[str], mark: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == mark:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


@dataclass
class _Moved:
    """Where a pipeline's input comes from and its output goes; None: the session's own."""

    source: str | None = None
    target: str | None = None
    append: bool = False


def _redirect(words: list[str]) -> tuple[list[str], _Moved]:
    """The words without redirections, and the redirections. Error output is never moved."""
    kept: list[str] = []
    moved = _Moved()
    index = 0
    while index < len(words):
        word = words[index]
        if word in (">", ">>", "<", ">&") and index + 1 < len(words):
            descriptor = kept.pop() if kept and kept[-1] in ("1", "2") else "1"
            if word == "<":
                moved.source = words[index + 1]
            elif word != ">&" and descriptor == "1":
                moved.target, moved.append = words[index + 1], word == ">>"
            index += 2
        else:
            kept.append(word)
            index += 1
    return kept, moved


def _unwrapped(words: list[str]) -> list[str]:
    """Without `exec`, `stdbuf -oL` and the like in front, and without assignments."""
    while words and (words[0] in _WRAPPERS or re.match(r"[A-Za-z_]\w*=", words[0])):
        if words[0] == "command" and words[1:2] == ["-v"]:
            break
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[1:]
    return words


def _is_follow(words: list[str]) -> bool:
    words = _unwrapped(words)
    return bool(words) and words[0] == "tail" and tail_options(words[1:]).follow
