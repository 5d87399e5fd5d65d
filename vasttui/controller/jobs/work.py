"""What is done on a box over SSH for one attempt: start its work, fetch its results."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vasttui.controller.jobs.attempt import Attempt
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.errors import StorageError, UsageError, VastError
from vasttui.jobs.inputs import fill, uploads
from vasttui.jobs.onbox import job_script, run_command, script_path
from vasttui.jobs.spec import Input, JobSpec, resolved_env
from vasttui.journal.records import Job
from vasttui.logs.clean import mask_secrets, plain
from vasttui.snapshot import Box
from vasttui.ssh.files import Copied, get, put, put_text

TRIES = 4
"""How often a start or a copy is tried on one box."""

AGAIN = 10.0
"""Seconds between two tries."""


def input_of(job: Job) -> Input:
    """What the placeholders stand for."""
    return Input(job.input, job.name, job.number)


def with_env(spec: JobSpec) -> JobSpec:
    """The specification with what its environment takes from ours. Raises UsageError for what is not set."""
    plan = replace(spec.rent.plan, env=resolved_env(spec, os.environ))
    return replace(spec, rent=replace(spec.rent, plan=plan))


def result_folder(job: Job, spec: JobSpec) -> Path:
    """Where on this computer the files of a job go."""
    return Path(fill(spec.result.to, input_of(job), quote=False))


class Work:
    """Starts and collects, each as a task that notes in the attempt how it went."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def start(self, job: Job, spec: JobSpec, attempt: Attempt, box: Box) -> None:
        """Start the work, unless that is under way or was done."""
        if not attempt.busy and not attempt.started and self._around.clock() >= attempt.task_again_at:
            attempt.task = self._around.spawn(self._start(job, spec, attempt, box))

    async def _start(self, job: Job, spec: JobSpec, attempt: Attempt, box: Box) -> None:
        try:
            async with await self._around.join(box.instance) as connection:
                if spec.start.kind == "ssh" and spec.start.upload:
                    await put(connection, uploads(spec, input_of(job)), spec.start.upload_to)
                script = job_script(with_env(spec), input_of(job), job.run_id)
                await put_text(connection, script, script_path(job.run_id))
                code, _, said = await connection.run(run_command(job.run_id))
            if code == 0:
                attempt.started, attempt.last_sign = True, self._around.clock()
                self._around.changed()
                return
            told = mask_secrets(plain(said.strip()))[-200:] or f"exit code {code}"
            problem = f"it could not be started on the box: {told}"
            final = False
        except (StorageError, UsageError) as error:
            problem, final = error.message, True
        except VastError as error:
            problem, final = error.message, False
        attempt.start_tries += 1
        attempt.task_again_at = self._around.clock() + AGAIN
        if final or attempt.start_tries >= TRIES:
            attempt.start_error = problem
        attempt.waiting = problem
        self._around.changed()

    def collect(self, job: Job, spec: JobSpec, attempt: Attempt, box: Box) -> None:
        """Fetch the results, unless that is under way."""
        if attempt.busy or attempt.collecting in ("done", "failed") or self._around.clock() < attempt.task_again_at:
            return
        attempt.collecting = "running"
        attempt.task = self._around.spawn(self._collect(job, spec, attempt, box))

    async def _collect(self, job: Job, spec: JobSpec, attempt: Attempt, box: Box) -> None:
        patterns = [fill(pattern, input_of(job), quote=False) for pattern in spec.result.files]
        try:
            async with await self._around.join(box.instance) as connection:
                files = await get(connection, patterns, result_folder(job, spec), told=self._tell(attempt))
        except VastError as error:
            attempt.collect_tries += 1
            attempt.task_again_at = self._around.clock() + AGAIN
            again = attempt.collect_tries < TRIES and not isinstance(error, StorageError)
            attempt.collecting, attempt.collect_reason = ("none" if again else "failed"), error.message
        else:
            attempt.collecting = "done" if files or not spec.result.required else "failed"
            attempt.collect_reason = "" if files else f"no file matches {', '.join(patterns)}"
        self._around.changed()

    def _tell(self, attempt: Attempt) -> Callable[[Copied], None]:
        def told(copied: Copied) -> None:
            attempt.collected = copied.bytes / copied.total if copied.total else None
            attempt.last_sign = self._around.clock()
            self._around.changed()

        return told
