"""SFTP into the small file system of a played box: logs and results can be read, files written, moved, removed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncssh
from asyncssh import constants

from vasttui.sim.files import BoxFiles

_CREATE = constants.FXF_CREAT | constants.FXF_TRUNC | constants.FXF_EXCL


@dataclass
class _Open:
    """An open file: what is read comes from the box, what is written is kept until it is closed."""

    path: str
    files: BoxFiles
    written: bytearray | None = None
    closed: bool = False

    def seek(self, offset: int, whence: int) -> int:
        """Where data (`SEEK_DATA`) or a hole begins: asyncssh asks its server's files so. There are no holes."""
        size = (self.files.size(self.path) or 0) if self.written is None else len(self.written)
        if whence == os.SEEK_DATA and offset >= size:
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return offset if whence == os.SEEK_DATA else size


class BoxSftp(asyncssh.SFTPServer):
    """One SFTP session on a played box."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], files: BoxFiles) -> None:
        super().__init__(chan)
        self._files = files

    def _path(self, path: bytes) -> str:
        return self._files.full(path.decode(errors="surrogateescape"))

    def realpath(self, path: bytes) -> bytes:
        """The absolute form of a path; relative ones begin in /root."""
        return self._path(path).encode(errors="surrogateescape")

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Size, kind and times."""
        full = self._path(path)
        size = self._files.size(full)
        if size is None and not self._files.is_directory(full):
            raise _missing(full)
        changed = self._files.changed(full)
        mode = stat.S_IFDIR | 0o755 if size is None else stat.S_IFREG | 0o644
        size = 4096 if size is None else size
        return asyncssh.SFTPAttrs(size=size, permissions=mode, uid=0, gid=0, atime=changed, mtime=changed)

    stat = lstat

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """Size, kind and times of an open file."""
        opened = _of(file_obj)
        if opened.written is None:
            return self.lstat(opened.path.encode(errors="surrogateescape"))
        return asyncssh.SFTPAttrs(size=len(opened.written), permissions=stat.S_IFREG | 0o644, uid=0, gid=0)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Modes and times are taken and forgotten."""
        self.lstat(path)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Modes and times are taken and forgotten; a new size is kept."""
        opened = _of(file_obj)
        if opened.written is not None and attrs.size is not None:
            _resize(opened.written, attrs.size)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """The names in a folder."""
        full = self._path(path)
        names = self._files.listing(full) if self._files.size(full) is None else None
        if names is None:
            raise _missing(full)
        for name in (".", "..", *names):
            attrs = self.lstat(f"{full}/{name}".encode(errors="surrogateescape"))
            yield asyncssh.SFTPName(name.encode(errors="surrogateescape"), attrs=attrs)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file; logs cannot be written."""
        full = self._path(path)
        size = self._files.size(full)
        if not pflags & (constants.FXF_WRITE | constants.FXF_APPEND):
            if size is None:
                raise _missing(full)
            return _Open(full, self._files)
        if self._files.is_log(full) or self._files.is_directory(full):
            raise asyncssh.SFTPPermissionDenied(f"{full}: Permission denied")
        if size is None and not pflags & _CREATE:
            raise _missing(full)
        if size is not None and pflags & constants.FXF_EXCL:
            raise asyncssh.SFTPFailure(f"{full}: File exists")
        if not self._files.is_directory(full.rpartition("/")[0]):
            raise _missing(full.rpartition("/")[0])
        old = b"" if pflags & constants.FXF_TRUNC else self._files.read(full) or b""
        self._files.write(full, old)
        return _Open(full, self._files, bytearray(old))

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Bytes of a file as it is now."""
        opened = _of(file_obj)
        text = opened.written if opened.written is not None else self._files.read(opened.path) or b""
        return bytes(text[offset : offset + size])

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Put bytes into a file."""
        opened = _of(file_obj)
        if opened.written is None:
            raise asyncssh.SFTPPermissionDenied(f"{opened.path}: opened for reading")
        if offset > len(opened.written):
            _resize(opened.written, offset)
        opened.written[offset : offset + len(data)] = data
        return len(data)

    def close(self, file_obj: object) -> None:
        """Keep what was written."""
        opened = _of(file_obj)
        if opened.written is not None and not opened.closed:
            opened.closed = True
            self._files.write(opened.path, bytes(opened.written))

    def remove(self, path: bytes) -> None:
        """Remove a file that was made."""
        full = self._path(path)
        if not self._files.remove(full):
            raise _missing(full)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Make a folder in one that is there."""
        full = self._path(path)
        if self._files.is_directory(full) or self._files.size(full) is not None:
            raise asyncssh.SFTPFailure(f"{full}: File exists")
        if not self._files.is_directory(full.rpartition("/")[0]):
            raise _missing(full)
        self._files.make_folder(full)

    def rmdir(self, path: bytes) -> None:
        """Remove an empty folder."""
        full = self._path(path)
        if not self._files.remove_folder(full):
            raise asyncssh.SFTPFailure(f"{full}: Directory not empty")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file a name that is free."""
        if self._files.size(self._path(newpath)) is not None:
            raise asyncssh.SFTPFailure(f"{self._path(newpath)}: File exists")
        self.posix_rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file another name, instead of the file that bears it."""
        if not self._files.rename(self._path(oldpath), self._path(newpath)):
            raise _missing(self._path(oldpath))


def _of(file_obj: object) -> _Open:
    assert isinstance(file_obj, _Open)
    return file_obj


def _missing(path: str) -> asyncssh.SFTPError:
    return asyncssh.SFTPNoSuchFile(f"{path}: No such file or directory")


def _resize(text: bytearray, size: int) -> None:
    del text[size:]
    text.extend(bytes(size - len(text)))
