"""`vasttui config path|init|check|show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vasttui.cli.output import print_json, print_table, say
from vasttui.cli.wiring import Wiring, check_pattern

if TYPE_CHECKING:
    from vasttui.config import Config, Preset

BAD_CONFIG = 2


@click.group()
def config() -> None:
    """Where the config is, a first one, and whether it is right.

    \b
    Example:
      vasttui config check
    """


def _file(wiring: Wiring) -> Path:
    from vasttui.config import config_file

    return config_file(wiring.config_file, env_file=wiring.env_file)


@config.command()
@click.pass_obj
def path(wiring: Wiring) -> None:
    """Print where the config file is looked for.

    \b
    Example:
      $EDITOR "$(vasttui config path)"
    """
    click.echo(str(_file(wiring)))


@config.command()
@click.pass_obj
def init(wiring: Wiring) -> None:
    """Write an explained config file, if there is none yet.

    \b
    Example:
      vasttui --config ./vasttui.yaml config init
    """
    from vasttui.config import init as write_example

    say(f"written: {write_example(_file(wiring))}")


@config.command()
@click.pass_obj
def check(wiring: Wiring) -> None:
    """Check the config: every problem in one line each.

    \b
    Example:
      vasttui --config ./vasttui.yaml config check
    """
    from vasttui.config import check as problems_of

    problems = problems_of(wiring.config_file, env_file=wiring.env_file, check_pattern=check_pattern)
    problems = problems or tuple(_search_problems(wiring.config))
    for problem in problems:
        say(problem)
    if problems:
        raise click.exceptions.Exit(BAD_CONFIG)
    file = _file(wiring)
    say(f"{file}: good" if file.exists() else f"{file}: not there, the defaults are in force")


def _search_problems(config: Config) -> Iterator[str]:
    """What is wrong with the searches and presets of a config whose values fit each for itself."""
    for name, text in config.searches.items():
        if problem := _query_problem(text):
            yield f"{config.origin['searches']}: searches.{name}: {problem}"
    for preset in config.presets.values():
        for key, problem in _preset_problems(preset):
            path = f"presets.{preset.name}.{key}"
            yield f"{config.origin[path]}: {path}: {problem}"


def _query_problem(text: str) -> str:
    from vasttui.errors import UsageError
    from vasttui.offers.query import parse_strictly

    try:
        parse_strictly(text)
    except UsageError as error:
        return error.message
    return ""


def _preset_problems(preset: Preset) -> Iterator[tuple[str, str]]:
    from vasttui.errors import UsageError
    from vasttui.jobs.rental import RentPlan, unarmed_reason
    from vasttui.offers.query import parse_order

    if preset.query and (problem := _query_problem(preset.query)):
        yield "query", problem
    if preset.order:
        try:
            parse_order(preset.order)
        except UsageError as error:
            yield "order", error.message.removeprefix("order: ")
    if preset.watch_rent and preset.watch_below is None:
        yield "watch_rent", "nothing is watched without watch_below"
    if preset.lease is not None and (reason := unarmed_reason(RentPlan(runtype=preset.runtype))):
        yield "lease", reason


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show(wiring: Wiring, as_json: bool) -> None:
    """Show every value in force and where it comes from; secrets are masked.

    \b
    Example:
      vasttui config show --json | jq .max_price
    """
    from vasttui.config import describe

    rows = describe(wiring.config)
    if as_json:
        print_json({key: {"value": value, "origin": origin} for key, value, origin in rows})
    else:
        print_table(("KEY", "VALUE", "FROM"), rows)
    for warning in wiring.config.warnings:
        say(f"warning: {warning}")
