"""Renting for jobs: the intent first, then the request, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from vasttui.api.models import Offer
from vasttui.controller.jobs.attempt import Attempt
from vasttui.controller.jobs.offers import Offers, bid_for, price_of
from vasttui.controller.jobs.records import Records
from vasttui.controller.jobs.surroundings import Surroundings
from vasttui.controller.jobs.switches import Switches
from vasttui.controller.jobs.work import input_of, with_env
from vasttui.controller.rentals import Asked
from vasttui.errors import StorageError, VastError
from vasttui.jobs.failures import failure_of_refusal
from vasttui.jobs.inputs import fill
from vasttui.jobs.lifecycle import Failure, JobPhase, Rent
from vasttui.jobs.onbox import Switch, job_env, job_script
from vasttui.jobs.preflight import Facts
from vasttui.jobs.rental import RentPlan, unarmed_reason, unique_label
from vasttui.jobs.spec import JobSpec
from vasttui.journal.intents import OvertakenError
from vasttui.journal.records import Job, Lease

AT_ONCE = 3
"""Requests to rent that stand in line at once. Vast.ai takes one in 4.5 s: an offer that waits for long is gone, and
with a kill each of them is in doubt."""

ASKING = frozenset({JobPhase.RENTING, JobPhase.UNCONFIRMED})


class Renting:
    """Rents boxes for jobs and tells how each request stands."""

    def __init__(self, around: Surroundings, records: Records, offers: Offers, switches: Switches) -> None:
        self._around = around
        self._records = records
        self._offers = offers
        self._switches = switches

    @property
    def crowded(self) -> bool:
        """Whether as many requests stand in line as should."""
        return self._around.rentals.sending >= AT_ONCE

    def rent(self, job: Job, spec: JobSpec, avoid: Collection[int], *, after: int | None = None) -> Job:
        """Begin an attempt on the best offer; the job and its intent are in the journal when this returns.

        Args:
            after: the newest intent that the ceilings were checked by; with a newer one nothing is begun.
        """
        offer = self._offers.pick(job.batch_id, spec, avoid)
        if offer is None:
            return job
        now = self._around.clock()
        trying = replace(
            job, phase=JobPhase.RENTING, since=now, began=now, worked=None, tries=job.tries + 1, runs=job.runs + 1,
            offer_id=offer.id, host_id=offer.host_id, machine_id=offer.machine_id,
            hourly=price_of(offer, spec, self._around.config), label=unique_label(job.job_id), instance_id=None,
        )  # fmt: skip
        try:
            plan = self._plan(trying, spec, offer)
            self._around.plans.check(offer, plan, Facts())
            asked = self._around.rentals.begin(offer, plan, trying, after=after)
        except StorageError:
            raise  # Nothing was asked for: the offer and the job are as they were.
        except OvertakenError:
            return job  # The same, and the ceilings are looked at again.
        except VastError as error:
            self._offers.take(job.batch_id, offer.id)
            attempt = self._records.attempt(trying)
            attempt.refused = failure_of_refusal(error), error.message
            return self._records.save(trying, JobPhase.RENTING, error.message)
        self._offers.take(job.batch_id, offer.id)
        attempt = self._records.attempt(trying)
        attempt.asked_at = now
        self._records.jobs[trying.job_id] = trying
        self._around.spawn(self._send(asked, attempt))
        return trying

    async def _send(self, asked: Asked, attempt: Attempt) -> None:
        try:
            await self._around.rentals.send(asked)
        except StorageError:
            pass  # What became of it is not written down: the next listings settle it by its label.
        except VastError as error:
            attempt.refused = failure_of_refusal(error), error.message
        self._around.changed()

    def _plan(self, job: Job, spec: JobSpec, offer: Offer) -> RentPlan:
        """What is rented: the specification's plan with the job's script and the dead man's switch."""
        spec = with_env(spec)
        env = {name: fill(value, input_of(job), quote=False) for name, value in spec.rent.plan.env.items()}
        script = "" if spec.start.kind in ("ssh", "template") else job_script(spec, input_of(job), job.run_id)
        return replace(
            spec.rent.plan,
            env=env | job_env(input_of(job), job.run_id),
            onstart=script,
            label=job.label,
            bid=bid_for(offer, spec),
            run_id=job.run_id,
            switch=None if unarmed_reason(spec.rent.plan) else self._switch(spec),
        )

    def _switch(self, spec: JobSpec) -> Switch:
        api_url = self._around.client().base_url
        return Switch(api_url, lease=spec.lease, grace=spec.grace, end=end_alone(spec))

    def state(self, job: Job, attempt: Attempt) -> Rent:
        """How the rent request of a job's attempt stands, by its label in the journal."""
        if job.phase not in ASKING:
            return Rent("rented" if job.instance_id is not None else "none")
        if attempt.refused is not None:
            return Rent("refused", *attempt.refused)
        intent = self._around.journal.intent(job.label) if job.label else None
        if intent is None:
            return Rent("refused", Failure.OFFER_GONE, "the request was never sent")
        if intent.state == "rented":
            return Rent("rented")
        if intent.state == "open":
            return Rent("sending" if self._around.rentals.is_sending(job.label) else "lost")
        return Rent("refused", Failure.OFFER_GONE, intent.detail)

    def adopt(self, job: Job, spec: JobSpec) -> Job:
        """Give the job the box that its request has made, as the journal or a listing says."""
        if job.phase not in ASKING or job.instance_id is not None or not job.label:
            return job
        intent = self._around.journal.intent(job.label)
        if intent is None or intent.state != "rented" or intent.instance_id is None:
            return job
        # The request waits its turn: it may have been sent long after the attempt began, and the last listing.
        self._records.attempt(job).asked_at = self._around.clock()
        if not unarmed_reason(spec.rent.plan):
            until = self._around.clock() + spec.lease
            lease = Lease(intent.instance_id, job.job_id, spec.lease, until, end_alone(spec), fixed=False)
            self._switches.granted(lease)
        return self._records.save(replace(job, instance_id=intent.instance_id), "rented", f"offer {intent.offer_id}")


def end_alone(spec: JobSpec) -> str:
    """How a box ends itself: one that may hold results, or that was to stay, is stopped, which keeps its disk."""
    stays = {spec.end_success, spec.end_failure} != {"destroy"}
    return "stop" if spec.result.files or stays else "destroy"
