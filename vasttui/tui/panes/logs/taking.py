"""Taking lines of a log along: the clipboard, a file, a pager, an editor."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vasttui.errors import UsageError
from vasttui.tui.dialogs.confirm import Confirm, Question
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.format import count, duration, plural, size
from vasttui.tui.panes.logs.files import default_path, passing, read_path, save
from vasttui.tui.panes.logs.part import LogPart
from vasttui.tui.panes.logs.tail import LogTail
from vasttui.tui.panes.shell_out import open_in

FOLDER_KEY: Final = "logs.folder"
CLIPBOARD_LIMIT: Final = 74_000
"""Bytes that many terminals take at most: their limit is 100,000 characters of base64."""
COPIED_MOST: Final = 4_000_000
"""Bytes that no terminal takes: they are not sent."""
LINES_MOST: Final = 20_000


class Taking(LogPart):
    """The actions that copy, save and open elsewhere. What is taken is what is shown: filtered and masked."""

    # Clipboard

    def action_copy(self) -> None:
        """Copy the cursor's line, else the lines in sight."""
        view = self.tail.view
        self._copy(view.line_text() or view.text_in_sight())

    def action_copy_last(self) -> None:
        """Ask how many of the last lines, and copy them."""
        tail = self.tail

        def answered(text: str | None) -> None:
            if text is not None:
                lines, view = read_count(text), tail.view
                self._copy(everything(view.iter_text()) if lines is None else view.last_text(lines))

        dialog = PromptText("Copy", "How many of the last lines, or `all`.", "100", verb="Copy", check=read_count)
        self.app.push_screen(dialog, answered)

    def _copy(self, text: str) -> None:
        if not text:
            self.shell.say("There is nothing to copy.")
            return
        if len(text) > COPIED_MOST:
            self.shell.say("That is more than any terminal takes; ^e saves it to a file.")
            return
        self.app.copy_to_clipboard(text)
        self.shell.say(sent_text(text))

    # Files

    def action_save(self) -> None:
        """Ask where, and save what is shown."""
        tail = self.tail
        recalled = self.control.recall(FOLDER_KEY)
        folder = Path(recalled) if isinstance(recalled, str) and Path(recalled).is_dir() else Path.cwd()

        def answered(text: str | None) -> None:
            if text:
                self._save(tail, read_path(text))

        dialog = PromptText(
            "Save",
            "Where what is shown is saved; only you can read the file.",
            str(default_path(folder, tail.file_name, self.now)),
            verb="Save",
            check=read_path,
        )
        self.app.push_screen(dialog, answered)

    def _save(self, tail: LogTail, path: Path) -> None:
        if not path.exists():
            self.run_command(self._saved(tail, path, replace=False), "save")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_command(self._saved(tail, path, replace=True), "save")

        self.app.push_screen(Confirm(overwrite_question(path, self.now)), answered)

    async def _saved(self, tail: LogTail, path: Path, *, replace: bool) -> None:
        written = await save(path, tail.view.iter_text(), replace=replace)
        self.shell.remember(FOLDER_KEY, str(path.parent.absolute()))
        self.shell.say(f"{size(written)} saved in {path}.")

    # Other programs

    def action_pager(self) -> None:
        """Open what is shown in a pager."""
        self.run_command(self._opened("PAGER", pager()), "pager")

    def action_editor(self) -> None:
        """Open what is shown in an editor."""
        self.run_command(self._opened("EDITOR", editor()), "editor")

    async def _opened(self, variable: str, command: list[str]) -> None:
        tail = self.tail
        async with passing("log.txt", tail.view.iter_text()) as path:
            await open_in(self.app, [*command, str(path)], variable)


def pager() -> list[str]:
    """The user's pager."""
    return _words("PAGER") or (["less", "-R"] if shutil.which("less") else ["more"])


def editor() -> list[str]:
    """The user's editor."""
    return _words("VISUAL") or _words("EDITOR") or ["vi"]


def _words(variable: str) -> list[str]:
    text = os.environ.get(variable, "")
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def read_count(text: str) -> int | None:
    """How many lines, None for all. Raises UsageError for what is neither."""
    words = text.strip().lower()
    if words in {"", "all"}:
        return None
    if not re.fullmatch("[0-9]{1,9}", words) or not 0 < int(words) <= LINES_MOST:
        raise UsageError(f"a number up to {count(LINES_MOST)} is expected, or `all`")
    return int(words)


def everything(pieces: Iterable[str]) -> str:
    """All the text, or the beginning of it when it is more than can be copied."""
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > COPIED_MOST:
            break
    return text.removesuffix("\n")


def sent_text(text: str) -> str:
    """What is said after copying: what was sent, and that nobody knows whether it arrived."""
    sent = len(text.encode("utf-8", "replace"))
    said = f"{plural(text.count(chr(10)) + 1, 'line')} ({size(sent)}) sent to the terminal's clipboard; "
    if sent > CLIPBOARD_LIMIT:
        return said + "many terminals refuse as much and do not say so. ^e saves to a file."
    return said + "the terminal does not say whether it took this."


def overwrite_question(path: Path, now: float) -> Question:
    """Asks before a file is replaced."""
    try:
        found = path.stat()
        known = f", {size(found.st_size)}, {duration(now - found.st_mtime)} old,"
    except OSError:
        known = ""
    text = f"{path}{known} is replaced by what is shown now."
    return Question(title="Replace the file", text=text, verb="Replace", danger=True)
