"""The simulated life of a box keeps the observed timings of the real service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sim.hand import START, Hand
from vasttui.sim.boxes import Order
from vasttui.sim.clock import SimClock
from vasttui.sim.seeded import add_seeded


@pytest.mark.parametrize("seed", range(1, 8))
def test_a_rented_box_passes_its_phases_in_the_observed_times(seed: int) -> None:
    hand = Hand(seed)
    box = hand.rent()
    assert hand.world.rows()[0]["id"] == box.id, "listed before the create request is answered"
    assert (box.actual, box.intended, box.cur) == (None, "running", "running")
    reply = hand.world.life.reply_delay(box)
    assert 5 <= reply <= 10
    hand.until(lambda: box.actual == "created", 4)
    loading = hand.until(lambda: box.actual == "loading", 13)
    assert loading > 2
    hand.until(lambda: "Pull" in str(hand.world.row(box)["status_msg"]), 20)
    assert hand.world.row(box)["ports"] == {}
    hand.until(lambda: box.actual == "running", 70)
    assert reply + 30 <= hand.second <= reply + 60.5
    assert 30 <= hand.until(lambda: box.port_open, 61) <= 60.25
    port = hand.world.row(box)["ports"]["22/tcp"][0]["HostPort"]
    assert port == str(box.port)
    assert not box.key_ok
    assert 10 <= hand.until(lambda: box.key_ok, 21) <= 20.25


def test_a_stopped_box_bills_its_disk_only_and_starts_faster_than_a_new_one() -> None:
    hand = Hand()
    box = hand.running()
    hand.world.life.stop(box, hand.world.settle())
    assert 4 <= hand.until(lambda: box.actual == "exited", 10) <= 9.25
    assert (box.intended, box.cur, box.next, box.port_open) == ("stopped", "stopped", "stopped", False)
    assert box.burn() == pytest.approx(box.storage_cost * 20 / 720)
    assert hand.world.life.start(box, hand.world.settle())
    assert hand.until(lambda: box.actual == "running", 25) < 21
    hand.until(lambda: box.key_ok, 25)


def test_a_restarted_container_repeats_its_old_lines_below_the_first_ones() -> None:
    hand = Hand()
    box = hand.running()
    first = box.log_from(hand.world.settle())
    hand.world.life.reboot(box, hand.world.settle())
    assert box.actual == "rebooting"
    hand.until(lambda: box.actual == "running", 15)
    hand.turn(5)
    log = box.log_from(hand.world.settle())
    assert log.startswith(first)
    assert log[len(first) :].startswith(first[:200])


def test_a_recycled_container_begins_with_an_empty_log() -> None:
    hand = Hand()
    box = hand.running()
    hand.world.life.reboot(box, hand.world.settle(), recycle=True)
    assert box.log_from(hand.world.settle()) == b""
    hand.until(lambda: box.actual == "running", 15)


def test_a_destroyed_box_leaves_the_list_within_seven_seconds_and_its_offer_comes_back() -> None:
    hand = Hand()
    box = hand.running()
    free = sum(not offer.mine for offer in hand.world.market.offers.values())
    hand.world.life.destroy(box, hand.world.settle())
    assert 3 <= hand.until(lambda: not hand.world.boxes, 8) <= 7.25
    assert sum(not offer.mine for offer in hand.world.market.offers.values()) == free + 1


@pytest.mark.parametrize(
    ("order", "status", "message"),
    [
        ({"image": "org/nonexistent:1"}, "loading", "manifest unknown"),
        ({"label": "job that hangs"}, "loading", "ownload"),
    ],
)
def test_what_cannot_start_stays_in_loading(order: dict[str, str], status: str, message: str) -> None:
    hand = Hand()
    box = hand.rent(**order)
    hand.turn(900)
    assert box.actual == status
    assert message in str(hand.world.row(box)["status_msg"])
    assert not box.segments


def test_a_bad_image_is_given_up_by_the_service_after_some_minutes() -> None:
    hand = Hand()
    box = hand.rent(image="org/nonexistent:1")
    hand.turn(120)
    assert box.intended == "running"
    hand.turn(400)
    assert (box.actual, box.intended, box.cur) == ("loading", "stopped", "stopped")


@pytest.mark.parametrize(("flaw", "actual"), [("cdi", "created"), ("stuck", "loading"), ("offline", "offline")])
def test_bad_hosts_fail_in_their_own_way(flaw: str, actual: str) -> None:
    hand = Hand(2)
    offer = hand.offer(lambda offer: not offer.clean)
    offer.flaw = flaw
    box = hand.world.rent(offer, Order(image="x", disk=10.0))
    hand.turn(1500)
    assert box.actual == actual
    if flaw == "offline":
        assert box.burn() == 0


def test_a_start_without_capacity_is_queued_and_happens_later() -> None:
    hand = Hand()
    box = hand.running()
    hand.world.life.stop(box, hand.world.settle())
    hand.turn(10)
    hand.world.life.deny_capacity = lambda: True
    assert not hand.world.life.start(box, hand.world.settle())
    assert (box.actual, box.intended) == ("exited", "running")
    hand.until(lambda: box.actual == "running", 430)


def test_an_outbid_box_is_paused_and_resumes_by_itself() -> None:
    hand = Hand()
    offer = hand.offer()
    box = hand.world.rent(offer, Order(image="x", disk=10.0, label="train", bid=offer.min_bid))
    hand.until(lambda: box.outbid, 3000)
    assert (box.actual, box.intended, box.cur, box.next) == ("exited", "stopped", "stopped", "stopped")
    hand.until(lambda: box.actual == "running", 330)
    assert not box.outbid


def test_without_credit_everything_stops() -> None:
    hand = Hand(credit=0.05)
    box = hand.running()
    hand.until(lambda: box.actual == "exited", 36_000)
    assert box.intended == "stopped"
    assert hand.world.account.credit <= 0


def test_credit_falls_by_what_the_boxes_cost() -> None:
    hand = Hand(credit=10.0)
    box = hand.running()
    before, hourly = hand.world.account.credit, box.dph_total
    hand.turn(3600)
    assert before - hand.world.account.credit == pytest.approx(hourly, rel=1e-6)
    assert box.spent > hourly


def test_two_worlds_of_one_seed_live_the_same_life() -> None:
    def life(seed: int) -> list[tuple[Any, ...]]:
        hand = Hand(seed)
        box = hand.rent()
        seen = []
        for _ in range(60):
            hand.turn(5)
            row = hand.world.row(box)
            seen.append((row["actual_status"], row["status_msg"], row["gpu_util"], row["dph_total"], row["ports"]))
        return [*seen, (box.log_from(hand.world.settle()),)]

    assert life(3) == life(3)
    assert life(3) != life(4)


def test_the_demo_begins_with_the_pictures_five_boxes() -> None:
    hand = Hand()
    add_seeded(hand.world, 5)
    rows = hand.world.rows()
    assert [row["label"] for row in rows] == [
        "upscale-07",
        "lora-flux",
        "upscale-08",
        "notebook",
        "old-train",
    ]
    assert [row["actual_status"] for row in rows] == ["running", "running", "loading", "running", "exited"]
    assert rows[0]["gpu_util"] > 90
    assert rows[3]["gpu_util"] == 0
    assert rows[4]["instance"]["gpuCostPerHour"] == 0
    assert rows[4]["instance"]["diskHour"] > 0
    assert 1.0 < hand.world.burn() < 2.0


def test_time_shown_to_clients_never_lies_in_their_future() -> None:
    wall = [0.0]
    clock = SimClock(50.0, start=START, monotonic=lambda: wall[0])
    wall[0] = 10.0
    assert clock.now() == START + 500
    assert clock.wire(clock.now()) == START + 10
    assert clock.wire(START - 3600) == START - 3600, "history keeps its length"
