"""The Python face: rent computers from a program, and leave none behind.

    async with VastProvider() as vast:
        offers = await vast.search_offers("gpu_name=RTX_4090 num_gpus=1")
        machine = await vast.provision(offers[0], image="pytorch/pytorch", env={"MODE": "fast"})
        await vast.wait_ready(machine)
        print((await vast.run(machine, "nvidia-smi")).out)
        await vast.terminate(machine)

What goes wrong is a `vasttui.errors.VastError`. However the block ends, its machines are terminated, and the
block ends when they are seen to be gone. For the case that the program cannot do that any more, each machine has a
lease, which this program extends while it lives.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from vasttui.api.client import VastClient
from vasttui.api.models import Offer as Offer
from vasttui.config import Config, OfferType, load, own_state
from vasttui.controller import Controller, Link, fetch_market
from vasttui.controller.hosts import HostBook
from vasttui.controller.waiting import settled, until_ready
from vasttui.errors import Ambiguous, NoKey, Rejected, VastError
from vasttui.jobs.rental import RentPlan
from vasttui.journal import Journal
from vasttui.logs.clean import clean_line
from vasttui.logs.patterns import Pattern
from vasttui.logs.rows import Kind, LogName
from vasttui.offers.query import parse_strictly
from vasttui.snapshot import Box, Search

LEASE = 2 * 3600.0
"""Seconds that a machine lives on when the program does not extend its lease any more."""

READY = 1800.0
"""Seconds after which a machine that SSH cannot reach is given up."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer that was provisioned.

    Attributes:
        id: Vast.ai's number of the instance.
        hourly: what it costs, $/h, as the offer said; None when unknown.
        address: SSH host and port, None before it has them.
    """

    id: int
    offer_id: int
    label: str
    hourly: float | None = None
    address: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


class ComputeProvider(Protocol):
    """Where a program gets computers from. Everything raises VastError for what is expected to go wrong."""

    async def search_offers(
        self, query: str = "", *, rental: OfferType = "on-demand", order: str = "dph_total", limit: int | None = None
    ) -> Sequence[Offer]:
        """Offers that meet a query, the best by `order` first."""

    async def provision(
        self,
        offer: Offer,
        *,
        image: str = "",
        template: str = "",
        disk_gb: float | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[str] = (),
        onstart: str = "",
        label: str = "",
        bid: float | None = None,
    ) -> Machine:
        """Rent an offer, once."""

    async def wait_ready(self, machine: Machine, *, limit: float = READY) -> Machine:
        """Wait until commands can be run on it, for `limit` seconds at most."""

    async def run(self, machine: Machine, command: str, *, limit: float = 600.0) -> Finished:
        """Run a shell command to its end, for `limit` seconds at most."""

    def logs(self, machine: Machine, *, follow: bool = True) -> AsyncIterator[str]:
        """Lines that it prints, each once; with `follow` until it is gone."""

    async def terminate(self, machine: Machine) -> None:
        """Give it up with all that is on it; returns when it is seen to be gone."""


class VastProvider:
    """Vast.ai as a `ComputeProvider`; used with `async with`.

    It uses vasttui's journal, so that what is rented here is known to the dashboard, and what a crash leaves behind is
    found there.

    Args:
        config: settings, else those that the command line would use (config file and environment).
        api_key: instead of the configured one.
        lease: seconds that a machine lives on without this program; None for machines that never end by themselves.
        client: a client of the caller's own, which stays open.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        api_key: str | None = None,
        lease: float | None = LEASE,
        client: VastClient | None = None,
    ) -> None:
        self._config = config
        self._api_key = api_key
        self._lease = lease
        self._client = client
        self._stack = AsyncExitStack()
        self._renting: set[asyncio.Task[Machine]] = set()
        self._machines: dict[int, Machine] = {}
        self._beats: dict[int, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            ConfigError: a setting is wrong.
            NoKey: no key was given or found.
        """
        config = self._config or own_state(load(check_pattern=_check_pattern))
        self._settings = config
        key = self._api_key or config.api_key
        if not key and self._client is None:
            raise NoKey("no API key: VASTAI_API_KEY, the config file and the official CLI's key files have none")
        try:
            self._journal = self._stack.enter_context(Journal(config.paths.state_dir / "journal.sqlite"))
            client = self._client
            if client is None:
                client = await self._stack.enter_async_context(VastClient(key or "", config.api_url))
            self._link = Link(client, config.ssh_key_path)
            self._controller = Controller(config, self._journal, self._connected)
            await self._stack.enter_async_context(self._controller.running())
            await self._controller.connected()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Terminate what is left, and wait until it is gone. Raises Ambiguous when no listing can tell that."""
        try:
            for answer in await asyncio.gather(*self._renting, return_exceptions=True):
                if isinstance(answer, Machine):
                    self._machines[answer.id] = answer
            left = await asyncio.gather(*map(self.terminate, list(self._machines.values())), return_exceptions=True)
        finally:
            for beat in self._beats.values():
                beat.cancel()
            await asyncio.gather(*self._beats.values(), return_exceptions=True)
            await self._stack.aclose()
        faults = [fault for fault in left if isinstance(fault, BaseException)]
        if faults:
            raise faults[0]

    async def _connected(self) -> Link:
        return self._link

    async def search_offers(
        self, query: str = "", *, rental: OfferType = "on-demand", order: str = "dph_total", limit: int | None = None
    ) -> Sequence[Offer]:
        """Offers that meet a query in the official CLI's grammar; the host lists of vasttui hold.

        Raises:
            UsageError: the query does not say what it seems to.
        """
        parse_strictly(query)
        search = Search(text=query, type=rental, order=order, storage_gb=self._settings.disk_gb)
        hosts = HostBook(self._settings, self._journal).filter(search)
        market = await fetch_market(self._link.client, search, hosts)
        return market.offers[:limit]

    async def provision(
        self,
        offer: Offer,
        *,
        image: str = "",
        template: str = "",
        disk_gb: float | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[str] = (),
        onstart: str = "",
        label: str = "",
        bid: float | None = None,
    ) -> Machine:
        """Rent an offer, once: also when its answer is lost, or the caller is cancelled meanwhile.

        Raises:
            UsageError: the price is over the ceiling of the settings, or the plan cannot be.
            OfferGone, NoCredit, Rejected: Vast.ai said no.
            Ambiguous: the answer was lost, and nothing was rented or no listing tells.
        """
        plan = RentPlan(
            image=image or ("" if template else self._settings.image),
            template=template,
            disk_gb=disk_gb or self._settings.disk_gb,
            env=dict(env or {}),
            ports=tuple(ports),
            onstart=onstart,
            label=label,
            bid=bid,
            lease=self._lease,
        )
        # The request may have been heard when the caller is cancelled: its answer is waited for on the way out.
        task = asyncio.create_task(self._rent(offer, plan))
        self._renting.add(task)
        machine = await asyncio.shield(task)
        self._renting.discard(task)
        self._machines[machine.id] = machine
        if self._lease is not None:
            self._beats[machine.id] = asyncio.create_task(self._keep_alive(machine.id, self._lease))
        return machine

    async def _rent(self, offer: Offer, plan: RentPlan) -> Machine:
        await self._controller.rent(offer, plan)
        doubt = f"offer {offer.id}: whether it was rented is not known"
        rented = await settled(self._controller, self._controller.settled(offer.id), doubt)
        if rented is None:
            raise Ambiguous(
                f"offer {offer.id}: nothing was rented: the answer was lost and no instance bears the label",
                hint="Try again.",
            )
        return Machine(rented.instance_id, offer.id, rented.label, offer.dph_total)

    async def _keep_alive(self, instance_id: int, lease: float) -> None:
        """Extend the lease again and again; what fails is tried again long before it ends."""
        while True:
            await asyncio.sleep(lease / 8)
            with suppress(VastError):
                await self._extend(instance_id, lease)

    async def _extend(self, instance_id: int, lease: float) -> None:
        await self._controller.extend_lease(instance_id, lease)
        box = self._controller.picture().box(instance_id)
        if box is not None and box.switch is not None and not box.switch.armed:
            _log.warning("instance %s would not end by itself: %s", instance_id, box.switch.text)

    async def wait_ready(self, machine: Machine, *, limit: float = READY) -> Machine:
        """Wait until SSH answers.

        Raises:
            VastError: it failed to start, or was not ready in time. It is still there, and terminated with the block.
        """
        box = await until_ready(self._controller, machine.id, limit)
        if self._lease is not None:
            with suppress(VastError):
                await self._extend(machine.id, self._lease)
        ready = Machine(machine.id, machine.offer_id, machine.label, box.hourly or machine.hourly, _address(box))
        self._machines[machine.id] = ready
        return ready

    async def run(self, machine: Machine, command: str, *, limit: float = 600.0) -> Finished:
        """Run a shell command over SSH. A code other than 0 is no error.

        Raises:
            SshError: it could not be run, the connection broke, or it took longer than `limit` seconds.
        """
        async with await self._controller.ssh(machine.id) as connection:
            return Finished(*await connection.run(command, timeout=limit))

    async def logs(self, machine: Machine, *, follow: bool = True) -> AsyncIterator[str]:
        """Lines of the container's log, without escapes and secrets; without `follow` those that are there."""
        name = LogName(machine.id)
        more = asyncio.Event()
        end = self._controller.subscribe(lambda _: more.set(), lambda _: more.set())
        self._controller.attend(frozenset({"logs"}), (name,))
        at = 0
        try:
            while True:
                # The look comes first: what is read is at least as new.
                over = self._gone(machine.id)
                answered = self._controller.log_status(name).checked_at is not None
                more.clear()
                rows = self._controller.log(name)
                at = max(at, rows.first_seq)
                last = rows.next_seq
                for row in rows.each(at, last):
                    if row.kind is Kind.LINE:
                        yield clean_line(row.text).text
                at = last
                if over or (answered and not follow):
                    return
                await more.wait()
        finally:
            end()

    def _gone(self, instance_id: int) -> bool:
        picture = self._controller.picture()
        return picture.boxes.value is not None and picture.box(instance_id) is None

    async def terminate(self, machine: Machine) -> None:
        """Destroy the instance and its disk; a second time does nothing.

        Raises:
            Rejected: Vast.ai said no: it goes on billing.
            Ambiguous: it was sent, and no listing tells whether it worked. It goes on being tried with the next
                start of vasttui.
        """
        if machine.id not in self._machines:
            return
        doubt = f"instance {machine.id}: its destroy was sent, no listing confirms it"
        await self._controller.destroy(machine.id)
        await settled(self._controller, self._controller.until_gone(machine.id), doubt)
        if self._controller.picture().box(machine.id) is not None:
            raise Rejected(f"instance {machine.id} is still listed: Vast.ai refused to destroy it")
        del self._machines[machine.id]
        beat = self._beats.pop(machine.id, None)
        if beat is not None:
            beat.cancel()


def _check_pattern(text: str) -> None:
    Pattern.parse(text)


def _address(box: Box) -> tuple[str, int] | None:
    return box.instance.ssh_direct or box.instance.ssh_proxy
