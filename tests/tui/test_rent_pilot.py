"""The rent form, its plan and its templates under keys: nothing is spent by one key, or past a check."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replace_offer
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, Static, TextArea
from textual.worker import WorkerState

from tests.conftest import until
from tests.tui.bare import BareApp
from tests.tui.pictures import offer, snapshot
from tests.tui.standin import StandIn
from tests.tui.still import still
from vasttui.api.models import Account, Offer, Template
from vasttui.controller.rentals import Rented
from vasttui.errors import OfferGone, Unreachable, VastError
from vasttui.jobs.check import Check, Grade
from vasttui.jobs.rental import RentPlan
from vasttui.snapshot import Part
from vasttui.tui.app import VastApp
from vasttui.tui.dashboard import Dashboard
from vasttui.tui.dialogs.check_list import CheckList
from vasttui.tui.dialogs.rent import RentDialog
from vasttui.tui.dialogs.rent_fields import RentFields
from vasttui.tui.dialogs.templates import TemplateDialog
from vasttui.tui.flows import rent
from vasttui.tui.widgets.secret_area import SecretArea

SIZES = [(80, 24), (120, 40)]
PYTORCH = Template(
    id=1, hash_id="a" * 32, name="PyTorch", image="vastai/pytorch", tag="2.5", recommended_disk_space=96.0, env="-e A=b"
)
EVIL = Template(id=2, hash_id="b" * 32, name="[red]x[/]\x1b[2J", image="evil/[/]", desc="[@click=app.exit]x[/]")
NAMELESS = Template(id=3, name="no hash", image="x/y")


@pytest.fixture
def app(control: StandIn) -> VastApp:
    return BareApp(control, control.config)


def disk_check(plan: RentPlan) -> tuple[Check, ...]:
    """A host with 400 GB, and one thing that only wants a look."""
    look = Check("image", Grade.LOOK, "it has no tag", "Name a tag.", "image")
    if plan.disk_gb > 400:
        return look, Check("disk", Grade.BAD, f"{plan.disk_gb:g} GB: this host has 400 GB", "Set 400 or less.", "disk")
    return look, Check("disk", Grade.GOOD, f"{plan.disk_gb:g} of 400 GB")


async def open_form(app: VastApp) -> RentDialog:
    await until(lambda: app.furnished.is_set())
    rent(app, offer(0))
    await until(lambda: isinstance(app.screen, RentDialog) and " for $" in label_of(app.screen))
    dialog = app.screen
    assert isinstance(dialog, RentDialog)
    return dialog


def label_of(dialog: Any) -> str:
    return str(dialog.query_one("#act", Button).label) if dialog.query("#act") else ""


def problem_of(dialog: RentDialog) -> str:
    return str(dialog.query_one("#problem", Static).visual)


def rented(control: StandIn) -> list[tuple[Any, ...]]:
    return [asked for asked in control.asked if asked[0] == "rent"]


async def press_rent(app: VastApp, pilot: Pilot[Any]) -> None:
    app.screen.query_one("#act").focus()
    await until(lambda: app.focused is not None and app.focused.id == "act")
    await pilot.press("enter")


async def end_of(app: VastApp) -> None:
    """Wait until the command that shows the form is over."""
    await until(lambda: all(worker.state is not WorkerState.RUNNING for worker in app.workers))


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_opens_on_cancel_with_everything_that_matters_in_sight(
    app: VastApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        dialog = await open_form(app)
        await until(lambda: app.focused is not None and app.focused.id == "cancel")
        await until(lambda: dialog.has_class("-wide" if size[0] >= 110 else "-narrow"))
        await still(pilot)
        assert label_of(dialog) == "Rent for $0.293/h"
        names = ("#cancel", "#act", "#templates", "#cost", "#problem", "#offer", "#image")
        for name in names:
            assert dialog.region.contains_region(dialog.query_one(name).region), name
        fields, plan = dialog.query_one("#fields").region, dialog.query_one("#plan").region
        assert (fields.right <= plan.x) is (size[0] >= 110)


async def test_enter_in_a_field_never_rents(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        dialog.query_one("#image", Input).focus()
        await pilot.press(*["enter"] * 9)
        assert app.screen is dialog
        assert not rented(control)


async def test_the_price_follows_what_one_types(app: VastApp) -> None:
    async with app.run_test(size=(80, 24)):
        dialog = await open_form(app)
        fields = dialog.query_one(RentFields)
        for values, label in (
            ({"disk": "720"}, "Rent for $0.430/h"),
            ({"bid": "0.1"}, "Rent for $0.250/h"),
            ({"race": "3"}, "Rent 3 for $0.850/h"),
        ):
            fields.fill(values)
            await until(lambda label=label: label_of(dialog) == label)  # type: ignore[misc]


async def test_a_longer_label_has_room_on_its_button(app: VastApp) -> None:
    async with app.run_test(size=(80, 24)):
        dialog = await open_form(app)
        dialog.query_one("#race", Input).value = "4"
        button = dialog.query_one("#act", Button)
        await until(lambda: "Rent 4 for" in label_of(dialog))
        await until(lambda: button.size.width >= len(label_of(dialog)))


async def test_a_problem_is_told_while_one_types_and_disarms_the_button(app: VastApp, control: StandIn) -> None:
    wrong = [
        ("disk", "4", "8 GB or more"),
        ("disk", "x", "disk:"),
        ("bid", "x", "bid:"),
        ("lease", "soon", "lease:"),
        ("race", "9", "race:"),
        ("ports", "a b", "ports:"),
    ]
    async with app.run_test(size=(80, 24)):
        dialog = await open_form(app)
        fields = dialog.query_one(RentFields)
        for field, value, problem in wrong:
            right = getattr(fields.text, field)
            fields.fill({field: value})
            await until(lambda problem=problem: problem in problem_of(dialog))  # type: ignore[misc]
            assert dialog.query_one("#act", Button).disabled
            dialog.act()
            fields.fill({field: right})
            await until(lambda: problem_of(dialog) == "")
        assert app.screen is dialog
        assert not rented(control)


async def test_a_failing_check_forbids_the_rental_until_it_is_mended(app: VastApp, control: StandIn) -> None:
    control.found_checks = disk_check
    control.plan = replace(control.plan, disk_gb=900.0)
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await open_form(app)
        await until(lambda: problem_of(dialog) == "disk: Set 400 or less.")
        assert dialog.query_one("#act", Button).disabled
        dialog.query_one(CheckList).focus()
        await pilot.press("end", "enter")
        await until(lambda: app.focused is not None and app.focused.id == "disk")
        await pilot.press("1", "0", "0")  # What is focused is selected: typing replaces it.
        await until(lambda: not dialog.query_one("#act", Button).disabled)
        assert problem_of(dialog) == ""
        await press_rent(app, pilot)
        await until(lambda: bool(rented(control)))
        assert rented(control)[0][2].disk_gb == 100.0


async def test_renting_sends_the_plan_and_goes_to_the_new_instance(control: StandIn) -> None:
    app = VastApp(control, control.config)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        dialog.query_one(RentFields).fill({"lease": "4h stop", "fallback": "yes"})
        dialog.query_one("#env", TextArea).text = "HF_HOME=/data"
        dialog.query_one("#onstart", TextArea).text = "python train.py"
        await press_rent(app, pilot)
        await end_of(app)
        (asked,) = rented(control)
        assert asked[1:] == (
            offer(0).id,
            RentPlan(
                image="pytorch/pytorch:latest",
                label="upscale-09",
                env={"HF_HOME": "/data"},
                onstart="python train.py",
                lease=14_400.0,
                lease_end="stop",
                fallback=True,
            ),
        )
        assert control.asked.count(("inspect", offer(0).id)) == 2
        assert isinstance(app.screen, Dashboard)
        assert app.screen.here is not None
        assert app.screen.here.SCOPE == "instances"


class Moving(StandIn):
    """The second look finds another price."""

    async def inspect(self, offer: Offer) -> None:
        await super().inspect(offer)
        if self.asked.count(("inspect", offer.id)) == 2:
            self.seen[offer.id] = replace_offer(offer, dph_base=0.44)
            self.found_checks = lambda plan: (Check("price", Grade.LOOK, "$0.45/h now, it was $0.29/h", "Look."),)


async def test_what_the_last_look_finds_is_shown_before_anything_is_rented(config: Any) -> None:
    control = Moving(config, snapshot())
    app = BareApp(control, config)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        await press_rent(app, pilot)
        await until(lambda: "something new" in problem_of(dialog))
        assert [check.name for check in dialog.query_one(CheckList).checks] == ["price"]
        assert label_of(dialog) == "Rent for $0.453/h", "the price of now"
        await pilot.press("enter", "enter")
        assert not rented(control)
        await press_rent(app, pilot)
        await until(lambda: bool(rented(control)))


class Slow(StandIn):
    """A look that takes until it is let go."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.go = asyncio.Event()

    async def inspect(self, offer: Offer) -> None:
        await super().inspect(offer)
        await self.go.wait()


async def test_while_it_is_looked_again_nothing_is_pressed_twice_and_changes_are_not_rented(config: Any) -> None:
    control = Slow(config, snapshot())
    app = BareApp(control, config)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        await press_rent(app, pilot)
        await until(lambda: label_of(dialog) == "checking…")
        await pilot.press("enter")
        assert control.asked.count(("inspect", offer(0).id)) == 2
        dialog.query_one(RentFields).fill({"disk": "100"})
        control.go.set()
        await until(lambda: label_of(dialog) == "Rent for $0.301/h")
        assert app.screen is dialog
        assert not rented(control)


async def test_cancel_during_the_last_look_rents_nothing(config: Any) -> None:
    control = Slow(config, snapshot())
    app = BareApp(control, config)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        await press_rent(app, pilot)
        await until(lambda: label_of(dialog) == "checking…")
        await pilot.press("escape")
        control.go.set()
        await end_of(app)
        assert not rented(control)


async def test_the_credit_in_the_plan_is_that_of_now(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)):
        dialog = await open_form(app)
        rich = Account(id=1, credit=500.0)
        control.publish(replace(control.snapshot, account=Part(rich, at=control.now)))
        cost = dialog.query_one("#cost")
        await until(lambda: "$500.00" in str(cost.lines))  # type: ignore[attr-defined]


async def test_values_of_the_environment_are_only_shown_to_who_edits_them(app: VastApp, control: StandIn) -> None:
    control.plan = replace(control.plan, env={"TOKEN": "hunter2"})
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        area = dialog.query_one("#env", SecretArea)

        def drawn() -> str:
            return "".join(segment.text for segment in area.render_line(0))

        assert drawn().rstrip() == "TOKEN=••••"
        area.focus()
        await until(lambda: "hunter2" in drawn())
        dialog.query_one("#image").focus()
        await until(lambda: "hunter2" not in drawn())
        await press_rent(app, pilot)
        await until(lambda: bool(rented(control)))
        assert rented(control)[0][2].env == {"TOKEN": "hunter2"}


TAKEN = Rented(1, "x", 9_000_005, 28_400_001)


@pytest.mark.parametrize(
    ("answer", "rented", "fields", "told"),
    [
        (None, None, {}, "The answer was lost"),
        (OfferGone("offer 9000000 was taken"), None, {}, "was taken"),
        (28_400_001, None, {"fallback": "yes"}, "Rented upscale-09: instance 28400001"),
        (28_400_001, TAKEN, {"fallback": "yes"}, "Offer 9000000 was gone. Rented upscale-09 on offer 9000005"),
        (28_400_000, TAKEN, {"race": "2"}, "instance 28400001 stays"),
        (28_400_000, None, {"race": "2"}, "none of them is left"),
    ],
)
async def test_every_outcome_of_a_rental_is_told(
    app: VastApp, control: StandIn, answer: Any, rented: Rented | None, fields: dict[str, str], told: str
) -> None:
    control.answer, control.rented = answer, rented
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_form(app)
        dialog.query_one(RentFields).fill(fields)
        await press_rent(app, pilot)
        await until(lambda: any(told in toast.message for toast in app._notifications))


async def test_cancel_spends_nothing(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(app)
        await until(lambda: app.focused is not None and app.focused.id == "cancel")
        await pilot.press("enter")
        await end_of(app)
        assert not rented(control)


# Templates


async def open_templates(app: VastApp, control: StandIn, templates: Sequence[Template]) -> TemplateDialog:
    control.known_templates = tuple(templates)
    await until(lambda: app.furnished.is_set())
    dialog = TemplateDialog(control, after=0.01)
    app.push_screen(dialog)
    await until(lambda: ("templates", "") in control.asked)
    return dialog


def said_by(dialog: TemplateDialog) -> str:
    return str(dialog.query_one("#said", Static).visual) if dialog.query("#said") else ""


async def test_a_template_fills_hash_and_disk_and_its_image_is_shown(app: VastApp, control: StandIn) -> None:
    control.known_templates = (PYTORCH, EVIL)
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await open_form(app)
        await pilot.press("ctrl+t")
        await until(lambda: isinstance(app.screen, TemplateDialog) and said_by(app.screen) == "2 templates")
        await pilot.press("enter")
        await until(lambda: app.screen is dialog)
        text = dialog.query_one(RentFields).text
        assert (text.image, text.template, text.disk) == ("", "a" * 32, "96")
        figures = dialog.query_one("#figures")
        await until(lambda: "vastai/pytorch:2.5" in picture_of(figures))
        await press_rent(app, pilot)
        await until(lambda: bool(rented(control)))
        plan = rented(control)[0][2]
        assert (plan.image, plan.template, plan.disk_gb) == ("", "a" * 32, 96.0)


def picture_of(widget: Any) -> str:
    return "\n".join("".join(s.text for s in widget.render_line(y)) for y in range(widget.size.height))


async def test_templates_are_searched_as_one_types(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_templates(app, control, [PYTORCH, EVIL, NAMELESS])
        await until(lambda: said_by(dialog) == "2 templates")  # Without a hash there is nothing to rent by.
        await pilot.press(*"torch")
        await until(lambda: said_by(dialog) == "1 template")
        await pilot.press("x")
        await until(lambda: said_by(dialog) == "There is no template with 'torchx' in its name or image.")
        assert dialog.query_one("#act", Button).disabled
        await pilot.press("enter")
        assert app.screen is dialog


async def test_the_texts_of_a_template_write_no_markup(app: VastApp, control: StandIn) -> None:
    async with app.run_test(size=(80, 24)):
        dialog = await open_templates(app, control, [EVIL])
        await until(lambda: said_by(dialog) == "1 template")
        assert "[red]x[/]" in picture_of(dialog.query_one(OptionList))
        assert "[@click=app.exit]x[/]" in picture_of(dialog.query_one("#detail > Static"))


class Deaf(StandIn):
    """Templates cannot be had."""

    error: VastError | None = Unreachable("connection refused", hint="Check the network.")

    async def templates(self, text: str) -> Sequence[Template]:
        found = await super().templates(text)
        if self.error is not None:
            raise self.error
        return found


async def test_a_search_that_fails_is_told_and_can_be_tried_again(config: Any) -> None:
    control = Deaf(config, snapshot())
    app = BareApp(control, config)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_templates(app, control, [PYTORCH])
        await until(lambda: said_by(dialog) == "connection refused Check the network.")
        control.error = None
        await pilot.press("p")
        await until(lambda: said_by(dialog) == "1 template")
