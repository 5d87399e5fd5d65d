"""Tasks: every one belongs to one group, and none outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Tasks:
    """The tasks of a controller; a bug in any of them ends the program loudly."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether tasks may be started."""
        return self._group is not None

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside everything else."""
        assert self._group is not None, "the controller is not running"
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @asynccontextmanager
    async def owned(self) -> AsyncIterator[None]:
        """Tasks may be started inside; when it is left they are cancelled and waited for."""
        fault: Exception | None = None
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield
            except Exception as error:  # noqa: BLE001  the caller's own error leaves as itself, not in a group
                fault = error
            finally:
                self._group = None
                for task in self._tasks:
                    task.cancel()
        if fault is not None:
            raise fault
