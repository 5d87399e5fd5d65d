"""The work of one run as a shell script."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from vasttui.errors import UsageError
from vasttui.jobs.onbox.start import FOLDER
from vasttui.jobs.placeholders import fill, has_placeholder, variables

if TYPE_CHECKING:
    from vasttui.jobs.spec import Input, JobSpec, StartSpec

_CLONE = """\
cd / || exit
d={directory}
export GIT_TERMINAL_PROMPT=0
command -v git >/dev/null || {{ apt-get update && apt-get install -y git; }} || apk add git || {{
echo 'vasttui: the image has no git, and it cannot be installed' >&2
exit 127
}}
rm -rf -- "$d" || {{ sleep 2; rm -rf -- "$d"; }} || [ ! "$(ls -A -- "$d")" ] || mv -- "$d" "$d.old$$" || exit
n=5
until git clone --depth=1 {branch}-- {repo} "$d"; do
[ $n -gt 20 ] && exit 128
sleep $n
n=$((n*2))
done
cd -- "$d" || exit
git log -1 --format='vasttui: commit %h %s'
{run}"""


def job_env(job_input: Input, run_id: str) -> dict[str, str]:
    """Which job a run is, as environment: VASTTUI_JOB_ID, VASTTUI_INPUT, VASTTUI_NAME and VASTTUI_INDEX."""
    return {"VASTTUI_JOB_ID": run_id, **variables(job_input)}


def job_script(spec: JobSpec, job_input: Input, run_id: str) -> str:
    """The work of one run as a shell script, every value quoted: onstart's or ssh's command, or the clone and its
    script; "" for a template's own start command. It exports `job_env` and what in the environment depends on the
    input, and makes Python print at once.

    Raises:
        UsageError: the clone's directory is none that may be removed.
    """
    start = spec.start
    if start.kind == "template":
        return ""
    changing = {name: value for name, value in spec.rent.plan.env.items() if has_placeholder(value)}
    env = {
        "PYTHONUNBUFFERED": "1",
        **job_env(job_input, run_id),
        **{name: fill(value, job_input, quote=False) for name, value in changing.items()},
    }
    return f"export {shlex.join(f'{name}={value}' for name, value in env.items())}\n{_work(start, job_input)}"


def _work(start: StartSpec, job_input: Input) -> str:
    if start.kind == "repo":
        return _clone(start, job_input)
    command = fill(start.command.replace("\r\n", "\n"), job_input, quote=True)
    if start.kind == "ssh":
        folder = shlex.quote(start.upload_to)
        return f"mkdir -p -- {folder} && cd -- {folder} || exit\n{command}"
    return command


def _clone(start: StartSpec, job_input: Input) -> str:
    return _CLONE.format(
        directory=shlex.quote(removable(start.directory)),
        branch=f"{shlex.quote(f'--branch={start.branch}')} " if start.branch else "",
        repo=shlex.quote(start.repo),
        run=_run(start, job_input),
    )


def _run(start: StartSpec, job_input: Input) -> str:
    place = start.script if start.script.startswith("/") else f"./{start.script}"
    words = shlex.join([place, *(fill(arg, job_input, quote=False) for arg in start.args)])
    if start.script.endswith(".sh"):
        return f"$(command -v bash || echo sh) {words}"
    return f"python3 {words}" if start.script.endswith(".py") else words


def removable(directory: str) -> str:
    """The clone's directory, if it may be removed: at least two levels down, and nothing of vasttui's own in it.

    Raises:
        UsageError: it may not.
    """
    place = posixpath.normpath(directory)
    levels = place.strip("/").split("/")
    if not place.startswith("/") or len(levels) < 2 or f"{FOLDER}/".startswith(f"{place}/"):
        raise UsageError(
            f"directory {directory!r}: it is removed before the clone, and must be two levels down",
            hint="For example /workspace/project.",
        )
    return "/" + "/".join(levels)
