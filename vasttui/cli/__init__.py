"""The command line: wiring, exit codes, and nothing imported that the command does not need."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from vasttui.errors import VastError


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with the exit code that `vasttui --help` documents."""
    from vasttui.cli.commands import cli

    try:
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
    sys.exit(code if isinstance(code, int) else 0)


def complain(error: VastError) -> None:
    """Say on stderr what went wrong and what to do."""
    click.echo(f"vasttui: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
