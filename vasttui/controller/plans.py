"""What the rent form starts from, and what forbids a rental."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vasttui.api.models import Offer
from vasttui.config import Config, Preset
from vasttui.errors import NoCredit, UsageError
from vasttui.jobs.rental import RentPlan, request_of
from vasttui.journal import Journal
from vasttui.offers.price import hourly
from vasttui.snapshot import Search

LAST_PLAN = "rent.last"


class Plans:
    """Prefilled plans and the checks before a rental."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self._config = config
        self._journal = journal

    def plan_for(self, offer: Offer, search: Search | None) -> RentPlan:
        """The preset's plan if one is in use, else the last rental's, else the config's defaults."""
        preset = self._preset(search)
        plan = self.from_preset(preset) if preset else self._last()
        bid = plan.bid
        if search is not None and search.type == "bid":
            bid = bid or offer.min_bid
        elif search is not None:
            bid = None
        return replace(plan, bid=bid)

    def from_preset(self, preset: Preset) -> RentPlan:
        """The plan of a preset; the config's defaults where it is silent."""
        return RentPlan(
            image=preset.image or ("" if preset.template else self._config.image),
            template=preset.template or "",
            disk_gb=preset.disk or self._config.disk_gb,
            env=preset.env,
            ports=preset.ports,
            onstart=preset.onstart or "",
            label=preset.label or "",
            bid=preset.bid,
            runtype=preset.runtype,
        )

    def _preset(self, search: Search | None) -> Preset | None:
        name = (search.preset if search else None) or self._config.default_preset
        return self._config.presets.get(name) if name else None

    def _last(self) -> RentPlan:
        plan = RentPlan(image=self._config.image, disk_gb=self._config.disk_gb)
        said = self._journal.recall(LAST_PLAN)
        return _merged(plan, said) if isinstance(said, Mapping) else plan

    def remember(self, plan: RentPlan) -> None:
        """Keep the plan as the next one's start; the values of its environment may be secrets and are not kept."""
        self._journal.remember(LAST_PLAN, asdict(replace(plan, env={}, bid=None)))

    def check(self, offer: Offer, plan: RentPlan, *, credit: float | None) -> None:
        """Raise the reason for which this could not be rented.

        Raises:
            UsageError: over the price ceiling, an unknown price, too large a disk, a bid below the least, an
                unusable plan.
            NoCredit: the credit is known and lasts less than an hour.
        """
        request_of(plan, plan.label)
        price = hourly(offer, plan.disk_gb, plan.bid)
        if price is None:
            raise UsageError(f"offer {offer.id} does not tell its whole price", hint="Pick another one.")
        self.check_ceiling(price)
        if offer.disk_space is not None and plan.disk_gb > offer.disk_space:
            raise UsageError(f"disk {plan.disk_gb:g} GB: this host has {offer.disk_space:.0f} GB")
        if plan.bid is not None and offer.min_bid is not None and plan.bid < offer.min_bid:
            raise UsageError(f"bid ${plan.bid:g}/h is below the least bid, ${offer.min_bid:g}/h")
        if credit is not None and credit < price:
            raise NoCredit(f"the credit, ${credit:.2f}, lasts less than an hour at ${price:.3f}/h")

    def check_ceiling(self, price: float) -> None:
        """Raise UsageError when a price, $/h, is over the configured ceiling."""
        if price > self._config.max_price:
            raise UsageError(
                f"${price:.3f}/h is over the ceiling of ${self._config.max_price:g}/h",
                hint="The ceiling is `max_price` in the config, or VASTAI_MAX_BID_PER_HOUR.",
            )


def _merged(plan: RentPlan, said: Mapping[str, Any]) -> RentPlan:
    """The plan with what was kept; a value of another type than it should have is left out."""
    text = {k: said[k] for k in ("image", "template", "onstart", "label", "runtype") if isinstance(said.get(k), str)}
    ports = said.get("ports")
    if isinstance(ports, list) and all(isinstance(port, str) for port in ports):
        plan = replace(plan, ports=tuple(ports))
    disk = said.get("disk_gb")
    if isinstance(disk, int | float) and disk >= 8:
        plan = replace(plan, disk_gb=float(disk))
    return replace(plan, **text)
