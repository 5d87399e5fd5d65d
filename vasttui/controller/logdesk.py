"""The logs of the controller: their rows, how the following goes, and the files on a box."""

from __future__ import annotations

from vasttui.api.models import Instance
from vasttui.controller.publish import Publisher
from vasttui.controller.reach import Reach
from vasttui.controller.shelf import Shelf
from vasttui.errors import NotFound, VastError
from vasttui.logs.rows import LogName
from vasttui.logs.spool import Spool
from vasttui.snapshot import LogInfo, LogStatus


class LogDesk:
    """The part of the controller that hands out logs."""

    _shelf: Shelf
    _reach: Reach
    _publisher: Publisher

    def log(self, name: LogName) -> Spool:
        """The rows of a log, those of instances that are gone too; of one that is nowhere there are none."""
        return self._shelf.rows(name)

    def logs(self) -> tuple[LogInfo, ...]:
        """All logs that are kept, those of instances that are gone too, the newest first."""
        return self._shelf.infos()

    def log_status(self, name: LogName) -> LogStatus:
        """How the following of a log goes."""
        return self._shelf.follower(name).status

    def log_error(self, name: LogName) -> VastError | None:
        """What the source of a log says is wrong now, None when it works."""
        return self._shelf.follower(name).error

    async def log_files(self, instance_id: int) -> list[str]:
        """Files on the box that are worth following. Raises NotFound and SshError."""
        return await self._reach.files(self._instance(instance_id))

    def _instance(self, instance_id: int) -> Instance:
        box = self._publisher.snapshot.box(instance_id)
        if box is None:
            raise NotFound(f"instance {instance_id} is not in the list")
        return box.instance
