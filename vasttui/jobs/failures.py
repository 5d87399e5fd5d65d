"""Which class a fault belongs to: a refused rental, Vast.ai's words about a box, an exit code, a line of a log."""

from __future__ import annotations

import re

from vasttui.errors import NoCapacity, NoCredit, Nonsense, OfferGone, RateLimited, Rejected, Unreachable, VastError
from vasttui.instances.status import Said, classify
from vasttui.jobs.states import Failure

LONGEST_STATUS = 8192
"""Characters of a status text that are looked at."""

KILLED = 137
"""128 + SIGKILL: what a shell says of a process that the kernel, or a container's limit, has killed."""

# `docker pull` of an image that cannot be had by anyone with our rights; another host would be told the same.
_NO_IMAGE = re.compile(
    r"manifest (?:for \S{1,200} )?(?:unknown|not found)|manifest unknown|repository does not exist|no such image"
    r"|repository \S{1,200} not found|pull access denied|unauthorized|authentication required|docker login failed"
    r"|requested access to the resource is denied|invalid reference format|no matching manifest",
    re.IGNORECASE,
)

_BY_SIGN = {
    "out of GPU memory": Failure.MEMORY,
    "killed": Failure.MEMORY,
    "disk full": Failure.DISK,
    "GPU fault": Failure.HOST,
    "container fault": Failure.HOST,
    "file handle lost": Failure.HOST,
}

# What git, curl, wget, pip, apt and Python's clients print when a name, a way or an answer is missing.
_NETWORK = re.compile(
    r"could not resolve host|temporary failure in name resolution|temporary failure resolving"
    r"|name or service not known|nodename nor servname|unable to resolve host|failed to resolve '"
    r"|network is unreachable|no route to host|connection timed out|connection reset by peer|read timed out"
    r"|max retries exceeded with url|tls handshake timeout|operation timed out after|early eof|rpc failed; curl"
    r"|the remote end hung up unexpectedly|failed to establish a new connection|i/o timeout",
    re.IGNORECASE,
)


def failure_of_refusal(error: VastError) -> Failure:
    """The class of a rental that came to nothing. Not for `Ambiguous`, of which nobody knows what came of it."""
    if isinstance(error, NoCredit):
        return Failure.NO_CREDIT
    if isinstance(error, OfferGone | NoCapacity):
        return Failure.OFFER_GONE
    # A bid below the least one leaves a stopped instance behind: the offer's price has moved.
    if isinstance(error, Rejected) and (error.new_contract is not None or error.code == "invalid_price"):
        return Failure.OFFER_GONE
    if isinstance(error, Unreachable | RateLimited | Nonsense):
        return Failure.NETWORK
    return Failure.REFUSED


def failure_of_status(text: str | None) -> Failure | None:
    """The class of what Vast.ai's `status_msg` says of a box; None when it tells of no fault."""
    text = (text or "")[:LONGEST_STATUS]
    said = classify(text)
    if said is Said.OUTBID:
        return Failure.OUTBID
    if said is Said.TRANSIENT or said is Said.SUCCESS:
        return None
    if _NO_IMAGE.search(" ".join(text.split())):
        return Failure.BAD_IMAGE
    return Failure.HOST if said is Said.TERMINAL else None


def failure_of_line(line: str) -> Failure | None:
    """NETWORK for a line, without escapes, that tells of a lost or missing network; else None."""
    return Failure.NETWORK if _NETWORK.search(line) else None


def failure_of_sign(reason: str) -> Failure | None:
    """The class that a sign (`vasttui.jobs.signs`) stands for; None for one that only says that something failed."""
    return _BY_SIGN.get(reason)


def failure_of_exit(code: int | None, reason: str) -> Failure:
    """The class of a failed run.

    Args:
        code: its exit code, None when unknown.
        reason: of the sign in its last lines, "" without one.
    """
    said = failure_of_sign(reason)
    if said is not None:
        return said
    return Failure.MEMORY if code == KILLED else Failure.JOB
