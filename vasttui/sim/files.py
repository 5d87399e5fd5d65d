"""The files of a box: its logs, which grow as the container prints, and a few that are simply there."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Callable

from vasttui.sim.boxes import Box

HOME = "/root"
MOTD = (
    "Welcome to vast.ai. If authentication fails, try again after a few seconds, "
    "and double check your ssh key.\nHave fun!\n"
)


class BoxFiles:
    """A small read-mostly file system. `now` gives simulated seconds; paths may be relative to `cwd`."""

    def __init__(self, box: Box, now: Callable[[], float]) -> None:
        self.box = box
        self.now = now
        self.cwd = HOME

    def full(self, path: str) -> str:
        """The absolute form of a path."""
        path = HOME + path[1:] if path.startswith("~") else path
        # normpath keeps two leading slashes, which POSIX lets mean something else; on Linux they do not.
        return "/" + posixpath.normpath(posixpath.join(self.cwd, path)).lstrip("/")

    def _fixed(self) -> dict[str, bytes]:
        box = self.box
        box.deliver(self.now())
        env = "".join(f"{key}={value}\n" for key, value in box.order.env if not key.startswith("-"))
        own = f"CONTAINER_ID={box.id}\nCONTAINER_API_KEY={box.api_key}\nVAST_CONTAINERLABEL=C.{box.id}\n"
        return {
            f"{HOME}/.vast_containerlabel": f"C.{box.id}\n".encode(),
            f"{HOME}/.vast_api_key": f"{box.api_key}\n".encode(),
            f"{HOME}/onstart.sh": f"{box.order.onstart or ''}\n".encode(),
            f"{HOME}/hasbooted": b"",
            "/etc/environment": (own + env).encode(),
            "/etc/hostname": f"{box.id}\n".encode(),
            "/workspace/README.md": b"# workspace\n",
            "/workspace/train_network.py": b"print('steps')\n",
            **box.made,
        }

    def is_log(self, path: str) -> bool:
        """Whether a path is one that the start command tees its output to."""
        return self.full(path) in self.box.log_paths and bool(self.box.segments)

    def size(self, path: str) -> int | None:
        """Bytes in a file; None when there is none."""
        if self.is_log(path):
            return self.box.log_size(self.now())
        text = self._fixed().get(self.full(path))
        return None if text is None else len(text)

    def read(self, path: str, offset: int = 0) -> bytes | None:
        """A file from byte `offset` on; None when there is none."""
        if self.is_log(path):
            return self.box.log_from(self.now(), offset)
        text = self._fixed().get(self.full(path))
        return None if text is None else text[offset:]

    def inode(self, path: str) -> int:
        """A number that stays with the file, and changes with a recycled container."""
        started = self.box.segments[0].start if self.box.segments else 0.0
        return (zlib.crc32(f"{self.full(path)}:{started:.3f}".encode()) & 0xFFFFFF) + 1

    def changed(self, path: str) -> int:
        """When it was last written: logs now, the others when they or the box were made."""
        return int(self.now() if self.is_log(path) else self.box.changed.get(self.full(path), self.box.created))

    def write(self, path: str, text: bytes, *, append: bool = False) -> None:
        """Make or extend a plain file; logs cannot be written."""
        full = self.full(path)
        if not self.is_log(path):
            self.box.changed[full] = self.now()
            self.box.made[full] = (self.box.made.get(full, b"") if append else b"") + text

    def remove(self, path: str) -> bool:
        """Remove a file that was made here."""
        return self.box.made.pop(self.full(path), None) is not None

    def make_folder(self, path: str) -> None:
        """Make a folder, and those above it."""
        full = self.full(path)
        while full != "/":
            self.box.folders.add(full)
            full = posixpath.dirname(full)

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder."""
        if self.listing(path):
            return False
        self.box.folders.discard(self.full(path))
        return True

    def rename(self, path: str, target: str) -> bool:
        """Give a file that was made here another name, instead of the file that bears it."""
        text = self.box.made.pop(self.full(path), None)
        if text is not None:
            self.box.made[self.full(target)] = text
            self.box.changed[self.full(target)] = self.now()
        return text is not None

    def paths(self) -> list[str]:
        """All files there are."""
        logs = self.box.log_paths if self.box.segments else ()
        return sorted({*self._fixed(), *logs})

    def is_directory(self, path: str) -> bool:
        """Whether some file lies below a path."""
        full = self.full(path).rstrip("/")
        if full in ("", "/tmp", HOME, *self.box.folders):
            return True
        return any(name.startswith(full + "/") for name in self.paths())

    def listing(self, path: str) -> list[str] | None:
        """Names in a directory, or the path itself for a file; None when there is neither."""
        full = self.full(path)
        if self.size(path) is not None:
            return [path]
        if not self.is_directory(path):
            return None
        start = full.rstrip("/") + "/"
        names = {*self.paths(), *self.box.folders}
        return sorted({name[len(start) :].split("/")[0] for name in names if name.startswith(start)} - {""})
