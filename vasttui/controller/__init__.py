"""The one place where things happen over time: commands in, snapshots and events out."""

from vasttui.controller.core import Controller
from vasttui.controller.link import Link
from vasttui.controller.market import fetch_market, request_body

__all__ = ["Controller", "Link", "fetch_market", "request_body"]
