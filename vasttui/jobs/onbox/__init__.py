"""What runs on the box: the start command that is sent, the dead man's switch, jobs that are started over SSH.

POSIX shell only; for its one request to Vast.ai the switch takes curl, wget or python3, whichever the image has.

All its files are below `FOLDER`: `box` (box.sh as it is sent), its notes, `onstart.log`
(`vasttui.jobs.rental.LOG_PATH`) and `runs/RUN_ID/script|pid|code`. Over SSH it is called by
`sh -c '…' /var/log/vasttui/box beat 14400 0` and the like: `arm …`, `beat SECONDS FORCE`, `start RUN_ID`. It reads the
container's environment and writes to the container's log at `INIT`. Whoever plays a box in a folder replaces both
paths in whatever is run there; the variable VASTTUI_TICK of the container sets how often the switch looks (seconds,
15 unless set).
"""

from vasttui.jobs.onbox.beat import (
    Beat,
    arm_command,
    beat_command,
    extend_command,
    read_beat,
    run_command,
)
from vasttui.jobs.onbox.start import FOLDER, INIT, ONSTART_LIMIT, Switch, script_path, start_command, switch_env
from vasttui.jobs.onbox.work import job_env, job_script

__all__ = [
    "FOLDER",
    "INIT",
    "ONSTART_LIMIT",
    "Beat",
    "Switch",
    "arm_command",
    "beat_command",
    "extend_command",
    "job_env",
    "job_script",
    "read_beat",
    "run_command",
    "script_path",
    "start_command",
    "switch_env",
]
