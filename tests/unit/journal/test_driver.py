"""One process drives: the lock is taken once, and the system takes it back from a process that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vasttui.errors import StorageError
from vasttui.journal import DriverLock

HOLDER = """
import sys
from pathlib import Path
from vasttui.journal import DriverLock
lock = DriverLock(Path(sys.argv[1]))
print(lock.try_take(), flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_another_process_drives_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "state" / "driver.lock"
    mine = DriverLock(path)
    assert mine.holder() == ""
    with start(path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not mine.try_take()
        assert mine.holder() == f"vasttui {other.pid}"
        other.kill()
    assert mine.holder() == ""
    assert mine.try_take()
    assert mine.holder() == f"vasttui {os.getpid()}"
    with start(path) as late:
        assert late.communicate("\n\n")[0] == "False\nreleased\n"
    assert mine.try_take()
    mine.release()


def test_a_lock_that_was_given_back_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "driver.lock"
    mine = DriverLock(path)
    with start(path) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "released\n"
        assert mine.try_take()
        mine.release()
        mine.release()
        other.kill()
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_locks_of_one_process_are_two(tmp_path: Path) -> None:
    first, second = DriverLock(tmp_path / "driver.lock"), DriverLock(tmp_path / "driver.lock")
    assert first.try_take()
    assert not second.try_take()
    assert second.holder() == f"vasttui {os.getpid()}"
    first.release()
    assert second.try_take()
    second.release()


def test_a_file_with_nonsense_still_tells_that_somebody_drives(tmp_path: Path) -> None:
    path = tmp_path / "driver.lock"
    first = DriverLock(path)
    assert first.try_take()
    path.write_text("\x1b[31mroot")
    assert DriverLock(path).holder() == "another vasttui"
    first.release()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/driver\.lock"):
        DriverLock(tmp_path / "file" / "driver.lock").try_take()
