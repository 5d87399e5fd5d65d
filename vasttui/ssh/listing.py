"""Which files of a box are logs."""

from __future__ import annotations

import re
from posixpath import normpath

from vasttui.ssh.connection import SshConnection

_MOST = 200
_SECONDS = 15.0

# Where programs on Vast's images write logs, and how deep they are looked for. Some of these are links: hence the dot.
_PLACES = (("/var/log/. /workspace/.", 4), ('"$HOME/."', 2))
_SKIPPED = (
    *(".?*", "node_modules", "site-packages", "__pycache__", "venv", "apt"),
    *("alternatives.log", "bootstrap.log", "dpkg.log", "fontconfig.log"),
)
_FIND = (
    "env LC_ALL=C find {places} -maxdepth {depth} '(' -name " + " -o -name ".join(map(repr, _SKIPPED)) + " ')' -prune"
    " -o -type f '(' -name '*.log' -o -name '*.out' ')' ! -path '*[[:cntrl:]]*' -exec stat -c '%Y %n' '{{}}' +"
    " 2>/dev/null | sort -rn | head -n {most}"
)


async def log_files(connection: SshConnection) -> list[str]:
    """Paths of the log files on a box, the one written last first; at most 200.

    Files whose names have control characters or are not UTF-8 are left out.

    Raises:
        SshError: the connection broke, or the box did not answer in time.
    """
    finds = [_FIND.format(places=places, depth=depth, most=_MOST) for places, depth in _PLACES]
    _, out, _ = await connection.run_bytes("; ".join(finds), timeout=_SECONDS)
    newest: dict[str, int] = {}
    for changed, name in re.findall(rb"(?m)^(\d+) (/[^\n]*\.(?:log|out))$", out):
        path = normpath(name.decode("utf-8", "replace"))
        if path.isprintable() and "\ufffd" not in path:
            newest[path] = int(changed)
    return sorted(newest, key=lambda path: (-newest[path], path))[:_MOST]
