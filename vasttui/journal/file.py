"""The one SQLite file of this program.

Every write is committed, and on the disk, before its method returns. Times are epoch
seconds, money US dollars.
"""

from __future__ import annotations

import json
from typing import Any

from vasttui.journal.batches import Batches
from vasttui.journal.hostbook import HostPages
from vasttui.journal.intents import Intents
from vasttui.journal.lessons import Lessons
from vasttui.journal.prices import PriceSamples
from vasttui.journal.races import Races


class Journal(Intents, Batches, HostPages, Lessons, PriceSamples, Races):
    """Opens or creates the journal. Every fault is a StorageError that names the file.

    Usable from several threads and by several processes at once.
    """

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON-able value under a key."""
        self._write("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, json.dumps(value)))

    def recall(self, key: str) -> Any | None:
        """The value kept under the key; None when there is none or it cannot be read."""
        rows = self._read("SELECT value FROM memory WHERE key = ?", (key,))
        try:
            return json.loads(rows[0][0]) if rows else None
        except ValueError:
            return None
