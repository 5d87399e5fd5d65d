"""SSH to the boxes: connect, run, follow a file. Host keys are remembered, faults are told by meaning."""

from vasttui.ssh.connection import SshConnection, connect
from vasttui.ssh.follow import Chunk, Dial, FollowEvent, Lost, Missing, Opened, Reconnected, Rotated, follow
from vasttui.ssh.link import SshLink
from vasttui.ssh.listing import log_files
from vasttui.ssh.own_keys import own_keys, public_part
from vasttui.ssh.place import MARK, Place
from vasttui.ssh.target import PATIENCE, SshTarget, ssh_command

__all__ = [
    "MARK",
    "PATIENCE",
    "Chunk",
    "Dial",
    "FollowEvent",
    "Lost",
    "Missing",
    "Opened",
    "Place",
    "Reconnected",
    "Rotated",
    "SshConnection",
    "SshLink",
    "SshTarget",
    "connect",
    "follow",
    "log_files",
    "own_keys",
    "public_part",
    "ssh_command",
]
