"""SSH to the boxes: connect, run, follow a file. Host keys are remembered, faults are told by meaning."""

from vasttui.ssh.connection import SshConnection, connect, probe
from vasttui.ssh.follow import Chunk, FollowEvent, Lost, Missing, Opened, Reconnected, Rotated, follow
from vasttui.ssh.target import PATIENCE, SshTarget, forget_keys, ssh_command

__all__ = [
    "PATIENCE",
    "Chunk",
    "FollowEvent",
    "Lost",
    "Missing",
    "Opened",
    "Reconnected",
    "Rotated",
    "SshConnection",
    "SshTarget",
    "connect",
    "follow",
    "forget_keys",
    "probe",
    "ssh_command",
]
