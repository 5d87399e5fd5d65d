"""The start command that is sent when a box is rented."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import ascii_letters

from vasttui.errors import UsageError

FOLDER = "/var/log/vasttui"
"""Where everything is kept on the box."""

INIT = "/proc/1"
"""The container's first process: its environment, and its output, which is the container's log."""

ONSTART_LIMIT = 4048
"""Characters that Vast.ai takes for onstart (vast-ai/docs, create_instance.yaml)."""

_RUN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_URL = re.compile(r"https?://[A-Za-z0-9._:/\[\]-]{1,200}")


@dataclass(frozen=True, slots=True)
class Switch:
    """The dead man's switch of a box that is to be sent.

    Attributes:
        api_url: base of Vast.ai's API, with /api/v0.
        lease: seconds that the box lives on after the last beat, or from its start for a fixed lease.
        grace: seconds that it waits for vasttui after its run has ended; 0 for a box without a job.
        end: "destroy" or "stop".
        fixed: beats do not extend the lease.
    """

    api_url: str
    lease: float
    grace: float = 0.0
    end: str = "destroy"
    fixed: bool = False


def start_command(script: str, *, run_id: str = "", switch: Switch | None = None) -> str:
    """The start command to send: install and arm the switch, then run `script` (as run `run_id`, for a job: with
    start and done marks, and once only: a restarted container does not run again what has ended).

    The script runs by bash where there is one, else by sh. Its output also goes to `LOG_PATH`. What would be longer
    than Vast.ai takes is packed by gzip and base64, which the image must have then. "" when there is nothing to do.

    Raises:
        UsageError: the address of the API cannot be put into a command.
    """
    work = script.replace("\r\n", "\n").strip()
    if not work and switch is None:
        return ""
    plain = _command(work, run_id, switch, document)
    return plain if len(plain) <= ONSTART_LIMIT else _command(work, run_id, switch, _packed)


def _command(work: str, run_id: str, switch: Switch | None, write: Callable[[str, str], str]) -> str:
    target = f"runs/{_checked(run_id)}/script" if run_id else "onstart"
    lines = [f"F={FOLDER}", f"mkdir -p $F/{target.rpartition('/')[0]}"]
    if switch or run_id:
        lines.append(write("$F/box", source("box.sh")))
    if work:
        lines.append(write(f"$F/{target}", work))
    if switch:
        lines.append(f"sh $F/box {watch_words(switch)}&")
    if work and run_id:
        lines.append(f"sh $F/box run {run_id}")
    elif work:
        lines.append(f"$(command -v bash||echo sh) $F/onstart 2>&1|tee -a {FOLDER}/onstart.log")
    return "\n".join(lines)


def switch_env(switch: Switch) -> dict[str, str]:
    """The switch's settings as variables of the container: seconds, "destroy" or "stop", "0" or "1"."""
    return {
        "VASTTUI_LEASE": str(round(switch.lease)),
        "VASTTUI_GRACE": str(round(switch.grace)),
        "VASTTUI_END": switch.end,
        "VASTTUI_FIXED": str(int(switch.fixed)),
    }


def script_path(run_id: str) -> str:
    """Where the script of a run is put on the box."""
    return f"{FOLDER}/runs/{_checked(run_id)}/script"


def watch_words(switch: Switch, verb: str = "watch") -> str:
    """The words by which the switch is started."""
    if not _URL.fullmatch(switch.api_url):
        raise UsageError(f"api_url {switch.api_url!r}: a box could not use it", hint="Expected https://HOST/api/v0.")
    url = switch.api_url.rstrip("/")
    return f"{verb} {url} {round(switch.lease)} {round(switch.grace)} {_end(switch)} {int(switch.fixed)}"


def document(path: str, text: str) -> str:
    """Shell text that writes `text` to a file, whatever it holds. The path is not quoted.

    No line begins as the end word does where that can be had: dash 0.5 drops a byte from `~ü` then.
    """
    lines = text.split("\n")
    begun = {line[:1] for line in lines}
    end = next((letter for letter in f"~_{ascii_letters}" if letter not in begun), "~")
    while end in lines:
        end += "~"
    return f"cat >{path} <<'{end}'\n{text}\n{end}"


def _packed(path: str, text: str) -> str:
    """`document`, shorter for a long text; the image needs base64 and gzip."""
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f"echo {packed}|base64 -d|gzip -d>{path}||echo 'vasttui: this start command needs base64 and gzip'"


@cache
def source(name: str) -> str:
    """A script of this package as it is sent, without comments, blank lines and indents."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def _end(switch: Switch) -> str:
    if switch.end not in ("destroy", "stop"):
        raise ValueError(f"a switch ends by destroy or stop, not by {switch.end!r}")
    return switch.end


def _checked(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise ValueError(f"{run_id!r} is no run id")
    return run_id
