"""The spool: everything that was ever received of every log, on disk, with receive times beside the text.

One folder per log, one pair of files per container start (more, if it is long): see `segments`. All is readable
by its owner only, also after the instance is destroyed.
"""

from __future__ import annotations

from vasttui.logs.spool.folder import SpoolInfo, Spools
from vasttui.logs.spool.log import RESET_TEXT, Spool
from vasttui.logs.spool.reading import GAP_TEXT, ROW_LIMIT
from vasttui.logs.spool.writing import TAKEN

__all__ = ["GAP_TEXT", "RESET_TEXT", "ROW_LIMIT", "TAKEN", "Spool", "SpoolInfo", "Spools"]
