"""What the rent form starts from, and what forbids a rental."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vasttui.api.models import Offer
from vasttui.config import Config, Preset
from vasttui.errors import UsageError
from vasttui.jobs.preflight import Facts, preflight, refuse
from vasttui.jobs.rental import RentPlan, opening_bid
from vasttui.journal import Journal
from vasttui.snapshot import Search

LAST_PLAN = "rent.last"


class Plans:
    """Prefilled plans and the checks before a rental."""

    def __init__(self, config: Config, journal: Journal) -> None:
        self._config = config
        self._journal = journal

    def plan_for(self, offer: Offer, search: Search | None, *, last: bool = True) -> RentPlan:
        """The preset's plan if one is in use, else with `last` the last rental's, else the config's defaults."""
        preset = self._preset(search)
        plan = self.from_preset(preset) if preset else self._last() if last else self._default()
        bid = plan.bid
        if search is not None and search.type == "bid":
            bid = bid or opening_bid(offer)
        elif search is not None:
            bid = None
        return replace(plan, bid=bid, preset=search.preset if search is not None else None)

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
            lease=preset.lease,
            fallback=preset.fallback,
            max_price=preset.max_price,
        )

    def _preset(self, search: Search | None) -> Preset | None:
        name = (search.preset if search else None) or self._config.default_preset
        return self._config.presets.get(name) if name else None

    def _default(self) -> RentPlan:
        return RentPlan(image=self._config.image, disk_gb=self._config.disk_gb)

    def _last(self) -> RentPlan:
        plan, said = self._default(), self._journal.recall(LAST_PLAN)
        return _merged(plan, said) if isinstance(said, Mapping) else plan

    def remember(self, plan: RentPlan) -> None:
        """Keep the plan as the next one's start; the values of its environment may be secrets and are not kept."""
        self._journal.remember(LAST_PLAN, asdict(replace(plan, env={}, bid=None, switch=None)))

    def check(self, offer: Offer, plan: RentPlan, facts: Facts) -> None:
        """Raise the reason for which this could not be rented.

        Raises:
            UsageError: over a ceiling, an unknown price, too large a disk, a bid below the least, a host that the
                lists forbid, an unusable plan.
            NoCredit: the credit is known and lasts less than an hour.
            OfferGone: it is known to be gone.
            KeyRefused: the key is known to lack the right.
        """
        refuse(preflight(offer, plan, facts, self._config))

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
    lease = said.get("lease")
    if isinstance(lease, int | float) and not isinstance(lease, bool) and lease > 0:
        plan = replace(plan, lease=float(lease))
    end = "stop" if said.get("lease_end") == "stop" else "destroy"
    return replace(plan, fallback=said.get("fallback") is True, lease_end=end, **text)
