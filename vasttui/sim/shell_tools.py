"""The commands of the boxes' shell: from arguments and input to output, error text and status."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vasttui.sim.files import HOME, BoxFiles
from vasttui.sim.find import Find
from vasttui.sim.tail import tail_of, tail_options


@dataclass(frozen=True)
class Outcome:
    """What a command wrote and how it ended."""

    out: bytes
    err: bytes = b""
    code: int = 0


def run(files: BoxFiles, name: str, args: list[str], data: bytes) -> Outcome:
    """Run one command."""
    tool = _TOOLS.get(name.rpartition("/")[2])
    if tool is None:
        return Outcome(b"", f"bash: {name}: command not found\n".encode(), 127)
    try:
        return tool(files, args, data)
    except ValueError as error:
        return Outcome(b"", f"{name}: {error}\n".encode(), 1)


def _missing(tool: str, path: str) -> bytes:
    return f"{tool}: {path}: No such file or directory\n".encode()


def _inputs(files: BoxFiles, tool: str, paths: list[str], data: bytes) -> Outcome:
    """The files' text joined, or the piped input when no path is given."""
    if not paths:
        return Outcome(data)
    parts, errors = [], []
    for path in paths:
        text = files.read(path)
        if text is None:
            errors.append(_missing(tool, path))
        else:
            parts.append(text)
    return Outcome(b"".join(parts), b"".join(errors), 1 if errors else 0)


def _plain(args: list[str]) -> list[str]:
    return [word for word in args if not word.startswith("-")]


def _cat(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    return _inputs(files, "cat", _plain(args), data)


def _tail(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    if args == ["--version"]:
        return Outcome(b"tail (GNU coreutils) 9.4\n")
    options = tail_options(args)
    source = _inputs(files, "tail", options.paths, data)
    return Outcome(tail_of(source.out, options), source.err, source.code)


def _head(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    options = tail_options(args)
    source = _inputs(files, "head", options.paths, data)
    lines = re.findall(rb"[^\n]*\n|[^\n]+$", source.out)
    text = source.out[: options.count] if options.unit == "bytes" else b"".join(lines[: options.count])
    return Outcome(text, source.err, source.code)


def _wc(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    paths = _plain(args)
    source = _inputs(files, "wc", paths, data)
    counts = {"-l": source.out.count(b"\n"), "-w": len(source.out.split()), "-c": len(source.out)}
    wanted = [counts[word] for word in args if word in counts] or list(counts.values())
    name = f" {paths[0]}" if paths else ""
    text = " ".join(map(str, wanted)) + name + "\n"
    return Outcome(b"" if source.code else text.encode(), source.err, source.code)


def _grep(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    flags = "".join(word[1:] for word in args if word.startswith("-"))
    words = _plain(args)
    if not words:
        return Outcome(b"", b"usage: grep [OPTION]... PATTERN [FILE]...\n", 2)
    source = _inputs(files, "grep", words[1:], data)
    pattern = re.compile(words[0].encode(), re.IGNORECASE if "i" in flags else 0)
    found = [line for line in source.out.splitlines(keepends=True) if bool(pattern.search(line)) != ("v" in flags)]
    text = f"{len(found)}\n".encode() if "c" in flags else b"" if "q" in flags else b"".join(found)
    return Outcome(text, source.err, 0 if found else 1)


def _stat(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    form = None
    paths: list[str] = []
    words = iter(args)
    for word in words:
        if word in ("-c", "--format", "--printf"):
            form = next(words, "")
        elif match := re.fullmatch(r"(?:-c|--format=|--printf=)(.+)", word):
            form = match[1]
        elif not word.startswith("-"):
            paths.append(word)
    out, err = [], []
    for path in paths:
        size = files.size(path)
        if size is None:
            err.append(f"stat: cannot statx '{path}': No such file or directory\n")
            continue
        known = {
            "s": str(size),
            "i": str(files.inode(path)),
            "n": path,
            "Y": str(files.changed(path)),
            "F": "regular file",
        }
        shown = form if form is not None else "  File: %n\n  Size: %s\tInode: %i"
        out.append(re.sub(r"%(\w)", lambda match, known=known: known.get(match[1], "?"), shown) + "\n")  # type: ignore[misc]
    return Outcome("".join(out).encode(), "".join(err).encode(), 1 if err else 0)


def _find(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    find = Find(files, args)
    paths = find.run()
    if find.command:
        return run(files, find.command[0], [*find.command[1:], *paths], b"") if paths else Outcome(b"")
    end = "\0" if "-print0" in args else "\n"
    return Outcome("".join(path + end for path in paths).encode())


def _sort(files: BoxFiles, args: list[str], data: bytes) -> Outcome:
    flags = "".join(word[1:] for word in args if word.startswith("-"))
    source = _inputs(files, "sort", _plain(args), data)
    lines = sorted(source.out.splitlines(), reverse="r" in flags)
    if "n" in flags:
        lines.sort(key=lambda line: int(re.match(rb"\s*(\d*)", line)[1] or 0), reverse="r" in flags)  # type: ignore[index]
    return Outcome(b"".join(line + b"\n" for line in lines), source.err, source.code)


def _ls(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    long = any("l" in word for word in args if word.startswith("-"))
    out, err = [], []
    for path in _plain(args) or ["."]:
        names = files.listing(path)
        if names is None:
            err.append(f"ls: cannot access '{path}': No such file or directory\n")
            continue
        for name in names:
            if name.startswith(".") and not any("a" in word for word in args if word.startswith("-")):
                continue
            size = files.size(name if names == [path] else f"{path}/{name}")
            mode = "drwxr-xr-x 2" if size is None else "-rw-r--r-- 1"
            out.append(f"{mode} root root {size or 4096:>9} Jan  7 09:12 {name}\n" if long else f"{name}\n")
    return Outcome("".join(out).encode(), "".join(err).encode(), 2 if err else 0)


def _test(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    words = [word for word in args if word != "]"]
    negate = words[:1] == ["!"]
    words = words[1:] if negate else words
    match words:
        case ["-e" | "-r", path]:
            true = files.size(path) is not None or files.is_directory(path)
        case ["-f", path]:
            true = files.size(path) is not None
        case ["-d", path]:
            true = files.is_directory(path)
        case ["-s", path]:
            true = bool(files.size(path))
        case ["-n", text] | [text]:
            true = bool(text)
        case ["-z", text]:
            true = not text
        case [first, "=" | "==", second]:
            true = first == second
        case [first, "!=", second]:
            true = first != second
        case _:
            true = False
    return Outcome(b"", code=0 if true != negate else 1)


def _printf(_files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    form, *values = args or [""]
    form = form.replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0")
    rest = iter(values)
    return Outcome(re.sub(r"%[sd]", lambda _match: next(rest, ""), form).encode())


def _echo(_files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    bare = args[:1] == ["-n"]
    return Outcome(" ".join(args[1:] if bare else args).encode() + (b"" if bare else b"\n"))


def _smi(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    box = files.box
    name, memory = box.fixed["gpu_name"], int(float(box.fixed["gpu_ram"]))
    busy = box.busy(files.now())
    util, used, heat = (97, int(memory * 0.86), 64) if busy else (0, 312, 34)
    if any(word.startswith("--query-gpu") for word in args):
        query = next(word for word in args if word.startswith("--query-gpu")).partition("=")[2].split(",")
        known = {
            "name": name,
            "utilization.gpu": f"{util} %",
            "memory.used": f"{used} MiB",
            "memory.total": f"{memory} MiB",
            "temperature.gpu": str(heat),
            "index": "0",
        }
        text = ", ".join(known.get(item.strip(), "[N/A]") for item in query) + "\n"
        text = text.replace(" %", "").replace(" MiB", "") if any("nounits" in word for word in args) else text
        return Outcome((text * int(box.fixed["num_gpus"])).encode())
    line = "+" + "-" * 77 + "+\n"
    head = f"| NVIDIA-SMI {box.fixed['driver_version']:<18}Driver Version: {box.fixed['driver_version']:<16}"
    rows = "".join(
        f"| {index:>3}  NVIDIA {name:<24} On  | {heat}C | {used:>6}MiB / {memory}MiB | {util:>3}% |\n"
        for index in range(int(box.fixed["num_gpus"]))
    )
    return Outcome((line + f"{head}CUDA {box.fixed['cuda_max_good']} |\n" + line + rows + line).encode())


def _df(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    size = files.box.order.disk
    used = min(size * 0.9, 6.5 + size * 0.12)
    text = "Filesystem      Size  Used Avail Use% Mounted on\n"
    text += f"overlay         {size:.0f}G  {used:.1f}G  {size - used:.0f}G"
    return Outcome(f"{text}  {used / size:.0%} /\n".encode())


def _du(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    return Outcome(
        "".join(f"{(files.size(path) or 4096) // 1024}\t{path}\n" for path in _plain(args) or ["."]).encode()
    )


def _touch(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    for path in _plain(args):
        if files.size(path) is None:
            files.write(path, b"")
    return Outcome(b"")


def _rm(files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    lost = [path for path in _plain(args) if not files.remove(path)]
    if lost and not any("f" in word for word in args if word.startswith("-")):
        return Outcome(b"", f"rm: cannot remove '{lost[0]}': No such file or directory\n".encode(), 1)
    return Outcome(b"")


def _which(_files: BoxFiles, args: list[str], _data: bytes) -> Outcome:
    names = [word for word in _plain(args) if word in _TOOLS or word == "sh"]
    return Outcome("".join(f"/usr/bin/{name}\n" for name in names).encode(), code=0 if names else 1)


def _says(text: Callable[[BoxFiles], str]) -> Callable[[BoxFiles, list[str], bytes], Outcome]:
    return lambda files, _args, _data: Outcome(text(files).encode())


def _ends(code: int) -> Callable[[BoxFiles, list[str], bytes], Outcome]:
    return lambda _files, _args, _data: Outcome(b"", code=code)


_TOOLS: dict[str, Callable[[BoxFiles, list[str], bytes], Outcome]] = {
    "cat": _cat,
    "tail": _tail,
    "head": _head,
    "wc": _wc,
    "grep": _grep,
    "stat": _stat,
    "find": _find,
    "sort": _sort,
    "ls": _ls,
    "test": _test,
    "[": _test,
    "echo": _echo,
    "printf": _printf,
    "nvidia-smi": _smi,
    "df": _df,
    "du": _du,
    "touch": _touch,
    "rm": _rm,
    "which": _which,
    "command": _which,
    "true": _ends(0),
    ":": _ends(0),
    "false": _ends(1),
    "mkdir": _ends(0),
    "export": _ends(0),
    "set": _ends(0),
    "trap": _ends(0),
    "sync": _ends(0),
    "clear": _ends(0),
    "chmod": _ends(0),
    "pwd": _says(lambda files: f"{files.cwd}\n"),
    "whoami": _says(lambda _f: "root\n"),
    "hostname": _says(lambda files: f"{files.box.id}\n"),
    "id": _says(lambda _f: "uid=0(root) gid=0(root) groups=0(root)\n"),
    "uname": _says(lambda _f: "Linux\n"),
    "uptime": _says(lambda _f: " 09:12:31 up 3:34,  1 user,  load average: 4.1\n"),
    "ps": _says(
        lambda _f: "    PID TTY          TIME CMD\n      1 ?        00:00:01 bash\n     71 ?        00:00:00 sshd\n"
    ),
    "free": _says(lambda files: f"Mem: {int(files.box.fixed['cpu_ram'])}M total\n"),
    "env": _says(lambda files: f"HOME={HOME}\nUSER=root\nSHELL=/bin/bash\nPWD={files.cwd}\n"),
}
