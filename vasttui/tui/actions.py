"""Every action of the dashboard, declared once.

Key bindings, the footer, the help and the palette are all made from `ACTIONS`. An action is found by its id
("offers.rent"), which is also the name by which a user gives it another key. Its method is named by the part
after the dot: `action_rent` on the widget whose scope is "offers".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a user can ask for.

    Attributes:
        id: scope and name, "offers.rent".
        key: its keys, comma-separated as Textual names them, "" for the palette only.
        label: the footer's word.
        help: one sentence.
        danger: spends or destroys: absent in read-only mode.
        footer: shown in the footer.
        priority: heard before the focused widget hears it.
    """

    id: str
    key: str
    label: str
    help: str
    danger: bool = False
    footer: bool = True
    priority: bool = False

    @property
    def scope(self) -> str:
        """Where it applies: "app", "table", "offers", ..."""
        return self.id.partition(".")[0]

    @property
    def verb(self) -> str:
        """The name of its method, after `action_`."""
        return self.id.partition(".")[2].replace("-", "_")


def _quiet(name: str, key: str, label: str, sentence: str) -> Action:
    return Action(name, key, label, sentence, footer=False)


def _danger(name: str, key: str, label: str, sentence: str, *, footer: bool = True) -> Action:
    return Action(name, key, label, sentence, danger=True, footer=footer)


ACTIONS: tuple[Action, ...] = (
    # --- everywhere
    _quiet("app.offers", "1", "offers", "Show the offers of the market."),
    _quiet("app.instances", "2", "instances", "Show your instances."),
    _quiet("app.logs", "3", "logs", "Show the log of the chosen instance."),
    _quiet("app.jobs", "4", "jobs", "Show the jobs: how far each is."),
    _quiet("app.cost", "5", "cost", "Show what is spent."),
    _quiet("app.events", "6", "events", "Show what happened."),
    _quiet("app.next-pane", "tab", "next pane", "Go to the next pane."),
    _quiet("app.previous-pane", "shift+tab", "previous pane", "Go to the previous pane."),
    Action("app.full", "f", "full", "Give the focused pane the whole screen, or back."),
    _quiet("app.reload", "f5,ctrl+r", "refresh", "Ask Vast.ai again now."),
    _quiet("app.pause", "P", "pause", "Stop asking Vast.ai, or go on."),
    _quiet("app.read-only", "exclamation_mark", "read-only", "Make what spends or destroys vanish, or back."),
    Action("app.help", "question_mark,f1", "help", "Show the keys of the focused pane."),
    Action("app.palette", "ctrl+p,colon", "palette", "Find any action by its name."),
    _quiet("app.back", "escape", "back", "Leave the full screen."),
    _quiet("app.leave", "q", "quit", "Quit; asks when something is under way."),
    # --- also in dialogs
    Action("always.quit-now", "ctrl+q", "quit now", "Quit at once.", footer=False, priority=True),
    # --- any table
    _quiet("table.down", "j", "down", "Move the cursor down (also the arrow keys)."),
    _quiet("table.up", "k", "up", "Move the cursor up."),
    _quiet("table.top", "g,home", "top", "Go to the first row."),
    _quiet("table.bottom", "G,end", "bottom", "Go to the last row."),
    _quiet("table.column-left", "shift+left", "column left", "Pick the column at the left."),
    _quiet("table.column-right", "shift+right", "column right", "Pick the column at the right."),
    Action("table.sort", "O", "sort", "Sort by the picked column; again: the other way round."),
    _quiet("table.sort-also", "plus", "then by", "Sort rows that are equal by the picked column too."),
    _quiet("table.columns", "C", "columns", "Choose the columns, their order and width."),
    _quiet("table.sort-previous", "comma", "sort left", "Sort by the column at the left."),
    _quiet("table.sort-next", "full_stop", "sort right", "Sort by the column at the right."),
    # --- offers
    _danger("offers.rent", "r", "rent", "Rent this offer; the plan shows what it costs first."),
    Action("offers.filter", "slash", "filter", "Filter as you type: words, field>value, !word."),
    Action("offers.search", "e", "search", "Edit the query that Vast.ai is asked; tab completes."),
    Action("offers.form", "E", "form", "Edit the query in a form."),
    _quiet("offers.conditions", "x", "conditions", "Go through the conditions; delete removes one."),
    Action("offers.type", "t", "type", "On-demand, interruptible (bid) or reserved."),
    _quiet("offers.storage", "T", "storage", "Change the disk that prices include."),
    _quiet("offers.verified", "v", "trust", "Verified machines, any, or datacenters."),
    _quiet("offers.basis", "dollar_sign", "price basis", "Price by hour, GPU, GB of VRAM, speed, or for your job."),
    _quiet("offers.job", "percent_sign", "my job", "Say how long your job runs and what it transfers."),
    _quiet("offers.preset", "p", "preset", "Search by the next preset of the config."),
    _quiet("offers.save", "s", "save search", "Give this search a name."),
    _quiet("offers.load", "F", "searches", "Go to a named search, a preset or an earlier query."),
    _quiet("offers.more", "m", "more", "Fetch more offers than one answer holds."),
    _quiet("offers.watch", "w", "watch", "Tell when an offer here costs less than a price."),
    Action("offers.allow-host", "a", "allow host", "Put the row's host on the allowed list, or take it off."),
    Action("offers.block-host", "b", "block host", "Block its host, with a reason and an end; or lift it."),
    _quiet("offers.block-machine", "B", "block machine", "Block this machine only, or take it off the list."),
    _quiet("offers.favourite", "asterisk", "favourite", "Make the row's host a favourite, or no longer."),
    _quiet("offers.note", "n", "note", "Write a note on the row's host."),
    _quiet("offers.hosts", "H", "host book", "Show what you and your rentals say of hosts."),
    Action("offers.cut", "h", "cut", "Show the offers that were cut, and why."),
    _quiet("offers.compare", "equals_sign", "compare", "Compare the marked offers side by side."),
    _quiet("offers.group", "z", "group", "Group the offers of one machine, or show them all."),
    _quiet("offers.raw", "y", "raw JSON", "Show the offer as Vast.ai sent it."),
    _quiet("offers.copy", "c", "copy", "Copy a command for it: vasttui, vastai, curl."),
    # --- instances
    Action("instances.log", "l", "log", "Go to the log of this instance."),
    Action("instances.shell", "s", "shell", "Open a shell on it here; the dashboard comes back after."),
    _danger("instances.stop-start", "S", "stop/start", "Stop it, or start it; a dialog says what it costs."),
    _danger("instances.reboot", "r", "reboot", "Restart its container; the disk stays.", footer=False),
    _danger("instances.destroy", "X,delete", "destroy", "Destroy it; a dialog says what is lost."),
    _quiet("instances.label", "e", "label", "Change its label."),
    _danger("instances.bid", "b", "bid", "Change the bid of an interruptible instance.", footer=False),
    _danger("instances.lease", "L", "lease", "Extend the lease after which it ends itself.", footer=False),
    Action("instances.copy", "c", "copy ssh", "Copy the SSH command."),
    Action("instances.filter", "slash", "filter", "Filter the instances as you type."),
    # --- logs: reading
    Action("logs.follow", "s", "follow", "Follow the end of the log, or stand still."),
    Action("logs.search", "slash", "search", "Find text, or /an expression/; esc ends it."),
    Action("logs.filter", "ampersand", "filter", "Show only some lines: loss & !heartbeat; esc ends it."),
    Action("logs.level", "v", "level", "Show all lines, or only info, warnings, errors."),
    _quiet("logs.next", "n", "next", "Go to the next hit."),
    _quiet("logs.previous", "N", "previous", "Go to the hit before."),
    _quiet("logs.next-error", "e", "next error", "Go to the next error."),
    _quiet("logs.previous-error", "E", "previous error", "Go to the error before."),
    _quiet("logs.pause", "p", "freeze", "Stop drawing new lines (still fetched), or go on."),
    _quiet("logs.wrap", "w", "wrap", "Wrap long lines, or cut them at the edge (h and l move)."),
    _quiet("logs.times", "t", "times", "When each line came: clock, relative, UTC, not at all."),
    _quiet("logs.fold", "z", "fold", "Fold repeated lines and stack traces, or open them all."),
    _quiet("logs.open-fold", "enter", "open fold", "Open the fold at the cursor, or close it."),
    _quiet("logs.raw", "J", "raw JSON", "Show JSON lines as they came, or readable."),
    _quiet("logs.unmask", "u", "unmask", "Show hidden secrets for ten seconds."),
    _quiet("logs.mark", "m", "mark", "Mark the cursor's line, or take the mark off."),
    _quiet("logs.next-mark", "M", "next mark", "Go to the next mark."),
    _quiet("logs.time", "at,T", "go to time", "Go to a time: 14:03, -10m, 2h ago, 2026-11-22 14:03."),
    _quiet("logs.clear", "ctrl+l", "clear", "Empty the view; the lines are kept, esc shows them."),
    # --- the lines of a log
    _quiet("lines.down", "j,down", "down", "Go down; beyond the last line follows."),
    _quiet("lines.up", "k,up", "up", "Go up, which stands still."),
    _quiet("lines.page-down", "pagedown", "page down", "Go a page down."),
    _quiet("lines.page-up", "pageup", "page up", "Go a page up."),
    _quiet("lines.top", "g,home,ctrl+home", "top", "Go to the first line."),
    _quiet("lines.bottom", "G,end,ctrl+end", "bottom", "Go to the last line, and follow."),
    _quiet("lines.right", "l,right", "right", "Move long lines to the left, to read on."),
    _quiet("lines.left", "h,left", "left", "Move them back."),
    # --- logs: which
    Action("logs.choose", "b", "whose log", "Choose whose log; those of destroyed instances too."),
    _quiet("logs.daemon", "o", "daemon", "The host's messages about the container, or its output."),
    _quiet("logs.file", "O", "file", "Follow another file on the instance."),
    Action("logs.merge", "a", "merge", "Merge all watched instances in one stream, or go back."),
    _quiet("logs.mute", "x", "mute", "In that stream: hide the instance of the cursor's line."),
    _quiet("logs.unmute", "X", "unmute", "In that stream: show all instances again."),
    _quiet("logs.solo", "S", "solo", "In that stream: only the cursor's instance, or all."),
    Action("logs.split", "plus", "split", "Open another log beside this one (up to four)."),
    _quiet("logs.unsplit", "minus", "unsplit", "Close this one of several logs."),
    _quiet("logs.next-tail", "full_stop", "next log", "Go to the next of several logs."),
    _quiet("logs.previous-tail", "comma", "previous log", "Go to the log before."),
    # --- logs: taking along
    _quiet("logs.copy", "c", "copy", "Copy the cursor's line, else the lines in sight."),
    _quiet("logs.copy-last", "C", "copy last", "Copy the last lines, or all."),
    Action("logs.save", "ctrl+e", "save", "Save what is shown to a file."),
    _quiet("logs.pager", "vertical_line", "pager", "Open what is shown in $PAGER."),
    _quiet("logs.editor", "V", "editor", "Open what is shown in $EDITOR."),
    # --- while something is typed to search or filter
    Action("prompt.keep", "enter", "keep", "Keep what is typed, and go back to the lines."),
    Action("prompt.close", "escape", "clear", "Empty it and show all again."),
    Action("log-prompt.expression", "ctrl+t", "expression", "Turn plain text into /an expression/, or back."),
    # --- the query of the offers, while it is typed
    Action("query.ask", "enter", "search", "Ask Vast.ai, or take the picked word."),
    Action("query.complete", "tab", "complete", "Take the word that is offered, or show some."),
    _quiet("query.previous", "up", "up", "The word above; with none shown the query before."),
    _quiet("query.next", "down", "down", "The word below; with none shown the query after."),
    Action("query.leave", "escape", "leave", "Hide the words; again: leave it as it was."),
    # --- the conditions of the search, while one goes through them
    _quiet("chips.left", "left,up", "left", "Pick the condition before."),
    _quiet("chips.right", "right", "right", "Pick the condition after."),
    Action("chips.edit", "enter", "edit", "Change the picked condition."),
    Action("chips.remove", "delete,backspace,x", "remove", "Search without the picked condition."),
    Action("chips.leave", "escape,down", "leave", "Back to the offers."),
    # --- jobs
    _danger("jobs.new", "n", "new batch", "New batch: a form, and a dry run before it starts."),
    Action("jobs.open", "o", "details", "Timeline, figures, log and result (also enter)."),
    Action("jobs.log", "l", "log", "Go to the log of this job."),
    _danger("jobs.cancel", "K", "cancel", "Cancel this job; a dialog says what is lost."),
    _danger("jobs.retry", "R", "retry", "Queue a job that has ended once more; asks first."),
    _danger("jobs.elsewhere", "E", "elsewhere", "Give its box up, go to another host; asks first."),
    _danger("jobs.pause", "p", "pause queue", "Begin no further job of this batch, or go on."),
    Action("jobs.result", "w", "result", "Open the result in the browser, or say where it is."),
    _quiet("jobs.copy", "c", "copy result", "Copy the result: its address, or its folder."),
    Action("jobs.instance", "i", "instance", "Go to the instance of this job."),
    _quiet("jobs.previous-batch", "left_square_bracket", "newer batch", "Show the batch that is newer."),
    _quiet("jobs.next-batch", "right_square_bracket", "older batch", "Show the batch that is older."),
    # --- dialogs
    _quiet("dialog.cancel", "escape", "cancel", "Close it; nothing happens."),
)

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}

PANE_SCOPES = ("offers", "instances", "logs", "jobs", "cost", "events")


def of_scope(scope: str) -> Iterator[Action]:
    """The actions of one scope, in the order of the footer."""
    return (action for action in ACTIONS if action.scope == scope)


def bindings(*scopes: str) -> list[Binding]:
    """Textual bindings of the scopes, each with the action's id, by which it can be given another key."""
    return [
        Binding(
            action.key,
            action=action.verb,
            description=action.label,
            show=action.footer,
            priority=action.priority,
            tooltip=action.help,
            id=action.id,
        )
        for scope in scopes
        for action in of_scope(scope)
        if action.key
    ]


def is_dangerous(scope: str, verb: str) -> bool:
    """Whether the action of that scope and method spends or destroys."""
    action = BY_ID.get(f"{scope}.{verb.replace('_', '-')}")
    return action is not None and action.danger


def key_names(keys: str) -> str:
    """Keys as they are written: "question_mark,f1" is "? f1", "ctrl+p" is "^p"."""
    return " ".join(_key_name(key.strip()) for key in keys.split(",") if key.strip())


def _key_name(key: str) -> str:
    *modifiers, last = key.split("+")
    name = {"escape": "esc", "delete": "del", "enter": "enter"}.get(last) or format_key(last)
    before = "".join("^" if modifier == "ctrl" else f"{modifier}+" for modifier in modifiers)
    return before + name


def keys_of(action: Action, own: Mapping[str, str]) -> str:
    """The keys that an action has now, with the user's own in force."""
    return key_names(own.get(action.id, action.key))
