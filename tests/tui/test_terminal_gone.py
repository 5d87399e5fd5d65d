"""A terminal that goes away while something is drawn stops nothing."""

from __future__ import annotations

import os
import pty

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from vasttui.config import Config
from vasttui.tui.app import VastApp
from vasttui.tui.terminal import Output

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is closed")


def test_textuals_writing_thread_goes_on_when_its_terminal_is_closed() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", buffering=1) as screen:
        os.close(master)
        with pytest.raises(OSError, match="Input/output"):
            os.write(screen.fileno(), b"x")
        thread = WriterThread(Output(screen))  # type: ignore[arg-type]
        thread.start()
        for _ in range(3 * MAX_QUEUED_WRITES):
            thread._queue.put("a line that cannot be drawn\n", timeout=5)
        thread._queue.put(None, timeout=5)
        thread.join(5)
        assert not thread.is_alive()
        with pytest.raises(OSError, match="Input/output"):
            screen.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.fileno())  # so that closing it does not fail


async def test_the_dashboard_draws_on_such_an_output(config: Config) -> None:
    app = VastApp(None, config)
    assert isinstance(app.driver_class(app)._file, Output)  # type: ignore[attr-defined]
