"""What dialogs say."""

from __future__ import annotations

from tests.tui.pictures import NOW, box, instance, stopped
from vasttui.tui.dialogs.questions import destroy_question, reboot_question, start_question, stop_question


def test_destroy_names_what_is_lost() -> None:
    question = destroy_question(box(7), NOW)
    assert question.text.startswith("Destroy upscale-07: 3h 34m of work, $1.04 spent, 12 GB on its disk are lost.")
    assert question.danger
    assert question.verb == "Destroy"


def test_destroy_of_a_running_one_wants_the_end_of_its_id() -> None:
    assert destroy_question(box(7), NOW).proof == str(box(7).id)[-4:]
    assert destroy_question(stopped(), NOW).proof == ""


def test_destroy_says_nothing_it_does_not_know() -> None:
    row = instance(1, disk_usage=None, label=None)
    text = destroy_question(box(1, row=row, spent=None), NOW).text
    assert "$" not in text
    assert "all on its disk" in text
    assert f"instance {row.id}" in text


def test_stop_says_that_the_disk_goes_on_billing() -> None:
    text = stop_question(box(7)).text
    assert "goes on billing $0.013/h ($0.32 a day)" in text
    assert "unknown price" in stop_question(box(7, row=instance(7, storage_total_cost=None, disk_space=None))).text


def test_start_says_what_it_bills_and_that_it_may_be_queued() -> None:
    text = start_question(stopped()).text
    assert "$0.291/h ($6.98 a day)" in text
    assert "queued" in text


def test_reboot_says_that_billing_goes_on() -> None:
    assert "$0.291/h" in reboot_question(box(7)).text
