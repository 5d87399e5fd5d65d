"""Jobs that boxes play: their lines, their ends, their restarts, and the switch that ends their boxes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.hand import Hand
from vasttui.sim.boxes import Box
from vasttui.sim.faults import FaultBoard, parse_fault
from vasttui.sim.plays import Play, play_of

RUN = "k3f9.1"
START_LINE = f"::vasttui start id={RUN}"


def env(job_input: str = "clips/a.mp4", **more: str) -> tuple[tuple[str, str], ...]:
    job = {"VASTTUI_JOB_ID": RUN, "VASTTUI_INPUT": job_input, "VASTTUI_NAME": "a", **more}
    return tuple(job.items())


def lines(hand: Hand, box: Box) -> list[str]:
    text = box.log_from(hand.world.settle()).decode()
    return [line for line in text.replace("\r", "\n").split("\n") if line]


def begun(hand: Hand, box: Box) -> int:
    """How often the job began; after a restart, its start may be glued to a bar that was cut."""
    return box.log_from(hand.world.settle()).decode().count(START_LINE)


def up(hand: Hand, **order: Any) -> Box:
    box = hand.rent(**order)
    hand.until(lambda: box.actual == "running", 120)
    return box


@pytest.mark.parametrize(
    ("word", "code", "words"),
    [
        ("", 0, "saved"),
        ("-oom-", 1, "CUDA out of memory"),
        ("_diskfull.", 1, "No space left on device"),
        ("fails-", 3, "error: the input has no video stream"),
    ],
)
def test_a_job_ends_as_its_input_says(word: str, code: int, words: str) -> None:
    hand = Hand()
    box = up(hand, env=env(f"clips/{word}a.mp4"))
    hand.until(lambda: RUN in box.codes(hand.world.settle()), 240)
    said = lines(hand, box)
    assert said[0] == START_LINE
    assert said[-1] == f"::vasttui done id={RUN} code={code}"
    assert any(words in line for line in said[-12:])
    results = [line for line in said if line.startswith("::vasttui result=https://results.example/a.mp4?")]
    assert len(results) == (0 if code else 1)
    assert box.codes(hand.world.settle()) == {RUN: code}
    hand.turn(600)
    assert lines(hand, box) == said
    assert not box.busy(hand.world.settle())


def test_one_that_hangs_never_ends_and_is_up_all_the_same() -> None:
    hand = Hand()
    box = up(hand, env=env("hang.mp4"))
    hand.turn(300)
    said = lines(hand, box)
    hand.turn(3000)
    assert lines(hand, box) == said
    assert said[0] == START_LINE
    assert not any("done" in line for line in said if line.startswith("::vasttui"))
    assert box.codes(hand.world.settle()) == {}


def test_an_old_marker_comes_before_the_job_begins() -> None:
    hand = Hand()
    box = up(hand, env=env("oldmarker.mp4"))
    hand.until(lambda: bool(box.codes(hand.world.settle())), 240)
    said = lines(hand, box)
    assert said[: said.index(START_LINE)] == [
        "=== Pipeline finished ===",
        next(line for line in said if "yesterday.mp4" in line),
        "::vasttui done id=0000-yesterday.1 code=0",
    ]
    assert said[-1] == f"::vasttui done id={RUN} code=0"


def test_one_without_marks_prints_none() -> None:
    hand = Hand()
    box = up(hand, env=env("nomark.mp4"))
    hand.until(lambda: bool(box.codes(hand.world.settle())), 240)
    assert not [line for line in lines(hand, box) if line.startswith("::")]


@pytest.mark.parametrize("number", range(20))
def test_lengths_differ_and_stay_in_bounds(number: int) -> None:
    play = play_of(dict(env()), f"1:{number}")
    assert play is not None
    assert 60 <= play.seconds <= 200
    assert play.seconds < play.ends < play.seconds + 30
    assert play.kind in ("upscale", "train", "finetune")


def test_a_restart_plays_an_unfinished_job_again_and_a_finished_one_not() -> None:
    hand = Hand()
    box = up(hand, env=env())
    hand.turn(20)
    hand.world.life.reboot(box, hand.world.settle())
    hand.until(lambda: len(box.segments) == 2, 30)
    hand.until(lambda: bool(box.codes(hand.world.settle())), 240)
    assert begun(hand, box) == 2
    hand.world.life.reboot(box, hand.world.settle())
    hand.until(lambda: len(box.segments) == 3, 30)
    hand.turn(300)
    assert begun(hand, box) == 2
    hand.world.life.reboot(box, hand.world.settle(), recycle=True)
    hand.turn(60)
    assert begun(hand, box) == 1


def test_a_box_whose_start_command_only_arms_the_switch_waits_for_a_run_over_ssh() -> None:
    hand = Hand()
    box = up(hand, env=env(VASTTUI_LEASE="3600"), onstart="mkdir -p /var/log/vasttui; sh /var/log/vasttui/box watch")
    assert not isinstance(box.workload, Play)
    play = play_of({"VASTTUI_JOB_ID": "k4.1"}, "1:1")
    assert play is not None
    assert box.start_run(play, hand.world.settle())
    assert not box.start_run(play, hand.world.settle()), "begun already"
    assert box.codes(hand.world.settle()) == {}
    hand.turn(play.ends + 0.5)
    assert box.codes(hand.world.settle()) == {"k4.1": 0}
    assert not box.start_run(play, hand.world.settle()), "ended already"


def leased(hand: Hand, job_input: str = "a.mp4", **more: str) -> Box:
    return up(hand, env=env(job_input, VASTTUI_LEASE="1800", VASTTUI_GRACE="300", **more))


def test_a_switch_says_that_it_is_armed_and_until_when() -> None:
    hand = Hand()
    box = leased(hand)
    hand.turn(1)
    assert lines(hand, box)[0] == f"::vasttui switch armed=1 until={int(box.segments[0].start + 1800)} end=destroy"


@pytest.mark.parametrize(("job_input", "after"), [("hang", 1800.0), ("a.mp4", None)])
def test_a_box_that_nobody_comes_for_ends_itself(job_input: str, after: float | None) -> None:
    hand = Hand()
    box = leased(hand, job_input)
    play = box.workload
    assert isinstance(play, Play)
    since = hand.second
    hand.until(lambda: box.gone, 2000)
    expected = play.ends + 300 if after is None else after
    assert hand.second - since == pytest.approx(expected, abs=9)
    assert hand.world.life.ended_themselves == [box.id]


def test_a_switch_may_stop_instead() -> None:
    hand = Hand()
    box = leased(hand, VASTTUI_END="stop")
    hand.until(lambda: box.actual == "exited", 2000)
    assert (box.intended, box.gone) == ("stopped", False)


def test_beats_keep_a_box_until_they_end() -> None:
    hand = Hand()
    box = leased(hand)
    assert box.switch is not None
    for _ in range(40):
        hand.turn(60)
        box.switch.beat(1800, hand.world.settle())
        assert not box.gone
    last = hand.second
    hand.until(lambda: box.gone, 400)
    assert hand.second - last == pytest.approx(300, abs=9), "its job has ended long ago: only the grace is left"


def test_beats_do_not_extend_a_fixed_lease_and_neither_does_a_reboot() -> None:
    hand = Hand()
    box = up(hand, env=env("hang", VASTTUI_LEASE="600", VASTTUI_FIXED="1"))
    since = hand.second
    hand.turn(300)
    assert box.switch is not None
    box.switch.beat(1800, hand.world.settle())
    hand.world.life.reboot(box, hand.world.settle())
    hand.until(lambda: box.gone, 400)
    assert hand.second - since == pytest.approx(600, abs=9)


def test_a_box_that_was_stopped_does_not_end_itself_meanwhile() -> None:
    hand = Hand()
    box = leased(hand)
    hand.world.life.stop(box, hand.world.settle())
    hand.turn(5000)
    assert (box.actual, box.gone) == ("exited", False)


@pytest.mark.parametrize(("lease", "runtype"), [("soon", "ssh"), ("-5", "ssh"), ("inf", "ssh"), ("600", "args")])
def test_there_is_no_switch_without_a_lease_or_a_start_command(lease: str, runtype: str) -> None:
    hand = Hand()
    box = hand.rent(env=env(VASTTUI_LEASE=lease), runtype=runtype)
    assert box.switch is None


@pytest.mark.parametrize(
    ("fault", "actual", "intended"),
    [
        ("cdi", "created", "stopped"),
        ("oci", "created", "stopped"),
        ("bad_image", "loading", "stopped"),
        ("stuck", "loading", "running"),
        ("offline", "offline", "running"),
    ],
)
def test_a_fault_spoils_the_next_box_on_a_good_host(fault: str, actual: str, intended: str) -> None:
    hand = Hand()
    hand.world.flaw_told = FaultBoard((parse_fault(f"{fault}=1"),)).flaw_of
    box, good = hand.rent(), hand.rent()
    hand.turn(600)
    assert (box.actual, box.intended) == (actual, intended)
    assert good.actual == "running"


def test_a_fault_can_be_a_certain_machines_own() -> None:
    hand = Hand()
    first = hand.offer()
    place = f"stuck=1.0@*:machine/{first.fixed['machine_id']}/"
    hand.world.flaw_told = FaultBoard((parse_fault(place),)).flaw_of
    box = hand.rent()
    others = [hand.rent() for _ in range(5)]
    assert box.flaw == "stuck"
    assert [other.flaw for other in others if other.fixed["machine_id"] != box.fixed["machine_id"]] == [""] * 5


def test_a_box_that_vanishes_is_gone_at_once_and_costs_no_more() -> None:
    hand = Hand()
    hand.world.flaw_told = FaultBoard((parse_fault("vanish=1"),)).flaw_of
    box = up(hand, env=env())
    hand.until(lambda: box.gone, 95)
    spent = hand.world.spent
    hand.turn(3600)
    assert hand.world.spent == spent == box.spent > 0


def test_an_outbid_job_plays_again_when_the_price_has_fallen() -> None:
    hand = Hand()
    offer = hand.offer()
    hand.world.flaw_told = FaultBoard((parse_fault("outbid=1"),)).flaw_of
    box = up(hand, env=env("hang"), bid=offer.min_bid * 1.3)
    hand.until(lambda: box.outbid, 95)
    hand.until(lambda: box.actual == "running", 330)
    hand.turn(5)
    assert begun(hand, box) == 2
