"""Vast.ai's `status_msg`: what kind of text it is, and how it can be shown.

It may echo a whole `docker run` with its environment, so values of variables and tokens are taken out.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

LONGEST = 240

# The transient texts are asked first: "Retrying in 5 seconds" stands beside words that sound like the end.
# Two clients arrived at such lists independently: vast-ai/base-image and inference-plane.
_TRANSIENT = (
    "retrying", "downloading", "verifying checksum", "download complete", "pull complete", "pulling",
    "extracting", "waiting", "already exists", "building with", "rate limited",
)  # fmt: skip
_TERMINAL = (
    "error pulling image", "oci runtime create failed", "failed to start containers",
    "error response from daemon", "manifest unknown", "repository does not exist", "no such image",
    "pull access denied", "no space left", "unauthorized", "unexpected eof", "docker login failed",
    "unable to start instance", "unresolvable cdi", "unable to determine the device handle",
    "nvidia-container-cli", "uncorrectable ecc", "gpu pcie issue", "cannot connect to the docker daemon",
    "unknown or invalid runtime", "storage-opt is supported only", "does not support vms",
    "container is mounted", "port networking issues", "internal error", "volume does not exist",
    "docker_build() error",
)  # fmt: skip
_OUTBID = ("outbid", "preempt")
_BUILD_STEP = re.compile(r"#\d+ ")


class Said(StrEnum):
    """What a status text tells."""

    NOTHING = "nothing"
    SUCCESS = "success"
    TRANSIENT = "transient"
    TERMINAL = "terminal"
    OUTBID = "outbid"
    OTHER = "other"


# Every picture asks for the texts of all instances, and they seldom change.
@lru_cache(maxsize=1024)
def classify(text: str | None) -> Said:
    """The kind of a status text."""
    plain = " ".join((text or "").lower().split())
    if not plain:
        return Said.NOTHING
    if any(word in plain for word in _OUTBID):
        return Said.OUTBID
    if plain.startswith("success"):
        return Said.SUCCESS
    if any(word in plain for word in _TRANSIENT) or _BUILD_STEP.match(plain):
        return Said.TRANSIENT
    return Said.TERMINAL if any(word in plain for word in _TERMINAL) else Said.OTHER


_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    # -e NAME=value, --env NAME='two words'
    (re.compile(r"""((?:-e|--env)[ =]*)([A-Za-z_]\w*)=("[^"]*"?|'[^']*'?|\S*)"""), r"\1\2=…"),
    (re.compile(r"((?:--password|--token|-p)[ =])(\S+)"), r"\1…"),
    (re.compile(r"(?i)\b(\w*(?:token|secret|passw|passwd|api_?key|access_?key)\w*\s*[=:]\s*)(\S+)"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (re.compile(r"\b(hf_|sk-|gh[opsu]_|glpat-|AKIA|xox[abp]-)[\w-]{6,}"), r"\1…"),
    (re.compile(r"(https?://[^\s?]+)\?\S+"), r"\1?…"),
    (re.compile(r"(https?://)[^\s/@]+@"), r"\1…@"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), "…"),
)


@lru_cache(maxsize=1024)
def scrub(text: str | None) -> str:
    """A status text fit for the screen: one line, no controls, no secrets, at most 240 characters."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in (text or "")[:8192]).split())
    for pattern, replacement in _SECRETS:
        shown = pattern.sub(replacement, shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
