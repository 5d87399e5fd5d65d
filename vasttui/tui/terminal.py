"""What Textual draws on: a terminal that may go away while something is being drawn."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver


class Output:
    """A file whose writes go nowhere once its terminal is gone.

    Textual's writing thread ends with the first error. Its queue then fills and stops the program for good before the
    hangup signal is heard: jobs would be driven by nobody, for the lock on the state folder would stay.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, if there is still something to write to."""
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what is buffered, if there is still something to send it to."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """The number of the file. Raises OSError when it has none."""
        return self._file.fileno()


def outliving(base: type[Driver]) -> type[Driver]:
    """A driver that goes on when its terminal goes away."""

    class Outliving(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **fields: Any) -> None:
            super().__init__(*args, **fields)
            if (file := self.__dict__.get("_file")) is not None:
                self.__dict__["_file"] = Output(file)

    return Outliving
