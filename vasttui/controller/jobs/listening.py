"""Listening to jobs at work: what their boxes print and say, and when one was heard last."""

from __future__ import annotations

import asyncio
import math

from vasttui.controller.jobs.attempt import Attempt
from vasttui.controller.jobs.boxes import Boxes
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.jobs.lifecycle import JobPhase
from vasttui.jobs.outcome import OutcomeReader
from vasttui.jobs.spec import JobSpec
from vasttui.journal.records import Job
from vasttui.logs.rows import LogName

LISTENING = frozenset({JobPhase.LOADING, JobPhase.STARTING, JobPhase.CONNECTING, JobPhase.WORKING, JobPhase.COLLECTING})
"""Phases in which the log tells of the work."""

BUSY = 5.0
"""Percent of the GPU from which on it is a sign of life. That a process is there is none: it may hang."""

LOOK_FIRST = 90.0
"""Seconds that the logs and boxes have to tell how things are, after this program began or slept."""


class Listening:
    """Reads the log rows that the followers keep, and the answers of the boxes to visits."""

    def __init__(self, around: Surroundings, boxes: Boxes, switches: Switches) -> None:
        self._around = around
        self._boxes = boxes
        self._switches = switches

    async def listen(self, job: Job, spec: JobSpec, attempt: Attempt, listed_at: float) -> None:
        """Take in what its box printed and said since the last turn; the last listing was asked for at `listed_at`."""
        if job.phase not in LISTENING or job.instance_id is None:
            return
        name = LogName(job.instance_id)
        if attempt.reader is None:
            attempt.reader = OutcomeReader(spec, job.run_id, fresh=bool(job.label))
        if (log := self._around.shelf.known(name)) is not None:
            log.expect(job.run_id, spec.progress)
        for marks in attempt.read(self._around.shelf.rows(name)):
            for mark in marks:
                self._switches.told(job.instance_id, mark, self._around.clock())
            await asyncio.sleep(0)
        box = self._boxes.get(job.instance_id)
        if box is not None and box.phase.up and (box.instance.gpu_util or 0.0) >= BUSY:
            attempt.last_sign = listed_at
        self._hear_beat(job, job.instance_id, attempt, attempt.reader)

    def _hear_beat(self, job: Job, instance_id: int, attempt: Attempt, reader: OutcomeReader) -> None:
        beat = self._switches.beat(instance_id)
        if beat is None or (self._switches.beat_at(instance_id) or 0.0) <= job.since:
            return
        attempt.started = attempt.started or job.run_id in beat.running
        if job.run_id in beat.codes and reader.ended is None:
            attempt.started = True
            reader.exited(beat.codes[job.run_id])

    def must_look_first(self, job: Job, attempt: Attempt, awake_since: float) -> bool:
        """Whether a job at work must be heard before anything is concluded: this program began, or slept until then."""
        box = self._boxes.get(job.instance_id)
        if job.phase != JobPhase.WORKING or box is None or not box.phase.up:
            return False
        if self._heard_at(box.id) < awake_since and self._around.clock() - awake_since < LOOK_FIRST:
            return True
        # Its exit code is known, and its last lines are still awaited: no limit ends it now.
        return attempt.reader is not None and attempt.reader.awaits_last_words

    def quiet(self, job: Job, attempt: Attempt) -> float | None:
        """Seconds from the last sign of life of its work to the last time that one was looked for."""
        signs = [at for at in (attempt.last_sign, job.worked) if at is not None]
        if not signs or job.instance_id is None:
            return None
        heard = self._heard_at(job.instance_id)
        return max(0.0, heard - max(signs)) if heard > 0 else None

    def _heard_at(self, instance_id: int) -> float:
        """When a box's log or the box itself was asked with success last."""
        log = self._around.shelf.known(LogName(instance_id))
        looks = (log.status.checked_at if log else None, self._switches.beat_at(instance_id))
        return max((at for at in looks if at is not None), default=-math.inf)
