"""The controller: what it sees, and the commands that change something."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

from vasttui.controller.hostdesk import HostDesk
from vasttui.controller.watchdesk import WatchDesk
from vasttui.errors import NoCapacity, VastError
from vasttui.snapshot import Level
from vasttui.ssh import SshConnection, ssh_command


class Controller(WatchDesk, HostDesk):
    """Commands in, snapshots and events out. What is expected to go wrong is raised as a VastError."""

    def set_read_only(self, on: bool) -> None:
        """Refuse everything that spends, changes or destroys, or allow it again."""
        self._read_only = on
        self._changed()

    async def stop(self, instance_id: int) -> None:
        """Stop an instance; its disk goes on billing."""
        await self._command(instance_id, "stopping", self._client.stop(instance_id), stops=True)

    async def start(self, instance_id: int) -> None:
        """Start a stopped instance. Raises NoCapacity when its GPU is taken: the start is then queued."""
        await self._command(instance_id, "starting", self._client.start(instance_id), stops=False)

    async def reboot(self, instance_id: int) -> None:
        """Restart the container."""
        await self._command(instance_id, "rebooting", self._client.reboot(instance_id))

    async def recycle(self, instance_id: int) -> None:
        """Make the container anew from its image."""
        await self._command(instance_id, "recycling", self._client.recycle(instance_id))

    async def set_label(self, instance_id: int, text: str) -> None:
        """Give an instance another label."""
        await self._command(instance_id, "labelling", self._client.set_label(instance_id, text))

    async def change_bid(self, instance_id: int, price: float) -> None:
        """Bid another price, $/h. Raises UsageError above the configured ceiling."""
        self._plans.check_ceiling(price)
        await self._command(instance_id, "bidding", self._client.change_bid(instance_id, price))

    async def destroy(self, instance_id: int) -> None:
        """Destroy an instance and its disk; repeated until it is seen to be gone."""
        self._writable()
        self._events.add(Level.INFO, "destroying", instance_id)
        await self._rentals.destroy(instance_id)

    async def until_gone(self, instance_id: int) -> None:
        """Wait until a whole listing no longer shows the instance that is being destroyed."""
        while self._rentals.is_doomed(instance_id):
            await self.next_change()

    def ssh_argv(self, instance_id: int) -> list[str]:
        """The system's ssh command for an instance. Raises SshError when it has no SSH address yet."""
        return ssh_command(self._reach.target(self._instance(instance_id)))

    async def ssh(self, instance_id: int) -> AbstractAsyncContextManager[SshConnection]:
        """A share of the connection to an instance, to be used with `async with`. Raises NotFound and SshError."""
        return await self._reach.join(self._instance(instance_id))

    async def _command(
        self, instance_id: int, word: str, request: Coroutine[Any, Any, None], *, stops: bool | None = None
    ) -> None:
        try:
            self._writable()
        except VastError:
            request.close()
            raise
        self._fleet.begin(instance_id, word, self.clock())
        self._changed()
        try:
            await request
        except NoCapacity as error:
            # The start is queued: as much the user's wish as one that began.
            self._fleet.user_stopped(instance_id, False)
            self._events.add(Level.LOOK, error.message, instance_id)
            raise
        except VastError as error:
            self._fleet.finish(instance_id)
            self._events.add(Level.BAD, f"{word} failed: {error.message}", instance_id)
            raise
        else:
            self._events.add(Level.INFO, word, instance_id)
            if stops is not None:
                self._fleet.user_stopped(instance_id, stops)
        finally:
            self._boxes.soon()
            self._changed()

    def remember(self, key: str, value: Any) -> None:
        """Keep something about the screen beyond the end of the program."""
        self._journal.remember(key, value)

    def recall(self, key: str) -> Any | None:
        """What was kept under the key, or None."""
        return self._journal.recall(key)
