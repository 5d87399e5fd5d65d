"""A box that is a real sshd."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.realbox import SHELLS, MakeBox, RealBox
from tests.conformance.sshd import SSHD, Sshd, free_port, keygen, start_sshd
from vasttui.ssh import SshTarget


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    if not SSHD:
        pytest.skip("needs OpenSSH's sshd")
    key = keygen(tmp_path / "client")
    shutil.copy(key.with_suffix(".pub"), tmp_path / "authorized_keys")
    server = start_sshd(tmp_path, free_port(), keygen(tmp_path / "hostkey"))
    yield server
    server.stop()


@pytest.fixture
def target(sshd: Sshd) -> SshTarget:
    return SshTarget(
        alias="vast-7",
        addresses=(("127.0.0.1", sshd.port),),
        known_hosts=sshd.folder / "state" / "known_hosts",
        key_paths=(sshd.folder / "client",),
        user=getpass.getuser(),
        environment={},
    )


@pytest.fixture
def make_box(tmp_path: Path) -> Iterator[MakeBox]:
    boxes: list[RealBox] = []

    def make(shell: str = "dash", *tools: str, env: dict[str, str] | None = None) -> RealBox:
        if shell not in SHELLS or any(shutil.which(tool) is None for tool in tools):
            pytest.skip(f"needs {shell} and {', '.join(tools)}")
        own = {"CONTAINER_ID": "7", "CONTAINER_API_KEY": "own-key"} if env is None else env
        boxes.append(RealBox(tmp_path / f"box{len(boxes)}", shell, tools, own))
        return boxes[-1]

    yield make
    for box in boxes:
        box.kill()
