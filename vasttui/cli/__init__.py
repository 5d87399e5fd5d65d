"""The command line: wiring, exit codes, and nothing imported that the command does not need."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from vasttui.errors import UsageError, VastError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF})
"""What writing to a full disk, a dead terminal or a closed stdout gives."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with the exit code that `vasttui --help` documents."""
    from vasttui.cli.commands import cli

    _fill_streams()
    try:
        _check_text(sys.argv[1:] if argv is None else argv)
        # Outside standalone mode click returns the code of ctx.exit() instead of leaving.
        code = cli.main(args=argv, prog_name="vasttui", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as wrong:
        wrong.show(file=sys.stderr)
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except VastError as error:
        complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output has left (`| head`); the interpreter's own flush at exit must stay quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _no_more_output(f"the output cannot be written: {os.strerror(error.errno or 0)}")
    except BaseExceptionGroup as group:
        # A task that had no one to tell it to; anything but an expected fault is a bug and stays loud.
        faults, bugs = group.split(VastError)
        if faults is None or bugs is not None:
            raise
        fault = _first(faults)
        complain(fault)
        sys.exit(fault.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _fill_streams() -> None:
    """Put something in place of the streams that the shell closed (`>&-`): the next file opened would take its number.

    Writing to a closed stdout fails, as it does for every program; talk to a closed stderr goes nowhere.
    """
    for number, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, flags)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


def _check_text(arguments: list[str]) -> None:
    """Raise UsageError for an argument that no request and no file of ours could hold."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = argument.encode(errors="replace").decode()
            raise UsageError(f"argument {shown[:60]!r} is not UTF-8 text") from None


def _no_more_output(message: str) -> NoReturn:
    # What is still in the buffers must not fail again when the interpreter flushes them.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    with suppress(OSError):
        click.echo(f"vasttui: {message}", err=True)
    sys.exit(1)


def _first(group: BaseExceptionGroup[VastError]) -> VastError:
    """The first fault of a group of expected ones."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def complain(error: VastError) -> None:
    """Say on stderr what went wrong and what to do."""
    click.echo(f"vasttui: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
