"""`vasttui config path|init|check|show`."""

from __future__ import annotations

from pathlib import Path

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring, check_pattern

BAD_CONFIG = 2


@click.group()
def config() -> None:
    """Where the config is, a first one, and whether it is right."""


def _file(wiring: Wiring) -> Path:
    from vasttui.config import config_file

    return config_file(wiring.config_file, env_file=wiring.env_file)


@config.command()
@click.pass_obj
def path(wiring: Wiring) -> None:
    """Print where the config file is looked for."""
    click.echo(str(_file(wiring)))


@config.command()
@click.pass_obj
def init(wiring: Wiring) -> None:
    """Write an explained config file, if there is none yet."""
    from vasttui.config import init as write_example

    say(f"written: {write_example(_file(wiring))}")


@config.command()
@click.pass_obj
def check(wiring: Wiring) -> None:
    """Check the config: every problem in one line each."""
    from vasttui.config import check as problems_of

    problems = problems_of(wiring.config_file, env_file=wiring.env_file, check_pattern=check_pattern)
    for problem in problems:
        say(problem)
    if problems:
        raise click.exceptions.Exit(BAD_CONFIG)
    file = _file(wiring)
    say(f"{file}: good" if file.exists() else f"{file}: not there, the defaults are in force")


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show(wiring: Wiring, as_json: bool) -> None:
    """Show every value in force and where it comes from; secrets are masked."""
    from vasttui.config import describe

    rows = describe(wiring.config)
    if as_json:
        print_json({key: {"value": value, "origin": origin} for key, value, origin in rows})
    else:
        print_table(("KEY", "VALUE", "FROM"), rows)
    for warning in wiring.config.warnings:
        say(f"warning: {warning}")
