"""A shell on an instance in place of the dashboard."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from textual.app import App, SuspendNotSupported

from vasttui.errors import SshError, VastError


async def shell_out(app: App[Any], argv: Sequence[str]) -> None:
    """Hand the terminal to a command, and take it back when it ends; polling goes on meanwhile.

    Raises:
        VastError: the terminal cannot be handed over, the command is not there, or SSH itself failed.
    """
    try:
        # Painting would write into the shell's screen.
        with app.batch_update(), app.suspend(), _interrupts_ignored():
            failed, code = await asyncio.to_thread(_run, argv)
    except SuspendNotSupported as error:
        raise VastError("this terminal cannot be handed to a shell", hint="Copy the command with c.") from error
    app.refresh(layout=True)
    if failed is not None:
        raise SshError(f"{argv[0]}: {failed.strerror}", hint="Is OpenSSH's client installed?") from failed
    # OpenSSH's own failures end with 255; any other code is the remote shell's.
    if code == 255:
        raise SshError("ssh ended with an error", hint="A box refuses SSH in its first minutes; wait for ready.")


def _run(argv: Sequence[str]) -> tuple[OSError | None, int]:
    # Textual does not take the terminal back when an exception passes through its suspend.
    try:
        return None, subprocess.run(list(argv), check=False).returncode
    except OSError as error:
        return error, -1


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """While another program has the terminal, ^C is meant for it."""
    # A function and not SIG_IGN, which the child would inherit.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
