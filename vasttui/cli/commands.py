"""The root command and the lazily imported ones below it."""

from __future__ import annotations

import difflib
import importlib
import signal
from pathlib import Path

import click

from vasttui import __version__
from vasttui.cli.wiring import Wiring

COMMANDS = {
    "search": "vasttui.cli.search:search",
    "rent": "vasttui.cli.rent:rent",
    "instances": "vasttui.cli.instances:instances",
    "logs": "vasttui.cli.logs:logs",
    "stop": "vasttui.cli.control:stop",
    "start": "vasttui.cli.control:start",
    "reboot": "vasttui.cli.control:reboot",
    "label": "vasttui.cli.control:label",
    "bid": "vasttui.cli.control:bid",
    "destroy": "vasttui.cli.control:destroy",
    "run": "vasttui.cli.run:run",
    "jobs": "vasttui.cli.jobs:jobs",
    "hosts": "vasttui.cli.hosts:hosts",
    "cost": "vasttui.cli.cost:cost",
    "config": "vasttui.cli.configure:config",
    "doctor": "vasttui.cli.doctor:doctor",
    "sim": "vasttui.cli.sim:sim",
}
"""Command name -> module:object, in the order of `--help`."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of `--help`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or suggest the nearest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            suggestion = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {name!r}.{suggestion}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; when nobody reads its output any more it ends as if by SIGPIPE, not with click's 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(128 + signal.SIGPIPE) from None


EXAMPLE = """\b
Examples:
  vasttui --demo                          try everything on a simulated market
  vasttui search 'gpu_name=RTX_4090 dph<0.5' --limit 5
  vasttui rent --preset upscale --wait
  vasttui destroy 28397367

\b
Exit codes: 0 done, 1 Vast.ai said no, 2 bad usage or config, 3 no key or key refused,
4 unreachable, 5 partly done, 130 interrupted, 143 terminated, 141 nobody reads the output.
"""


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Config file to use.")
@click.option("--env-file", type=click.Path(path_type=Path), help="File of NAME=value lines.")
@click.option("--read-only", is_flag=True, help="Nothing that spends, changes or destroys.")
@click.option("--demo", is_flag=True, help="An own simulated Vast.ai; nothing is spent.")
@click.option("--theme", help="Theme of the dashboard.")
@click.option("--log-file", type=click.Path(path_type=Path), help="Write what the program does to this file.")
@click.option("-v", "--verbose", is_flag=True, help="More in the log file.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    config_file: Path | None,
    env_file: Path | None,
    read_only: bool,
    demo: bool,
    theme: str | None,
    log_file: Path | None,
    verbose: bool,
) -> None:
    """Rent GPUs on Vast.ai from the terminal. Without a command: the dashboard."""
    ctx.obj = Wiring(
        config_file=config_file,
        env_file=env_file,
        read_only=read_only,
        demo=demo,
        theme=theme,
        log_file=log_file,
        verbose=verbose,
    )
    if ctx.invoked_subcommand is None:
        from vasttui.cli.dashboard import dashboard

        dashboard(ctx.obj)
