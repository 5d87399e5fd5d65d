"""Printing: data to stdout, talk to stderr, colour only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click


def say(text: str) -> None:
    """Talk: on stderr."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout; escaped where the locale could not write it."""
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    click.echo(json.dumps(value, ensure_ascii=plain, default=str, allow_nan=False))


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset(), err: bool = False
) -> None:
    """Columns separated by two blanks, as wide as their widest cell; the columns in `right` are right-aligned.

    A table that is talk goes to stderr.
    """
    lines = [list(heads), *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(line)
        ]
        text = "  ".join(cells).rstrip()
        click.echo(click.style(text, dim=True) if number == 0 else text, err=err)


def _plain(cell: str) -> str:
    """The cell without anything that could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in cell)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before spending or destroying.

    Raises:
        click.UsageError: there is no terminal to ask on and `--yes` was not given.
        click.Abort: the answer was no.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(f"{question} There is no terminal to ask on: give --yes.")
    click.confirm(question, abort=True, err=True)
