"""The keys of a job file, with their kinds."""

from __future__ import annotations

from vasttui.config.keys import PRESET_KEYS, Key
from vasttui.config.kinds import Choice, Duration, Flag, Many, Number, Text
from vasttui.jobs.spec import FAILURES

_DAY = 86_400
_COMMAND = Key(Text("a command", "", 65_536), secret=True)
_HERE = Text("a path", r"[^\n]+", 4096)
_ON_BOX = r"/[^\n]*"
_DEEP = r"(/(?!\.\.?(/|$))[^/\n]+){2,}/?"
_MARKER = Key(Text("a text within one line", r"[^\n]+"))
_PATTERN = Key(Text("a regular expression", r"[^\n]+"))
_ARGUMENT = Text("an argument", "", 4096)
_DOLLARS = Number(0.01, 1_000_000, "$")

ARGUMENTS = Key(Many(_ARGUMENT))
END = Key(Choice(("destroy", "stop", "keep")))

JOB_KEYS: dict[str, Key] = {
    "name": Key(Text("a name such as upscale-2x: letters, digits, . _ and -,", r"[A-Za-z0-9_][A-Za-z0-9._-]*", 40)),
    "onstart": _COMMAND,
    "repo": Key(Text("a repository's address", r"(?!-)(?!ext::)\S+", 2048), secret=True),
    "branch": Key(Text("a branch's name", r"(?!-)[^\n\t]+", 256)),
    "directory": Key(Text("a folder on the box at least two levels deep, such as /workspace/project,", _DEEP)),
    "script": Key(Text("a path within the repository", r"[^-/\n][^\n]*")),
    "inputs": Key(Many(Text("an input of one line", r"[^\n\t]+", 4096))),
    "inputs_from": Key(_HERE),
    "glob": Key(Many(_HERE)),
    "list": _COMMAND,
    "skip_if": _COMMAND,
    "skip_done": Key(Flag()),
    "outbid": Key(Choice(("wait", "move"))),
    "reuse": Key(Flag()),
    "lease": Key(Duration(300, 30 * _DAY)),
    "grace": Key(Duration(180, 7 * _DAY)),  # vasttui comes by once a minute
    "progress": Key(Many(Text("a regular expression", r"[^\n]+"))),
    "budget": Key(_DOLLARS),
    "max_parallel": Key(Number(1, 500, whole=True)),
}
"""At the top level, beside `args` and the sections."""

SSH_KEYS: dict[str, Key] = {
    "upload": Key(Many(_HERE)),
    "to": Key(Text("a folder on the box, such as /workspace,", _ON_BOX)),
    "command": _COMMAND,
}
SUCCESS_KEYS: dict[str, Key] = {
    "exit_code": Key(Text("an exit code from 0 to 255, or any,", r"any|\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]")),
    "marker": _MARKER,
    "pattern": _PATTERN,
}
FAILURE_KEYS: dict[str, Key] = {"marker": _MARKER, "pattern": _PATTERN}
RESULT_KEYS: dict[str, Key] = {
    "pattern": _PATTERN,
    "files": Key(Many(Text("a path on the box, such as /workspace/out/*.png,", _ON_BOX))),
    "to": Key(_HERE),
    "required": Key(Flag()),
}
_LIMIT = Key(Duration(10, 60 * _DAY, endless=True))
LIMIT_KEYS: dict[str, Key] = {
    **dict.fromkeys(("search", "boot", "quiet", "work", "collect", "total"), _LIMIT),
    "cost": Key(_DOLLARS),
    "tries": Key(Number(1, 100, whole=True)),
    "elsewhere": Key(Many(Choice(FAILURES), as_set=True)),
}
END_KEYS: dict[str, Key] = {"success": END, "failure": END}

_QUERY = PRESET_KEYS["query"]
_NOT_HERE = (
    *("query", "limit", "onstart", "label", "lease", "fallback"),
    *("hours", "gb_in", "gb_out", "watch_below", "watch_rent", "watch_most"),
)
RENT_KEYS: dict[str, Key] = {
    "preset": Key(Text("a preset's name")),
    "search": _QUERY,
    **{name: key for name, key in PRESET_KEYS.items() if name not in _NOT_HERE},
}

SECTIONS: dict[str, dict[str, Key]] = {
    "rent": RENT_KEYS,
    "ssh": SSH_KEYS,
    "success": SUCCESS_KEYS,
    "failure": FAILURE_KEYS,
    "result": RESULT_KEYS,
    "limits": LIMIT_KEYS,
    "end": END_KEYS,
}
