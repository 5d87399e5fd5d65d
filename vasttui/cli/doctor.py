"""`vasttui doctor`: what works, what does not, and what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from vasttui.cli.output import print_json
from vasttui.cli.wiring import Wiring, run
from vasttui.errors import ConfigError, KeyRefused, NoKey, VastError

KEY_NAMES = ("id_ed25519", "id_ecdsa", "id_rsa")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is good, what was seen, what to do."""

    check: str
    good: bool
    seen: str
    advice: str = ""
    exit_code: int = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def doctor(wiring: Wiring, as_json: bool) -> None:
    """Check key, reach, SSH key, places and terminal, each with what to do.

    \b
    Example:
      vasttui doctor
    """
    findings = run(_all(wiring))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    bad = [finding for finding in findings if not finding.good]
    if bad:
        raise click.exceptions.Exit(bad[0].exit_code)


def _print(finding: Finding) -> None:
    mark = click.style("✔ good", fg="green") if finding.good else click.style("✖ bad ", fg="red")
    click.echo(f"{mark}  {finding.check:<10} {finding.seen}")
    if finding.advice and not finding.good:
        click.echo(f"{'':19}{finding.advice}")


async def _all(wiring: Wiring) -> list[Finding]:
    findings = [_terminal()]
    try:
        config = wiring.config
    except ConfigError as error:
        return [*findings, Finding("config", False, error.message, error.hint, error.exit_code)]
    found = config.paths.config_file.exists()
    findings.append(Finding("config", True, f"{config.paths.config_file}{'' if found else ' (none, defaults)'}"))
    findings.extend(Finding("config", False, warning) for warning in config.warnings)
    findings.extend(_places(config.paths.state_dir))
    findings.append(_ssh_client())
    public = await asyncio.to_thread(_public_keys, config.ssh_key_path)
    findings.append(_ssh_key(config.ssh_key_path, public))
    findings.extend([finding async for finding in _vast(wiring, public)])
    return findings


def _terminal() -> Finding:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower()
    seen = f"{os.environ.get('TERM', 'unknown')}, {size.columns}x{size.lines}, {encoding}"
    if "utf" not in encoding:
        return Finding("terminal", False, seen, "Set a UTF-8 locale, or `ascii: true` in the config.")
    if size.columns < 80 or size.lines < 24:
        return Finding("terminal", False, seen, "The dashboard wants at least 80x24.")
    return Finding("terminal", True, seen)


def _places(state: Path) -> Iterator[Finding]:
    from vasttui.journal import Journal

    try:
        Journal(state / "journal.sqlite").close()
    except VastError as error:
        yield Finding("state", False, error.message, error.hint)
        return
    free = shutil.disk_usage(state).free / 1e9
    yield Finding("state", free > 0.2, f"{state}, {free:.1f} GB free", "Free some space.")


def _ssh_client() -> Finding:
    found = shutil.which("ssh")
    return Finding("ssh", found is not None, found or "no ssh on the PATH", "Install the OpenSSH client.")


def _public_keys(configured: Path | None) -> list[str]:
    private = [configured] if configured else [Path.home() / ".ssh" / name for name in KEY_NAMES]
    texts = []
    for path in private:
        try:
            texts.append(path.with_name(path.name + ".pub").read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError):
            continue
    return texts


def _ssh_key(configured: Path | None, public: list[str]) -> Finding:
    if configured is not None and not configured.exists():
        advice = "VASTAI_SSH_KEY_PATH or ssh_key_path names it."
        return Finding("ssh key", False, f"{configured} is not there", advice, exit_code=2)
    if public:
        return Finding("ssh key", True, f"{len(public)} public key(s) here")
    if configured is not None:
        return Finding("ssh key", True, f"{configured}, without its .pub beside it")
    agent = bool(os.environ.get("SSH_AUTH_SOCK"))
    advice = "Make one: ssh-keygen -t ed25519, then add its .pub at https://cloud.vast.ai/manage-keys/"
    return Finding("ssh key", agent, "an SSH agent" if agent else "none found", advice)


async def _vast(wiring: Wiring, public: list[str]) -> AsyncIterator[Finding]:
    config = wiring.config
    try:
        async with wiring.client() as client:
            account = await client.account()
            credit = "unknown" if account.credit is None else f"${account.credit:.2f}"
            origin = "the demo" if wiring.demo else config.api_key_origin
            yield Finding("api", True, f"{'simulated Vast.ai' if wiring.demo else config.api_url}")
            yield Finding("api key", True, f"from {origin}; credit {credit}")
            known = {" ".join((key.key or "").split()[:2]) for key in (await client.ssh_keys()).items}
            here = any(" ".join(text.split()[:2]) in known for text in public)
            if known and not public and config.ssh_key_path is not None:
                yield Finding("ssh at vast", True, f"{len(known)} key(s) at Vast.ai; whether yours is one is not known")
                return
            advice = "Add your public key at https://cloud.vast.ai/manage-keys/ before renting."
            yield Finding("ssh at vast", here or wiring.demo, f"{len(known)} key(s) at Vast.ai", advice)
    except (NoKey, KeyRefused) as error:
        where = f" (from {config.api_key_origin})" if config.api_key_origin else ""
        yield Finding("api key", False, f"{error.message}{where}", error.hint, error.exit_code)
    except VastError as error:
        yield Finding("api", False, error.message, error.hint, error.exit_code)
