"""By what the offers are priced: the key that changes it, and the job that they can be priced for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from vasttui.offers.price import Job
from vasttui.tui.dialogs.prompt_text import PromptText
from vasttui.tui.format import gigabytes
from vasttui.tui.panes.offers.pricing import Basis, Pricing, job_said, job_text, kept_job, preset_job, read_job
from vasttui.tui.panes.offers.row_actions import RowActions
from vasttui.tui.widgets.table import Sort

BASIS_KEY = "offers.basis"
JOB_KEY = "offers.job"

JOB_HELP = (
    "How long your job runs, and how many GB it down- and uploads: 24 h 10 in 2 out. "
    "Offers are then priced for the whole of it, with the disk of the search."
)


class PriceActions(RowActions):
    """The basis of prices and the job, both as the last time."""

    SCOPE: ClassVar[str] = "offers"

    _basis = Basis.HOUR
    _own_job: Job | None = None

    def on_mount(self) -> None:
        """Price as the last time."""
        name = self.control.recall(BASIS_KEY)
        if isinstance(name, str) and name in Basis.__members__:
            self._basis = Basis[name]
        self._own_job = kept_job(self.control.recall(JOB_KEY))
        self.recolumn()

    @property
    def bid(self) -> bool:
        """Whether the offers shown are for bids."""
        market = self.snapshot.market.value
        return market is not None and market.search.type == "bid"

    @property
    def pricing(self) -> Pricing:
        """How prices are made: for the disk that was asked last, also while its answer is not there."""
        return Pricing(self._basis, self.bid, replace(self._job, disk_gb=self.search.storage_gb))

    @property
    def _job(self) -> Job:
        preset = self.control.config.presets.get(self.search.preset or "")
        return self._own_job or preset_job(preset)

    @property
    def job_label(self) -> str:
        """For the lower edge: the job that prices are for, "" when they are for an hour."""
        if self._basis is not Basis.JOB:
            return ""
        return f"$ for {job_said(self._job)}, {gigabytes(self.search.storage_gb)} GB disk"

    def recolumn(self) -> bool:
        """Make the columns anew if prices are made another way; True when the rows are to follow."""
        raise NotImplementedError

    def action_basis(self) -> None:
        """Divide prices by the next thing."""
        self._price_by(self._basis.next())

    def action_job(self) -> None:
        """Say how long the job runs and what it transfers, and price for it."""
        present = self._job

        def answered(text: str | None) -> None:
            if text is not None:
                job = self._own_job = read_job(text, present)
                self.shell.remember(JOB_KEY, [job.hours, job.gb_in, job.gb_out])
                self._price_by(Basis.JOB)

        check = partial(read_job, present=present)
        self.app.push_screen(PromptText("My job", JOB_HELP, job_text(present), verb="Price it", check=check), answered)

    def _price_by(self, basis: Basis) -> None:
        self._basis = basis
        self.recolumn()
        self.table.sort_by(Sort("price"))
        self.shell.remember(BASIS_KEY, basis.name)
        self.relabel()
