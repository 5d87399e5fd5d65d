"""The one SQLite file, and the records in it; which process drives the jobs."""

from vasttui.journal.driver import DriverLock
from vasttui.journal.file import Journal
from vasttui.journal.records import (
    Batch,
    Bill,
    Charge,
    HostFault,
    HostNote,
    HostVerdict,
    Intent,
    Job,
    JobEvent,
    JobSpan,
    Lease,
    LedgerRow,
)

__all__ = [
    "Batch",
    "Bill",
    "Charge",
    "DriverLock",
    "HostFault",
    "HostNote",
    "HostVerdict",
    "Intent",
    "Job",
    "JobEvent",
    "JobSpan",
    "Journal",
    "Lease",
    "LedgerRow",
]
