"""Between the API and SSH, and from run to run: each line of the file comes once, whichever source told it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.errors import SshError
from vasttui.logs.events import Lines, Trouble
from vasttui.logs.merge import TailMerge
from vasttui.logs.sources import Choice

TAIL = 40


@dataclass
class Box:
    """A container that prints some lines of its own before and among those that go to a file, and its reader."""

    own: Sequence[bool]
    printed: int = 0
    position: int | None = None
    choice: Choice = field(default_factory=Choice)
    merge: TailMerge | None = None
    out: list[str] = field(default_factory=list)
    marks: list[Lines] = field(default_factory=list)

    def container(self) -> list[str]:
        return [f"{'own' if own else 'file'} {n}" for n, own in enumerate(self.own[: self.printed])]

    def file(self) -> list[str]:
        return [line for line in self.container() if line.startswith("file")]

    def hear(self, name: str, lines: Lines) -> None:
        for event in self.choice.take(name, lines):
            if isinstance(event, Lines):
                self.out += event.new
                if event.gap or event.reset:
                    self.marks.append(event)

    def api(self) -> None:
        self.choice.take("ssh", Trouble(SshError("cut"), 2))
        self.merge = self.merge or TailMerge(self.choice.known)
        window = self.container()[-TAIL:]
        self.hear("api", self.merge.feed(window, asked=TAIL))

    def ssh(self) -> None:
        file, self.merge = self.file(), None
        if self.position is None:
            new = file[-TAIL:]
            self.hear("ssh", Lines(new=tuple(new), seam=True))
        else:
            self.hear("ssh", Lines(new=tuple(file[self.position :])))
        self.position = len(file)


STEPS = st.lists(st.tuples(st.sampled_from(["api", "ssh"]), st.integers(0, 8)), min_size=1, max_size=20)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([True, False, False]), min_size=160, max_size=160), STEPS, st.integers(0, 6))
def test_each_line_of_the_file_comes_once(own: list[bool], steps: list[tuple[str, int]], boot: int) -> None:
    box = Box([True] * boot + own)
    box.printed = boot + 5
    for kind, number in steps:
        box.printed = min(len(box.own), box.printed + number)
        box.api() if kind == "api" else box.ssh()
    lines = [line for line in box.out if line.startswith("file")]
    assert lines == [line for line in box.file()[-len(lines) :] if lines]
    assert len(box.out) == len(set(box.out))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["beat", "step", None]), min_size=160, max_size=160), STEPS)
def test_where_both_have_the_same_lines_all_come_once(kinds: list[str | None], steps: list[tuple[str, int]]) -> None:
    stream = [kind if kind and place % 4 else f"unique {place}" for place, kind in enumerate(kinds)]
    printed, position, merge = 10, None, None
    choice, out = Choice(), list[str]()
    for kind, number in steps:
        printed = min(len(stream), printed + number)
        if kind == "api":
            choice.take("ssh", Trouble(SshError("cut"), 2))
            merge = merge or TailMerge(choice.known)
            events = choice.take("api", merge.feed(stream[max(0, printed - TAIL) : printed], asked=TAIL))
        else:
            merge = None
            start = max(0, printed - TAIL) if position is None else position
            events = choice.take("ssh", Lines(new=tuple(stream[start:printed]), seam=position is None))
            position = printed
        out += [line for event in events if isinstance(event, Lines) for line in event.new]
        assert not any(isinstance(event, Lines) and (event.gap or event.reset) for event in events)
    assert out == stream[:printed]
