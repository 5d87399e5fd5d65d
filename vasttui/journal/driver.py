"""Who drives the jobs: one process, by a lock that the system takes back when the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from vasttui.errors import StorageError


class DriverLock:
    """A lock on a file in the state folder. Every fault of the file is a StorageError that names it.

    The file stays when the lock is released: a file that is removed could be locked twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def try_take(self) -> bool:
        """Take the lock if nobody has it; True as well when this object has it already."""
        if self._file is not None:
            return True
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            os.close(file)
            raise self._fault(error) from error
        self._file = file
        return True

    @property
    def held(self) -> bool:
        """Whether this object has the lock."""
        return self._file is not None

    def holder(self) -> str:
        """Who has the lock, e.g. "vasttui 4711"; "" when nobody has."""
        if self._file is not None:
            return f"vasttui {os.getpid()}"
        file = self._open()
        try:
            # A shared lock is refused by the driver's only; two that only look do not see each other.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(file, 20, 0).strip()
            return f"vasttui {int(text)}" if text.isdigit() else "another vasttui"
        except OSError as error:
            raise self._fault(error) from error
        finally:
            os.close(file)
        return ""

    def release(self) -> None:
        """Give the lock back; without it nothing happens."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._fault(error) from error

    def _fault(self, error: OSError) -> StorageError:
        return StorageError(f"{self._path}: {error.strerror or error}", hint="Check free space and rights.")
