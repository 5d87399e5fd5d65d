"""The public keys that this computer can offer."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from pathlib import Path

import asyncssh
import pytest

from tests.conftest import until
from vasttui.ssh import own_keys, public_part


def made(path: Path, *, pub: bool = True) -> str:
    """A new private key in a file; gives its public part."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="me@here")
    path.parent.mkdir(parents=True, exist_ok=True)
    key.write_private_key(path)
    path.chmod(0o600)
    if pub:
        key.write_public_key(f"{path}.pub")
    return public_part(key.export_public_key().decode())


async def test_the_configured_key_alone_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = made(tmp_path / ".ssh" / "id_ed25519")
    mine = made(tmp_path / "key")
    assert await own_keys(tmp_path / "key", {}) == frozenset({mine})
    assert await own_keys(None, {}) == frozenset({usual})


async def test_a_key_without_its_public_file_is_read_where_that_can_be(tmp_path: Path) -> None:
    assert await own_keys(tmp_path / "bare", {}) == frozenset(), "there is none at all"
    bare = made(tmp_path / "bare", pub=False)
    assert await own_keys(tmp_path / "bare", {}) == frozenset({bare})
    (tmp_path / "odd").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n")
    assert await own_keys(tmp_path / "odd", {}) is None


@pytest.mark.skipif(not (shutil.which("ssh-agent") and shutil.which("ssh-add")), reason="needs OpenSSH's agent")
async def test_keys_of_the_agent_count(tmp_path: Path) -> None:
    held = made(tmp_path / "held")
    socket = {"SSH_AUTH_SOCK": str(tmp_path / "agent")}
    agent = await asyncio.create_subprocess_exec("ssh-agent", "-D", "-a", socket["SSH_AUTH_SOCK"], stdout=DEVNULL)
    try:
        await until(Path(socket["SSH_AUTH_SOCK"]).exists)
        assert await own_keys(tmp_path / "none", socket) == frozenset()
        words = ("ssh-add", str(tmp_path / "held"))
        add = await asyncio.create_subprocess_exec(*words, env={**os.environ, **socket}, stderr=DEVNULL)
        assert await add.wait() == 0
        assert await own_keys(tmp_path / "none", socket) == frozenset({held})
    finally:
        agent.terminate()
        await agent.wait()


async def test_a_dumb_agent_means_unknown(tmp_path: Path) -> None:
    dead = tmp_path / "agent"
    dead.touch()
    assert await own_keys(tmp_path / "none", {"SSH_AUTH_SOCK": str(dead)}) is None
    assert await own_keys(tmp_path / "none", {"SSH_AUTH_SOCK": str(tmp_path / "gone")}) == frozenset()
