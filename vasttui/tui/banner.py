"""A line that is only there when something needs to be said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from vasttui.errors import KeyRefused
from vasttui.jobs.rental import plain_label
from vasttui.tui.format import clean, plural

if TYPE_CHECKING:
    from vasttui.config import Config
    from vasttui.snapshot import Snapshot

PATIENCE = 2
"""Failed tries in a row before the reason is told; the header says sooner that the picture is stale."""


def words(snapshot: Snapshot, config: Config) -> tuple[str, str]:
    """What is to be said and its tone ("bad" or "look"), or two empty strings."""
    from vasttui.tui.panes.rentals import in_doubt  # The first frame has nothing to say.

    error = snapshot.trouble
    if isinstance(error, KeyRefused):
        origin = config.api_key_origin or "an unknown place"
        return f"✖ Vast.ai refuses the API key that was found in {origin}. {error.hint}", "bad"
    if lost := in_doubt(snapshot):
        first, more = lost[0], len(lost) - 1
        name = (plain_label(first.label) or f"offer {first.offer_id}") + (f" (and {more} more)" if more else "")
        return f"⚠ Renting {name} is not confirmed: {first.text}", "look"
    failures = max(snapshot.boxes.failures, snapshot.account.failures, snapshot.market.failures)
    if error is not None and failures >= PATIENCE:
        return f"⚠ {error.title}: {error.message}", "look"
    if snapshot.skipped_instances:
        return f"⚠ {plural(snapshot.skipped_instances, 'instance')} in the answer could not be read", "look"
    return "", ""


class Banner(Static):
    """Draws the line, or nothing."""

    def __init__(self) -> None:
        super().__init__("", id="banner", markup=False)
        self.display = False
        self._said = ("", "")

    def show(self, snapshot: Snapshot, config: Config) -> None:
        """Bring it up to date."""
        said = words(snapshot, config)
        if said == self._said:
            return
        self._said = said
        text, tone = said
        self.update(clean(text))
        self.set_classes([f"-{tone}"] if tone else [])
        self.display = bool(text)
