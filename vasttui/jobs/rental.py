"""What is rented and how it starts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from vasttui.api.models import Offer, RentRequest
from vasttui.errors import UsageError
from vasttui.jobs.onbox import FOLDER, Switch, start_command, switch_env
from vasttui.jobs.onbox import ONSTART_LIMIT as ONSTART_LIMIT

LOG_PATH = f"{FOLDER}/onstart.log"
"""Where the start command's output is kept on the box, so that SSH can follow it by byte offset."""

LABEL_LIMIT = 256
"""Characters that Vast.ai takes for a label at creation (vast-ai/docs, create_instance.yaml)."""

SSH_DIRECT = "ssh_direc ssh_proxy"
"""Run type of the official CLI's `--ssh --direct`, spelled as it sends it."""

RACE_SLACK = 1.2
"""How much dearer than the picked offer another one in a race may be: the cheapest has no equal that is cheaper."""

_TOKEN = re.compile(r"~[a-z2-7]{8}$")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class RentPlan:
    """What to rent on an offer.

    Attributes:
        disk_gb: size of its disk, fixed for its life.
        onstart: the user's own start command, "" for none; what is sent also tees its output to `LOG_PATH`.
        bid: $/h for an interruptible instance, None for on-demand.
        lease: seconds after which a box that is rented by hand ends itself, None for never. The controller makes
            its switch of it.
        switch: the dead man's switch, None for none. The start command brings it; a template without `onstart` keeps
            its own start command, there it is armed over SSH (`vasttui.jobs.onbox.arm_command`).
        run_id: of the job whose work `onstart` is, "" for none.
        fallback: when the offer is gone, rent the next equal one: the same GPUs, the same search, no dearer.
        race: how many offers are rented at once; the first that is ready stays, the others are destroyed.
        max_price: ceiling in $/h, disk included, of this rental beside the config's; None without one of its own.
        lease_end: what the end of the lease means: "destroy" or "stop".
        preset: of the search that found the offer: its host lists hold. None: those of the search that is shown.
    """

    image: str = ""
    template: str = ""
    disk_gb: float = 64.0
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    onstart: str = ""
    label: str = ""
    bid: float | None = None
    runtype: str = SSH_DIRECT
    lease: float | None = None
    switch: Switch | None = None
    run_id: str = ""
    fallback: bool = False
    race: int = 1
    max_price: float | None = None
    lease_end: str = "destroy"
    preset: str | None = None

    def member_cap(self, price: float) -> float:
        """$/h that another member of a race may cost, beside an offer of that price, $/h."""
        most = RACE_SLACK * price
        return most if self.max_price is None else min(most, self.max_price)

    def hourly_at_once(self, price: float) -> float:
        """$/h at most for all that is rented at once, when the offer costs that price, $/h."""
        return price + (max(1, self.race) - 1) * self.member_cap(price)


def opening_bid(offer: Offer) -> float | None:
    """What to bid at first, $/h: a tenth above the least, so that it is not outbid at once; None when unknown."""
    return None if offer.min_bid is None else round(1.1 * offer.min_bid, 4)


def unique_label(label: str) -> str:
    """The label with a token that makes it unique, by which a lost answer is settled."""
    token = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{label.strip()[: LABEL_LIMIT - 9]}~{token}"


def plain_label(label: str | None) -> str:
    """The label as the user gave it."""
    return _TOKEN.sub("", label or "")


def unarmed_reason(plan: RentPlan) -> str:
    """Why the start command cannot bring the dead man's switch; "" when it can, or over SSH once the box is up."""
    return "run type args: Vast.ai runs no start command and no SSH" if "args" in plan.runtype.split() else ""


def request_of(plan: RentPlan, label: str) -> RentRequest:
    """The request for a plan.

    Raises:
        UsageError: neither image nor template, a disk below 8 GB, or a start command that is too long.
    """
    if not plan.image and not plan.template:
        raise UsageError("nothing to run: neither an image nor a template is named", hint="Give --image or --template.")
    if plan.disk_gb < 8:
        raise UsageError(f"disk {plan.disk_gb:g} GB: Vast.ai rents 8 GB or more")
    switch = plan.switch if plan.onstart.strip() or not plan.template else None
    command = start_command(plan.onstart, run_id=plan.run_id, switch=switch)
    if len(command) > ONSTART_LIMIT:
        raise UsageError(
            f"onstart is {len(command)} characters long, Vast.ai takes {ONSTART_LIMIT}",
            hint="Fetch a script from a URL or put it into the image.",
        )
    return RentRequest(
        image=plan.image or None,
        template_hash=plan.template or None,
        disk=plan.disk_gb,
        env={**plan.env, **(switch_env(switch) if switch else {})},
        ports=plan.ports,
        onstart=command or None,
        label=label,
        price=plan.bid,
        runtype=plan.runtype,
    )
