"""Where an instance is in its life, from Vast.ai's four status fields and what we know beside them.

    requested/unconfirmed → creating → pulling → starting → connecting → ready → stopping → stopped → …
                                                         ↘ exited, outbid, offline, frozen, failed

Values of `actual_status`: vast-ai/docs, cli/reference/show-instance; combinations: the rules that other
clients found to hold (dstack: all three states stopped without a user's stop means outbid, or given up).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from vasttui.api.models import Instance
from vasttui.instances.status import Said, classify, scrub

Tone = Literal["good", "busy", "look", "bad", "off"]


class Phase(StrEnum):
    """A phase; its value is a stable name for scripts, `word` is for people."""

    REQUESTED = "requested"
    UNCONFIRMED = "unconfirmed"
    CREATING = "creating"
    PULLING = "pulling"
    STARTING = "starting"
    CONNECTING = "connecting"
    READY = "ready"
    RUNNING = "running"
    SCHEDULING = "scheduling"
    REBOOTING = "rebooting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    OUTBID = "outbid"
    EXITED = "exited"
    FAILED = "failed"
    FROZEN = "frozen"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    DESTROYING = "destroying"
    GONE = "gone"

    @property
    def word(self) -> str:
        """One word for the screen."""
        return "no heartbeat" if self is Phase.UNKNOWN else self.value

    @property
    def glyph(self) -> str:
        """Key of its glyph."""
        return _LOOKS[self][0]

    @property
    def tone(self) -> Tone:
        """good, busy, look, bad or off."""
        return _LOOKS[self][1]

    @property
    def booting(self) -> bool:
        """On its way to ready."""
        return self in BOOT[:-1]

    @property
    def up(self) -> bool:
        """The container runs, so utilisation and temperature are live; other phases may carry stale ones."""
        return self in _UP


_LOOKS: dict[Phase, tuple[str, Tone]] = {
    Phase.REQUESTED: ("waiting", "busy"),
    Phase.UNCONFIRMED: ("unknown", "look"),
    Phase.CREATING: ("creating", "busy"),
    Phase.PULLING: ("loading", "busy"),
    Phase.STARTING: ("loading", "busy"),
    Phase.CONNECTING: ("loading", "busy"),
    Phase.READY: ("running", "good"),
    Phase.RUNNING: ("running", "good"),
    Phase.SCHEDULING: ("waiting", "look"),
    Phase.REBOOTING: ("rebooting", "busy"),
    Phase.STOPPING: ("stopped", "busy"),
    Phase.STOPPED: ("stopped", "off"),
    Phase.OUTBID: ("outbid", "look"),
    Phase.EXITED: ("failed", "look"),
    Phase.FAILED: ("failed", "bad"),
    Phase.FROZEN: ("stopped", "look"),
    Phase.OFFLINE: ("unknown", "bad"),
    Phase.UNKNOWN: ("unknown", "look"),
    Phase.DESTROYING: ("failed", "busy"),
    Phase.GONE: ("stopped", "off"),
}
BOOT = (
    Phase.REQUESTED,
    Phase.CREATING,
    Phase.PULLING,
    Phase.STARTING,
    Phase.CONNECTING,
    Phase.READY,
)
"""The way up, in order."""
_UP = frozenset({Phase.STARTING, Phase.CONNECTING, Phase.READY, Phase.RUNNING, Phase.STOPPING})


@dataclass(frozen=True, slots=True)
class Facts:
    """What we know beside the row.

    Attributes:
        ssh_ready: the last SSH probe worked; None before the first.
        ssh_tried: a probe was made since the instance came up.
        ssh_expected: probes are made at all; without them a running box is "running", not "starting".
        user_stopped: the user asked for the stop, here or as far as we know.
        user_started: the user asked for a start that has not happened yet.
        destroying: a destroy was sent and it is not seen to be gone.
        requested: the rent request is under way.
        unconfirmed: the rent request's answer was lost.
    """

    ssh_ready: bool | None = None
    ssh_tried: bool = False
    ssh_expected: bool = True
    user_stopped: bool = False
    user_started: bool = False
    destroying: bool = False
    requested: bool = False
    unconfirmed: bool = False


_NO_FACTS = Facts()
_NOT_UP_YET = frozenset({"", "created", "loading", "provisioning"})
_DOWN = frozenset({"stopped", "exited", "unloaded"})


def phase_of(instance: Instance | None, facts: Facts = _NO_FACTS) -> Phase:
    """The phase of an instance as the last good listing shows it; None means that the listing lacks it."""
    if instance is None:
        return _absent(facts)
    actual = (instance.actual_status or "").strip().lower()
    if facts.destroying or actual in ("destroyed", "terminated") or _lower(instance.cur_state) == "unloaded":
        return Phase.DESTROYING
    if actual in _PLAIN:
        return _PLAIN[actual]
    if actual == "running":
        return _running(instance, facts)
    if actual in _NOT_UP_YET:
        return _coming_up(instance, actual, facts)
    if actual in _DOWN:
        return _down(instance, actual, facts)
    return Phase.UNKNOWN


_PLAIN = {
    "frozen": Phase.FROZEN,
    "offline": Phase.OFFLINE,
    "unknown": Phase.UNKNOWN,
    "rebooting": Phase.REBOOTING,
    "recycling": Phase.REBOOTING,
    "scheduling": Phase.SCHEDULING,
    "starting": Phase.STARTING,
    "stopping": Phase.STOPPING,
    "error": Phase.FAILED,
}


def _absent(facts: Facts) -> Phase:
    if facts.unconfirmed:
        return Phase.UNCONFIRMED
    return Phase.REQUESTED if facts.requested else Phase.GONE


def _lower(text: str | None) -> str:
    return (text or "").strip().lower()


def _states(instance: Instance) -> tuple[str, str, str]:
    return _lower(instance.cur_state), _lower(instance.intended_status), _lower(instance.next_state)


def _running(instance: Instance, facts: Facts) -> Phase:
    if facts.user_stopped:
        return Phase.STOPPING
    current, intended, following = _states(instance)
    if current == intended == following == "stopped":
        return _halted(instance)
    if intended == "stopped" or following == "stopped":
        return Phase.STOPPING
    return _ssh_phase(instance, facts)


def _ssh_phase(instance: Instance, facts: Facts) -> Phase:
    if facts.ssh_ready:
        return Phase.READY
    if not has_ssh(instance) or not facts.ssh_expected:
        return Phase.RUNNING
    return Phase.CONNECTING if facts.ssh_tried else Phase.STARTING


def has_ssh(instance: Instance) -> bool:
    """Whether its run type brings an SSH server; an unknown one is taken to."""
    runtype = _lower(instance.image_runtype)
    return not runtype or "ssh" in runtype or "jupyter" in runtype


def _coming_up(instance: Instance, actual: str, facts: Facts) -> Phase:
    said = classify(instance.status_msg)
    current, intended, following = _states(instance)
    if said is Said.OUTBID:
        return Phase.OUTBID
    if said is Said.TERMINAL:
        return Phase.FAILED
    if "stopped" in (current, intended):
        if facts.user_stopped:
            return Phase.STOPPED
        if instance.is_bid and current == intended == following == "stopped":
            return Phase.OUTBID
        # Loading while stopped is intended never comes up, and its disk is billed.
        return Phase.FAILED if actual == "loading" else Phase.STOPPED
    if said is Said.TRANSIENT:
        return Phase.PULLING
    if actual == "loading":
        return Phase.STARTING if said is Said.SUCCESS else Phase.PULLING
    return Phase.CREATING


def _down(instance: Instance, actual: str, facts: Facts) -> Phase:
    current, intended, following = _states(instance)
    said = classify(instance.status_msg)
    if "running" in (intended, following):
        waits = facts.user_started or current == "stopped" or actual == "stopped"
        return Phase.SCHEDULING if waits else Phase.EXITED
    if facts.user_stopped:
        return Phase.STOPPED if current != "running" else Phase.STOPPING
    if said is Said.TERMINAL:
        return Phase.FAILED
    if said is Said.OUTBID:
        return Phase.OUTBID
    if current == intended == following == "stopped":
        return _halted(instance)
    if current == "running" and intended == "stopped":
        return Phase.STOPPING
    return Phase.STOPPED if "stopped" in (actual, current, intended) else Phase.EXITED


def _halted(instance: Instance) -> Phase:
    # No field tells outbid from stopped elsewhere; on an on-demand box nobody bids.
    return Phase.OUTBID if instance.is_bid or classify(instance.status_msg) is Said.OUTBID else Phase.STOPPED


def explain(instance: Instance, phase: Phase | None = None) -> str:
    """One line about the state: Vast.ai's own text without secrets, or what the phase means; may be ""."""
    said = classify(instance.status_msg)
    text = scrub(instance.status_msg)
    if phase is Phase.OUTBID and said is not Said.OUTBID:
        return "outbid, or stopped elsewhere: its disk is billed, it resumes when its bid is high enough"
    if phase is Phase.SCHEDULING:
        return "waits for a free GPU and starts, and bills, when there is one; stop cancels that"
    if phase is Phase.FROZEN:
        return "frozen: its GPU is still billed"
    return text
