"""What vasttui runs on a box over SSH: its beat, the start of a run, the switch where no start command could."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from vasttui.jobs.onbox.start import FOLDER, Switch, document, script_path, source, watch_words

_LONGEST = 65_536
_NOT_SENT = "no switch was sent to this box"
_BEAT = re.compile(r'::vasttui beat left=(-?\d{1,10}) why="([^"\n]{0,200})"')
_RUN = re.compile(r"::vasttui run id=([A-Za-z0-9_][A-Za-z0-9._-]{0,63})(?: code=(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Beat:
    """What a box answered when vasttui came.

    Attributes:
        armed: the watchdog process is alive and can call Vast.ai.
        left: seconds until the lease ends; None without a switch.
        text: why it is not armed, or "".
        codes: run id -> exit code, of the runs that ended.
        running: run ids of the runs that work.
    """

    armed: bool
    left: float | None
    text: str
    codes: dict[str, int]
    running: tuple[str, ...]


def beat_command(lease: float) -> str:
    """The command that is run over SSH: "I am here, live for `lease` more seconds"; it prints what `read_beat` reads.

    A fixed lease stays as it is. A switch whose process was killed is started again.
    """
    return _over_ssh(f"beat {round(lease)} 0")


def extend_command(lease: float) -> str:
    """`beat_command` on the user's wish: it changes a fixed lease too."""
    return _over_ssh(f"beat {round(lease)} 1")


def read_beat(output: str) -> Beat | None:
    """What a box answered; None when vasttui's script is not on it."""
    lines = [line.strip() for line in output[:_LONGEST].splitlines()]
    found = next((match for line in lines if (match := _BEAT.fullmatch(line))), None)
    if found is None:
        return None
    runs = [match for line in lines if (match := _RUN.fullmatch(line))]
    codes = {match[1]: int(match[2]) for match in runs if match[2] and int(match[2]) < 256}
    text = found[2]
    left = None if text == _NOT_SENT else float(found[1])
    return Beat(not text, left, text, codes, tuple(match[1] for match in runs if not match[2]))


def run_command(run_id: str) -> str:
    """The command that starts, over SSH and detached, the script that was put at `script_path(run_id)`. Starting a
    run that was started already does nothing, and is no error.
    """
    script_path(run_id)
    return f"[ -f {FOLDER}/box ] || {{\n{_install()}\n}}\n{_over_ssh(f'start {run_id}')}"


def arm_command(switch: Switch) -> str:
    """The command that starts the switch over SSH, on a box whose start command is not ours (a template's).

    Where it is alive it stays as it is. `read_beat` tells then whether it is armed.

    Raises:
        UsageError: the address of the API cannot be put into a command.
    """
    return f"{_install()}\n{_over_ssh(watch_words(switch, 'arm'))}"


def _install() -> str:
    return f"mkdir -p {FOLDER}/runs\n{document(f'{FOLDER}/box', source('box.sh'))}"


def _over_ssh(words: str) -> str:
    return f"sh -c {shlex.quote(source('ssh.sh'))} {FOLDER}/box {words}"
