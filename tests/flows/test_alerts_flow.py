"""What a user relies on: a rule speaks for a box that prints, and is silent about what was printed before."""

from __future__ import annotations

from tests.conftest import StartSim
from tests.flows.conftest import Control, seen
from vasttui.config import AlertRule
from vasttui.jobs.rental import RentPlan
from vasttui.snapshot import Search

EARLIER = "earlier lines match alerts, nothing was done about them: moving ("
PLAN = RentPlan(image="pytorch/pytorch", disk_gb=20, onstart="python train.py", label="train-a")
RULE = AlertRule(name="moving", pattern="/epoch|step/", labels=("train-*",), do=frozenset({"toast", "bell"}))


async def test_a_rented_box_is_told_of_once_and_after_a_new_start_its_old_lines_are_not(
    sim: StartSim, control: Control
) -> None:
    world = await sim(speed=25, offers=40)
    async with control(world, alerts=(RULE,)) as controller:
        controller.search(Search(order="dph_total"))
        market = (await seen(controller, lambda picture: picture.market.value)).market.value
        assert market is not None
        instance_id = await controller.rent(market.offers[0], PLAN)
        picture = await seen(controller, lambda picture: picture.alerts_after(0))
        (alert,) = picture.alerts_after(0)
        assert (alert.rule, alert.label, alert.toast, alert.bell) == ("moving", "train-a", True, True)
        assert [event.instance_id for event in picture.events if event.alert] == [instance_id]
    async with control(world, alerts=(RULE,)) as controller:
        picture = await seen(controller, lambda picture: any(EARLIER in e.text for e in picture.events))
        (event,) = [event for event in picture.events if EARLIER in event.text]
        assert not any(event.alert for event in picture.events[: picture.events.index(event)])
