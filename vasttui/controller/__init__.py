"""The one place where things happen over time: commands in, snapshots and events out."""

from vasttui.controller.core import Controller
from vasttui.controller.market import fetch_market, request_body
from vasttui.controller.watch import Link

__all__ = ["Controller", "Link", "fetch_market", "request_body"]
