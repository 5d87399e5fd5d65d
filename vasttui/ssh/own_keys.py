"""The public SSH keys that this computer can offer."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping
from pathlib import Path

USUAL = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Names of the user's own private keys in `~/.ssh`."""

AGENT_WAIT = 2.0
"""Seconds that the agent may take to answer."""


def public_part(text: str) -> str:
    """Type and base64 of a public key, without its comment: that by which two are the same."""
    return " ".join(text.split()[:2])


def _private_keys(configured: Path | None) -> list[Path]:
    """The configured private key, else the user's usual ones; those that are there."""
    paths = [configured.expanduser()] if configured else [Path.home() / ".ssh" / name for name in USUAL]
    return [path for path in paths if path.is_file()]


def _public_text(private: Path) -> str:
    try:
        return private.with_name(f"{private.name}.pub").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


async def own_keys(configured: Path | None, environment: Mapping[str, str] = os.environ) -> frozenset[str] | None:
    """Public parts of all keys that would be offered to a box: those in files, and the agent's.

    None when there may be others, whose public part cannot be had; an empty set when there is no key at all.
    """
    files = await asyncio.to_thread(_of_files, configured)
    agent = await _of_agent(environment.get("SSH_AUTH_SOCK", ""))
    found = (files or set()) | (agent or set())
    return frozenset(found) if found or (files is not None and agent is not None) else None


def _of_files(configured: Path | None) -> set[str] | None:
    """From the files; None when there is a private key and none of them shows its public part."""
    private = _private_keys(configured)
    found = {public_part(_public_text(path) or _derived(path)) for path in private} - {""}
    return found or (None if private else set())


def _derived(private: Path) -> str:
    """The public key of a private one that has no `.pub` beside it; "" when it cannot be read."""
    import asyncssh

    try:
        return asyncssh.read_private_key(private).export_public_key().decode()
    except (OSError, ValueError):  # asyncssh's own faults of keys are ValueErrors
        return ""


async def _of_agent(path: str) -> set[str] | None:
    """The keys that the agent holds, nothing without one; None when it is there and does not answer."""
    if not path or not await asyncio.to_thread(os.path.exists, path):
        return set()
    import asyncssh

    try:
        async with asyncio.timeout(AGENT_WAIT), asyncssh.connect_agent(path) as agent:
            keys = list(await agent.get_keys())
    except (OSError, ValueError, TimeoutError, asyncssh.Error):
        return None
    return {f"{key.algorithm.decode()} {base64.b64encode(key.public_data).decode()}" for key in keys}
