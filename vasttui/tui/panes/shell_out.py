"""Another program on the terminal in place of the dashboard: a shell on an instance, a pager, an editor."""

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
    """Open a shell over SSH, and come back when it ends; polling goes on meanwhile.

    Raises:
        VastError: the terminal cannot be handed over, the command is not there, or SSH itself failed.
    """
    try:
        code = await hand_over(app, argv)
    except OSError as error:
        raise SshError(f"{argv[0]}: {error.strerror}", hint="Is OpenSSH's client installed?") from error
    # OpenSSH's own failures end with 255; any other code is the remote shell's.
    if code == 255:
        raise SshError("ssh ended with an error", hint="A box refuses SSH in its first minutes; wait for ready.")


async def open_in(app: App[Any], argv: Sequence[str], variable: str) -> None:
    """Open a pager or an editor, and come back when it ends.

    Args:
        app: what has the terminal.
        argv: the command.
        variable: the environment variable that names the command.

    Raises:
        VastError: the terminal cannot be handed over, or the command cannot be run.
    """
    try:
        code = await hand_over(app, argv)
    except OSError as error:
        raise VastError(f"{argv[0]}: {error.strerror}", hint=f"${variable} says which program it is.") from error
    if code > 0:
        raise VastError(f"{argv[0]} ended with code {code}", hint=f"${variable} says which program it is.")


async def hand_over(app: App[Any], argv: Sequence[str]) -> int:
    """Hand the terminal to a command, and take it back when it ends; its exit code.

    Raises:
        VastError: this terminal cannot be handed over.
        OSError: the command cannot be run.
    """
    try:
        # Painting would write into the other program's screen.
        with app.batch_update(), app.suspend(), _interrupts_ignored():
            failed, code = await asyncio.to_thread(_run, argv)
    except SuspendNotSupported as error:
        raise VastError("this terminal cannot be handed to another program") from error
    app.refresh(layout=True)
    if failed is not None:
        raise failed
    return code


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
