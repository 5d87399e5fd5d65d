"""From status fields to phases. Rows follow what Vast.ai documents and what clients have seen."""

from __future__ import annotations

import itertools

import pytest

from vasttui.api.models import Instance
from vasttui.instances.phases import BOOT, Facts, Phase, explain, phase_of
from vasttui.instances.status import scrub

RUN, STOP = "running", "stopped"
NO_FACTS = Facts()


def box(actual: str | None, states: str = "rrr", msg: str | None = None, *, bid: bool = False) -> Instance:
    """`states` are current, intended and next: r running, s stopped, - null."""
    current, intended, following = ({"r": RUN, "s": STOP, "-": None}[letter] for letter in states)
    return Instance(
        id=1,
        actual_status=actual,
        cur_state=current,
        intended_status=intended,
        next_state=following,
        status_msg=msg,
        is_bid=bid,
    )


MANIFEST = "Error response from daemon: manifest unknown"
UP = "success, running pytorch/pytorch_2.2.0/ssh"


@pytest.mark.parametrize(
    ("instance", "facts", "phase"),
    [
        # coming up
        (box(None, "rrr"), NO_FACTS, Phase.CREATING),
        (box(None, "---"), NO_FACTS, Phase.CREATING),
        (box("created", "rrr"), NO_FACTS, Phase.CREATING),
        (box("created", "rrr", "80ee424dc764: Downloading"), NO_FACTS, Phase.PULLING),
        (box("loading", "rrr"), NO_FACTS, Phase.PULLING),
        (box("loading", "rrr", "0d30c18b26f8: Retrying in 5 seconds\n"), NO_FACTS, Phase.PULLING),
        (box("loading", "rrr", '#0 building with "default" instance'), NO_FACTS, Phase.PULLING),
        (box("loading", "rrr", UP), NO_FACTS, Phase.STARTING),
        (box("loading", "rrr", MANIFEST), NO_FACTS, Phase.FAILED),
        (box("loading", "rsr"), NO_FACTS, Phase.FAILED),
        (box("loading", "sss"), NO_FACTS, Phase.FAILED),
        (box("created", "srr", "OCI runtime create failed: x"), NO_FACTS, Phase.FAILED),
        (box("loading", "sss"), Facts(user_stopped=True), Phase.STOPPED),
        (box(None, "sss", bid=True), NO_FACTS, Phase.OUTBID),
        (box(None, "sss"), NO_FACTS, Phase.STOPPED),
        # running
        (box("running"), NO_FACTS, Phase.STARTING),
        (box("running"), Facts(ssh_expected=False), Phase.RUNNING),
        (box("running"), Facts(ssh_tried=True, ssh_ready=False), Phase.CONNECTING),
        (box("running"), Facts(ssh_tried=True, ssh_ready=True), Phase.READY),
        (box("running"), Facts(user_stopped=True, ssh_ready=True), Phase.STOPPING),
        (box("running", "rsr"), NO_FACTS, Phase.STOPPING),
        (box("running", "sss", bid=True), NO_FACTS, Phase.OUTBID),
        (box("Running "), Facts(ssh_ready=True), Phase.READY),
        # down
        (box("exited", "sss"), Facts(user_stopped=True), Phase.STOPPED),
        (box("exited", "sss"), NO_FACTS, Phase.STOPPED),
        (box("stopped", "sss"), NO_FACTS, Phase.STOPPED),
        (box("exited", "sss", bid=True), NO_FACTS, Phase.OUTBID),
        (box("exited", "sss", bid=True), Facts(user_stopped=True), Phase.STOPPED),
        (box("stopped", "sss", "instance terminated: outbid"), NO_FACTS, Phase.OUTBID),
        (box("exited", "rrr"), NO_FACTS, Phase.EXITED),
        (box("exited", "rrr"), Facts(user_started=True), Phase.SCHEDULING),
        (box("exited", "srr"), NO_FACTS, Phase.SCHEDULING),
        (box("stopped", "ssr"), NO_FACTS, Phase.SCHEDULING),
        (box("exited", "rss"), NO_FACTS, Phase.STOPPING),
        (box("exited", "---"), NO_FACTS, Phase.EXITED),
        (box("exited", "sss", "Error: GPU error, unable to start instance."), NO_FACTS, Phase.FAILED),
        # the host's side
        (box("offline", "sss", bid=True), NO_FACTS, Phase.OFFLINE),
        (box("unknown"), NO_FACTS, Phase.UNKNOWN),
        (box("frozen"), NO_FACTS, Phase.FROZEN),
        (box("rebooting"), Facts(ssh_ready=True), Phase.REBOOTING),
        (box("recycling"), NO_FACTS, Phase.REBOOTING),
        (box("something new"), NO_FACTS, Phase.UNKNOWN),
        # the end
        (box("running"), Facts(destroying=True), Phase.DESTROYING),
        (None, NO_FACTS, Phase.GONE),
        (None, Facts(requested=True), Phase.REQUESTED),
        (None, Facts(requested=True, unconfirmed=True), Phase.UNCONFIRMED),
    ],
)
def test_the_phase(instance: Instance | None, facts: Facts, phase: Phase) -> None:
    assert phase_of(instance, facts) is phase


def test_without_ssh_in_the_runtype_running_is_the_end_of_the_way_up() -> None:
    assert phase_of(Instance(id=1, actual_status=RUN, image_runtype="args")) is Phase.RUNNING
    assert phase_of(Instance(id=1, actual_status=RUN, image_runtype="ssh ssh_proxy")) is Phase.STARTING


ACTUAL = [None, "", "created", "loading", "running", "stopped", "frozen", "exited", "rebooting", "unknown"]
ACTUAL += ["offline", "scheduling", "starting", "error", "destroyed", "unloaded", "\x00?"]
STATES = ["".join(part) for part in itertools.product("rs-", repeat=3)]


def test_every_combination_has_a_phase_and_none_is_ready_unless_ssh_is() -> None:
    texts = [None, UP, MANIFEST, "80ee424dc764: Downloading", "odd"]
    for actual, states, text, bid in itertools.product(ACTUAL, STATES, texts, [False, True]):
        instance = box(actual, states, text, bid=bid)
        assert phase_of(instance) in Phase
        assert phase_of(instance) not in (Phase.READY, Phase.GONE, Phase.REQUESTED)
        ready = phase_of(instance, Facts(ssh_ready=True, ssh_tried=True))
        if ready is Phase.READY:
            assert (actual, "s" in states[1:]) == (RUN, False)
        assert phase_of(instance, Facts(destroying=True)) is Phase.DESTROYING


def test_each_phase_has_a_word_a_glyph_and_a_tone() -> None:
    for phase in Phase:
        assert phase.word
        assert phase.glyph
        assert phase.tone in ("good", "busy", "look", "bad", "off")
    assert [phase for phase in BOOT if phase.booting] == list(BOOT[:-1])
    assert not Phase.STOPPED.up


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("  two\n\n lines\t", "two lines"),
        ("docker run -e HF_TOKEN=hf_abcdefgh123 -e B='x y' img", "docker run -e HF_TOKEN=… -e B=… img"),
        ("--env=KEY=val x", "--env=KEY=… x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("got sk-proj-abcdefghij here", "got sk-… here"),
        ("api_key=12345 token: abc", "api_key=… token: …"),
        ("https://s3.x/y.log?X-Amz-Signature=abc&b=c end", "https://s3.x/y.log?… end"),
        ("https://user:pw@registry/x", "https://…@registry/x"),
        ("key " + "0a" * 32, "key …"),
    ],
)
def test_status_texts_are_shown_without_secrets(text: str | None, shown: str) -> None:
    assert explain(Instance(id=1, status_msg=text)) == shown


def test_controls_become_blanks() -> None:
    assert scrub("a\x1b[31mred\x07") == "a [31mred"


def test_long_texts_are_cut_and_quickly() -> None:
    assert len(explain(Instance(id=1, status_msg="-e " * 100_000))) == 240


def test_what_the_phase_means_is_said_where_vast_says_nothing() -> None:
    assert "outbid, or stopped elsewhere" in explain(box("exited", "sss", UP, bid=True), Phase.OUTBID)
    assert explain(box("exited", "sss", "instance terminated: outbid"), Phase.OUTBID).endswith("outbid")
    assert "stop cancels that" in explain(box("exited", "srr"), Phase.SCHEDULING)
