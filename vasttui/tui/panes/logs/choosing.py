"""Which logs are in sight: another instance's, the host daemon's, a file's, all in one stream, several side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vasttui.errors import VastError
from vasttui.logs.rows import LogName
from vasttui.tui.dialogs.log_pick import Pick
from vasttui.tui.glyphs import glyphs_of
from vasttui.tui.panes.logs.entries import UNDER_CURSOR, entries, file_entries, is_path
from vasttui.tui.panes.logs.kept import Target
from vasttui.tui.panes.logs.mix import Mix
from vasttui.tui.panes.logs.part import LogPart
from vasttui.tui.panes.logs.tail import LogTail

NOT_MIXED: Final = "That is for the stream of all instances; a opens it."
NO_CURSOR: Final = "Put the cursor on a line of that instance first: k moves it up."
NO_ROOM: Final = "There is no room for another log; f gives this pane the whole screen."
NO_INSTANCE: Final = "Choose an instance first: b lists them."


class Choosing(LogPart):
    """The actions that choose what is shown."""

    def split(self, target: Target) -> None:
        """Open one more beside."""
        raise NotImplementedError

    def unsplit(self, tail: LogTail) -> None:
        """Close one of several."""
        raise NotImplementedError

    def chosen(self) -> None:
        """Other logs are in sight: keep that, and tell those who fetch them."""
        raise NotImplementedError

    @property
    def room_for_more(self) -> bool:
        """Whether one more can stand beside the others."""
        raise NotImplementedError

    # Whose

    def action_choose(self) -> None:
        """Ask whose log."""
        tail = self.tail

        def answered(name: LogName | None) -> None:
            if name == UNDER_CURSOR:
                tail.follow_cursor()
            elif name is not None:
                tail.pin(name)
            if name is not None:
                self.chosen()

        self._ask("Whose log", "It stays with that instance until you choose again.", answered, follow=True)

    def action_split(self) -> None:
        """Ask whose log to open beside this one."""
        if not self.room_for_more:
            self.shell.say(NO_ROOM)
            return

        def answered(name: LogName | None) -> None:
            if name is not None:
                self.split(Target(name))

        self._ask("Another log", "It is opened beside this one.", answered, follow=False)

    def _ask(self, title: str, text: str, answered: Callable[[LogName | None], None], *, follow: bool) -> None:
        shown = [name for tail in self.tails if (name := tail.log_name) is not None]
        found = entries(self.snapshot, self.control.logs(), shown, self.now, glyphs_of(self.app), follow=follow)
        said = "" if found else "There is no instance, and no log is kept."
        self.app.push_screen(Pick(title, text, found, said=said), answered)

    def action_unsplit(self) -> None:
        """Close this one of several."""
        if len(self.tails) > 1:
            self.unsplit(self.tail)
        else:
            self.shell.say("There is only this log; + opens another beside it.")

    def action_next_tail(self) -> None:
        """Go to the next of several."""
        self._move(1)

    def action_previous_tail(self) -> None:
        """Go to the one before."""
        self._move(-1)

    def _move(self, step: int) -> None:
        shown = [tail for tail in self.tails if tail.display]
        if self.tail in shown:
            self.go_to(shown[(shown.index(self.tail) + step) % len(shown)])

    # Which of an instance

    def action_daemon(self) -> None:
        """The daemon's log, or the container's again."""
        if (name := self._one_log()) is not None:
            self.tail.turn_to("" if name.stream == "daemon" else "daemon")
            self.chosen()

    def action_file(self) -> None:
        """Ask which file on the instance."""
        if (name := self._one_log()) is None:
            return
        tail = self.tail

        def answered(stream: str | None) -> None:
            if stream is not None and tail.log_name is not None and tail.log_name.instance_id == name.instance_id:
                tail.turn_to(stream)
                self.chosen()

        pick: Pick[str] = Pick(
            f"Files on {tail.called}",
            "Follow one of these, or any other: type its path.",
            file_entries([]),
            verb="Follow",
            said="asking the instance for its files",
            free=lambda typed: typed if is_path(typed) else None,
        )
        self.app.push_screen(pick, answered)
        self.run_command(self._list_files(name.instance_id, pick), "files")

    async def _list_files(self, instance_id: int, pick: Pick[str]) -> None:
        try:
            files = await self.control.log_files(instance_id)
        except VastError as error:
            pick.fill(file_entries([]), f"{error.message}; a path can still be typed")
        else:
            pick.fill(file_entries(files), "" if files else "no log file was found; any path can be typed")

    def _one_log(self) -> LogName | None:
        tail = self.tail
        if tail.mix is not None:
            self.shell.say("This is the stream of all instances; a goes back to one.")
            return None
        if tail.log_name is None:
            self.shell.say(NO_INSTANCE)
        return tail.log_name

    # All in one stream

    def action_merge(self) -> None:
        """All watched instances in one stream, or one log again."""
        self.tail.merge(self.tail.mix is None)
        self.chosen()

    def action_mute(self) -> None:
        """Hide the instance of the cursor's line."""
        if (mix := self._mix()) is not None and (origin := self._origin(mix)) is not None:
            mix.mute(origin)
            self.tail.show(self.snapshot)

    def action_unmute(self) -> None:
        """Show all again."""
        if (mix := self._mix()) is not None:
            mix.unmute()
            self.tail.show(self.snapshot)

    def action_solo(self) -> None:
        """Show only the instance of the cursor's line, or all again."""
        if (mix := self._mix()) is None:
            return
        origin = None if mix.alone else self._origin(mix)
        if mix.alone or origin is not None:
            mix.solo(origin)
            self.tail.show(self.snapshot)

    def _mix(self) -> Mix | None:
        if self.tail.mix is None:
            self.shell.say(NOT_MIXED)
        return self.tail.mix

    def _origin(self, mix: Mix) -> int | None:
        cursor = self.tail.view.cursor
        origin = None if cursor is None else mix.origin_of(cursor)
        if origin is None:
            self.shell.say(NO_CURSOR)
        return origin
