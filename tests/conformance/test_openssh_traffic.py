"""The counters of a real machine, read over a real sshd as the probe reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vasttui.instances.traffic import received_bytes
from vasttui.ssh import SshTarget, connect

COUNTERS = Path("/proc/net/dev")
OWN = received_bytes(COUNTERS.read_text()) if COUNTERS.exists() else None


@pytest.mark.skipif(not COUNTERS.exists(), reason="needs Linux")
async def test_what_a_machine_has_received_is_read(target: SshTarget) -> None:
    connection = await connect(target)
    try:
        counts = []
        for _ in range(2):
            code, text, _ = await connection.run("cat /proc/net/dev")
            assert code == 0
            counts.append(received_bytes(text))
    finally:
        await connection.close()
    assert (counts[0] is None) == (OWN is None)
    if counts[0] is not None and counts[1] is not None:
        assert counts[0] <= counts[1]
