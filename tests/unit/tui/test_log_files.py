"""Logs as files: owner only, never over another one unasked, nothing left of what failed."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from vasttui.errors import StorageError, UsageError
from vasttui.tui.panes.logs.files import default_path, passing, read_path, save


def texts(folder: Path) -> list[str]:
    """What stands in the files of a folder."""
    return [file.read_text() for file in folder.iterdir()]


async def test_what_is_saved_is_the_text_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    assert await save(path, ["one\n", "zwölf\n"]) == 11
    assert path.read_text(encoding="utf-8") == "one\nzwölf\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("mine")
    with pytest.raises(StorageError, match=r"a\.log: File exists"):
        await save(path, ["theirs"])
    assert path.read_text() == "mine"


async def test_a_file_is_replaced_when_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("mine")
    await save(path, ["theirs"], replace=True)
    assert path.read_text() == "theirs"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert texts(tmp_path) == ["theirs"]


def full_after_one() -> Iterator[str]:
    yield "one\n"
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("there", [False, True])
async def test_of_what_could_not_be_written_nothing_is_left(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "a.log"
    if there:
        path.write_text("mine")
    with pytest.raises(StorageError, match="No space left on device"):
        await save(path, full_after_one(), replace=there)
    assert texts(tmp_path) == (["mine"] if there else [])


async def test_a_file_for_a_pager_goes_away_with_it() -> None:
    async with passing("log.txt", ["one\n"]) as path:
        assert path.read_text() == "one\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.parent.exists()


def test_the_proposed_name_is_one_that_a_file_can_have() -> None:
    name = default_path(Path("/tmp"), "../evil/\x1b[31m name", 0).name
    assert name.startswith("evil-31m-name-")
    assert default_path(Path("/tmp"), "../..", 0).name.startswith("log-")
    assert len(default_path(Path("/tmp"), "x" * 500, 0).name) < 100


@pytest.mark.parametrize("typed", ["", "  ", "/", "/no/such/folder/a.log", "a\0b", "~nobody-of-that-name/a"])
def test_what_cannot_be_a_file_is_said_while_one_types(typed: str) -> None:
    with pytest.raises(UsageError):
        read_path(typed)


def test_a_path_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_path(" ~/a.log ") == tmp_path / "a.log"
