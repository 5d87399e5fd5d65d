"""Addresses, remembered host keys, and the command for the system's ssh. What needs a server is in conformance."""

from __future__ import annotations

import re
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.errors import SshError
from vasttui.ssh import Lost, SshTarget, follow, ssh_command
from vasttui.ssh.tail import Notice, Splitter
from vasttui.ssh.target import remember_key, remembered_keys


def target(folder: Path, *addresses: tuple[str, int]) -> SshTarget:
    return SshTarget("vast-7", addresses, folder / "state" / "known_hosts", (Path("/keys/id"),))


def test_the_command(tmp_path: Path) -> None:
    command = ssh_command(target(tmp_path, ("ssh5.vast.ai", 10022), ("1.2.3.4", 22)))
    assert command[:5] == ["ssh", "-p", "10022", "-i", "/keys/id"]
    assert command[-2:] == ["--", "root@ssh5.vast.ai"]
    assert "HostKeyAlias=vast-7/ssh5.vast.ai:10022" in command


@pytest.mark.parametrize(
    "address",
    [
        ("-oProxyCommand=x", 22),
        ("", 22),
        ("a b", 22),
        ("a;b", 22),
        ("a\nb", 22),
        ("host", 0),
        ("host", 70000),
        ("$(x)", 22),
    ],
)
def test_an_address_that_is_none_never_becomes_an_argument(tmp_path: Path, address: tuple[str, int]) -> None:
    with pytest.raises(SshError, match="vast-7 has no usable SSH address"):
        ssh_command(target(tmp_path, address))


def test_no_address(tmp_path: Path) -> None:
    with pytest.raises(SshError, match="no usable"):
        ssh_command(target(tmp_path))


def test_host_keys_are_remembered_per_box_and_address(tmp_path: Path) -> None:
    box = target(tmp_path)
    assert remembered_keys(box, "h", 1) == frozenset()
    remember_key(box, "h", 1, "ssh-ed25519 AAAA")
    remember_key(box, "h", 2, "ssh-ed25519 BBBB")
    assert remembered_keys(box, "H", 1) == {"ssh-ed25519 AAAA"}
    assert remembered_keys(box, "h", 2) == {"ssh-ed25519 BBBB"}
    assert box.known_hosts.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(SshError, match=re.escape(str(tmp_path / "state"))):
        remember_key(target(tmp_path), "h", 1, "ssh-ed25519 AAAA")


async def test_host_keys_that_cannot_be_read_are_trouble_of_this_box_and_not_the_end(tmp_path: Path) -> None:
    box = target(tmp_path, ("127.0.0.1", 9))
    box.known_hosts.mkdir(parents=True)
    async with aclosing(follow(box, "/x")) as events:
        lost = await anext(events)
    assert isinstance(lost, Lost)
    assert str(box.known_hosts) in lost.error.message


KEY = "/.//././/"
SAID = f"tail: '{KEY}x' has been replaced;  following new file\n"


@given(
    st.lists(st.sampled_from(["tail: ", "tai", "a\n", "tail: '/x' has been replaced\n", "\n", SAID]), max_size=12),
    st.data(),
)
def test_what_tail_says_is_told_from_what_the_file_says(parts: list[str], data: st.DataObject) -> None:
    text = ("begin " + "".join(parts) + "\nend.").encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    splitter, pieces = Splitter(KEY), list[bytes | Notice]()
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        pieces += splitter.feed(text[start:end])
    kept = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    said = [piece for piece in pieces if isinstance(piece, Notice)]
    whole = re.compile(rb"tail: (?:(?!tail: )[^\n]){0,100}?" + re.escape(KEY.encode()) + rb"[^\n]*\n")
    assert kept == whole.sub(b"", text)
    assert len(said) == len(whole.findall(text))
