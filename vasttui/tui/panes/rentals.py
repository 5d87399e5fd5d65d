"""Rentals that no listing shows yet: on their way for a job, or in doubt. Pure."""

from __future__ import annotations

from vasttui.jobs.lifecycle import JobPhase
from vasttui.snapshot import Snapshot, Unconfirmed


def on_their_way(snapshot: Snapshot) -> frozenset[str]:
    """Labels of the rentals that a job waits for: with several jobs they stand in line, for Vast.ai takes one in 4.5 s.

    A program that only watches the jobs knows of no answer either; the job's phase tells that none is missing.
    """
    if not snapshot.unconfirmed:
        return frozenset()
    jobs = (view.job for batch in snapshot.batches for view in batch.jobs)
    return frozenset(job.label for job in jobs if job.phase == JobPhase.RENTING and job.label)


def in_doubt(snapshot: Snapshot) -> tuple[Unconfirmed, ...]:
    """The rentals of which nobody knows yet whether they came about."""
    expected = on_their_way(snapshot)
    return tuple(rental for rental in snapshot.unconfirmed if rental.label not in expected)
