"""Files to and from a real OpenSSH server: whole or not at all, and nothing outside of the folder."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conformance.sshd import SSHD, Sshd, free_port, keygen, start_sshd
from vasttui.errors import SshError, StorageError, UsageError
from vasttui.ssh import SshConnection, SshTarget, connect, copying
from vasttui.ssh.files import Copied, get, put, put_text

SFTP_SERVER = next(
    (path for path in ("/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server") if Path(path).exists()), ""
)
PIECE = 1024 * 1024
GREET = """case $SSH_ORIGINAL_COMMAND in *sftp-server*) exec $SSH_ORIGINAL_COMMAND;; esac
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    if not (SSHD and SFTP_SERVER):
        pytest.skip("needs OpenSSH's sshd and sftp-server")
    folder = tmp_path / "sshd"
    folder.mkdir()
    shutil.copy(keygen(folder / "client").with_suffix(".pub"), folder / "authorized_keys")
    options = f"Subsystem sftp {SFTP_SERVER}\n"
    server = start_sshd(folder, free_port(), keygen(folder / "hostkey"), options=options)
    (folder / "greet.sh").write_text(GREET)
    yield server
    server.stop()


@pytest.fixture
def target(server: Sshd) -> SshTarget:
    return SshTarget(
        alias="vast-7",
        addresses=(("127.0.0.1", server.port),),
        known_hosts=server.folder / "state" / "known_hosts",
        key_paths=(server.folder / "client",),
        user=getpass.getuser(),
        environment={},
    )


@pytest.fixture
async def box(target: SshTarget) -> AsyncIterator[SshConnection]:
    async with await connect(target) as connection:
        yield connection


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder on the box."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where results go."""
    return tmp_path / "here"


def make(folder: Path, **files: bytes | str) -> None:
    for name, data in files.items():
        write(folder, name, data)


def write(folder: Path, name: str, data: bytes | str = b"x") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


async def test_globs_files_and_whole_folders_come_with_the_names_that_the_user_expects(
    box: SshConnection, there: Path, here: Path
) -> None:
    for name in ("a.mp4", "b.mp4", "log.txt", ".hidden", "run-1/x.ckpt", "run-2/x.ckpt", "run-2/deep/y.json", "empty"):
        write(there, name, "" if name == "empty" else name * 3)

    async def names(*patterns: str) -> list[str]:
        shutil.rmtree(here, ignore_errors=True)
        got = await get(box, patterns, here)
        assert all(path.is_file() for path in got)
        return sorted(str(path.relative_to(here)) for path in got)

    assert await names(f"{there}/*.mp4") == ["a.mp4", "b.mp4"]
    assert await names(f"{there}/*.mp4", f"{there}/a.*", f"{there}/empty") == ["a.mp4", "b.mp4", "empty"]
    assert await names(f"{there}/run-2") == ["run-2/deep/y.json", "run-2/x.ckpt"]
    assert await names(f"{there}/*/x.ckpt") == ["run-1/x.ckpt", "run-2/x.ckpt"]
    assert await names(f"{there}/**/*.json") == ["run-2/deep/y.json"]
    assert await names(f"{there}/run-2/**") == ["deep/y.json", "x.ckpt"]
    assert await names(f"{there}/none*", f"{there}/nothing/at/all") == []
    await names(str(there))
    assert tree(here / "there") == tree(there)


async def test_two_files_of_one_name_are_both_kept(box: SshConnection, there: Path, here: Path) -> None:
    make(there, a="", b="")
    write(there, "one/out.txt", "1")
    write(there, "two/out.txt", "2")
    write(there, "two/OUT.txt", "3")
    await get(box, [f"{there}/one/out.txt", f"{there}/two/out.txt", f"{there}/two/OUT.txt"], here)
    assert sorted(tree(here).values()) == [b"1", b"2", b"3"]


async def test_what_is_here_already_is_not_copied_again(box: SshConnection, there: Path, here: Path) -> None:
    source = write(there, "a.bin", b"1" * 5000)
    await get(box, [str(source)], here)
    copy = here / "a.bin"
    assert int(copy.stat().st_mtime) == int(source.stat().st_mtime)
    before = copy.stat().st_ino
    told: list[Copied] = []
    await get(box, [str(source)], here, told=told.append)
    assert copy.stat().st_ino == before
    assert told[-1] == Copied(5000, 5000, 1, 1)
    source.write_bytes(b"2" * 5000)
    os.utime(source, (1, 1))
    await get(box, [str(source)], here)
    assert copy.read_bytes() == b"2" * 5000


async def test_progress_grows_to_the_whole(box: SshConnection, there: Path, here: Path) -> None:
    size = 3 * PIECE + 17
    write(there, "big", os.urandom(size))
    write(there, "small", b"1")
    told: list[Copied] = []
    await get(box, [f"{there}/*"], here, told=told.append)
    assert told[0] == Copied(0, size + 1, 0, 2)
    assert told[-1] == Copied(size + 1, size + 1, 2, 2)
    assert [at.bytes for at in told] == sorted(at.bytes for at in told)
    assert tree(here) == tree(there)


HOSTILE = (b"\x1b[2Jclear", b"new\nline", b"-rf", b"not\xffutf8", "rtl\u202eexe".encode(), b"..x", b"$(reboot)", b" ")


async def test_hostile_names_become_plain_ones(box: SshConnection, there: Path, here: Path) -> None:
    for number, name in enumerate(HOSTILE):
        write(there, os.fsdecode(name), str(number))
    got = await get(box, [f"{there}/*", str(there)], here)
    assert len(got) == len(HOSTILE)
    assert all(path.name.isprintable() for path in below(here))
    assert [path for path in below(here) if path.is_file()] == sorted(got)
    assert sorted(path.read_text() for path in got) == sorted(map(str, range(len(HOSTILE))))


async def test_links_on_the_box_bring_their_files_but_no_circle(box: SshConnection, there: Path, here: Path) -> None:
    write(there, "blobs/1", "data")
    write(there, "out/plain", "p")
    (there / "out" / "file").symlink_to("../blobs/1")
    (there / "out" / "folder").symlink_to("../blobs")
    (there / "out" / "up").symlink_to("..")
    (there / "out" / "self").symlink_to("self")
    (there / "out" / "gone").symlink_to("nowhere")
    (there / "blobs" / "back").symlink_to("../out")
    os.mkfifo(there / "out" / "pipe")
    await get(box, [f"{there}/out"], here)
    assert not [path for path in below(here) if path.is_symlink()]
    got = tree(here)
    assert got.items() >= {"out/plain": b"p", "out/file": b"data", "out/folder/1": b"data"}.items()
    assert len(got) < 12


async def test_links_here_lead_nothing_out_of_the_folder(box: SshConnection, there: Path, tmp_path: Path) -> None:
    here, outside = tmp_path / "here", tmp_path / "outside"
    write(outside, "precious", "mine")
    here.mkdir()
    (here / "sub").symlink_to(outside)
    (here / "precious").symlink_to(outside / "precious")
    write(there, "sub/precious", "theirs")
    write(there, "precious", "theirs")
    with pytest.raises(StorageError, match="leads out of"):
        await get(box, [f"{there}/sub"], here)
    await get(box, [f"{there}/precious"], here)
    assert (outside / "precious").read_text() == "mine"
    assert (here / "precious").read_text() == "theirs"
    assert not (here / "precious").is_symlink()


async def test_a_broken_copy_goes_on_where_it_was_and_never_looks_whole(
    server: Sshd, target: SshTarget, there: Path, here: Path
) -> None:
    data = os.urandom(20 * PIECE)
    write(there, "small", b"s")
    write(there, "big", data)

    def cut(at: Copied) -> None:
        if at.bytes > 4 * PIECE:
            server.cut_connections()

    with pytest.raises(SshError, match="vast-7"):
        async with await connect(target) as connection:
            await get(connection, [f"{there}/*"], here, told=cut)
    assert not (here / "big").exists()
    kept = max(path.stat().st_size for path in below(here) if path.name.startswith(".vasttui-"))
    assert kept >= PIECE
    told: list[Copied] = []
    async with await connect(target) as connection:
        await get(connection, [f"{there}/*"], here, told=told.append)
    assert (here / "big").read_bytes() == data
    assert any(kept <= at.bytes <= kept + 1 for at in told[:5])
    assert [path.name for path in below(here)] == ["big", "small"]


async def test_a_copy_can_be_cancelled(box: SshConnection, there: Path, here: Path) -> None:
    write(there, "big", bytes(30 * PIECE))
    begun = asyncio.Event()

    def told(at: Copied) -> None:
        if at.bytes > 0:
            begun.set()

    task = asyncio.create_task(get(box, [f"{there}/big"], here, told=told))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (here / "big").exists()
    assert (await box.run("echo here"))[1] == "here\n"


async def test_a_full_disk_here_is_told_before_anything_is_copied(
    box: SshConnection, there: Path, here: Path
) -> None:
    with (there / "huge").open("wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(StorageError, match=r"4398\.0 GB are to be copied"):
        await get(box, [f"{there}/huge"], here)
    assert below(here) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
async def test_a_disk_that_gets_full_is_a_storage_error(
    box: SshConnection, there: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_open_part", lambda path: os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb"))
    write(there, "a", b"x" * 10_000)
    with pytest.raises(StorageError, match=r"here/a: No space left"):
        await get(box, [f"{there}/a"], here)
    assert not (here / "a").exists()


async def test_put_makes_folders_keeps_rights_and_skips_what_is_there(
    box: SshConnection, there: Path, tmp_path: Path
) -> None:
    source = tmp_path / "project"
    write(source, "run.sh", "#!/bin/sh\n").chmod(0o755)
    write(source, "data/x.bin", os.urandom(2 * PIECE + 5))
    write(source, "data/empty", b"")
    alone = write(tmp_path, "größe .txt", "1")
    told: list[Copied] = []
    await put(box, [source, alone], f"{there}/new/place", told=told.append)
    assert tree(there / "new/place") == {f"project/{name}": data for name, data in tree(source).items()} | {
        "größe .txt": b"1"
    }
    sent = there / "new/place/project/run.sh"
    assert (sent.stat().st_mode & 0o777, told[-1].files) == (0o755, 4)
    before = sent.stat().st_ino
    (source / "data/empty").write_text("no longer")
    await put(box, [source, alone], f"{there}/new/place")
    assert sent.stat().st_ino == before
    assert (there / "new/place/project/data/empty").read_text() == "no longer"


async def test_put_says_what_it_cannot_do(box: SshConnection, there: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"absent: No such file"):
        await put(box, [tmp_path / "absent"], str(there))
    one, two = write(tmp_path, "1/same"), write(tmp_path, "2/same")
    with pytest.raises(UsageError, match="would both be 'same'"):
        await put(box, [one, two], str(there))
    write(there, "file")
    with pytest.raises(SshError, match=r"vast-7:.*file"):
        await put(box, [one], f"{there}/file/below")


async def test_a_text_is_there_whole_and_private(box: SshConnection, there: Path) -> None:
    await put_text(box, "secret ö\n", f"{there}/.run/script", mode=0o700)
    await put_text(box, "second\n", f"{there}/.run/script")
    path = there / ".run/script"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("second\n", 0o600)
    assert [p.name for p in below(path.parent)] == ["script"]


async def test_a_home_is_where_relative_paths_begin(box: SshConnection, here: Path) -> None:
    name = f".vasttui-test-{os.getpid()}-{time.time_ns()}"
    try:
        await put_text(box, "1", f"~/{name}/x")
        assert len(await get(box, [f"{name}/x", f"~/{name}/*"], here)) == 1
    finally:
        shutil.rmtree(Path.home() / name, ignore_errors=True)


async def test_a_box_without_an_sftp_server_says_so(server: Sshd, target: SshTarget, here: Path) -> None:
    (server.folder / "greet.sh").write_text("exit 127\n")
    async with await connect(target) as connection:
        with pytest.raises(SshError, match="serves no files over SFTP") as caught:
            await get(connection, ["x"], here)
    assert "openssh-sftp-server" in caught.value.hint
