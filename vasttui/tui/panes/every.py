"""All panes, in the order in which they are made. Importing this imports them."""

from __future__ import annotations

from vasttui.tui.panes.cost import CostPane
from vasttui.tui.panes.events import EventsPane
from vasttui.tui.panes.instance_detail import InstanceDetailPane
from vasttui.tui.panes.instances import InstancesPane
from vasttui.tui.panes.jobs import JobsPane
from vasttui.tui.panes.logs.pane import LogsPane
from vasttui.tui.panes.offer_detail import OfferDetailPane
from vasttui.tui.panes.offers.pane import OffersPane
from vasttui.tui.panes.pane import Pane

PANES: tuple[type[Pane], ...] = (
    OffersPane,
    OfferDetailPane,
    InstancesPane,
    InstanceDetailPane,
    LogsPane,
    JobsPane,
    CostPane,
    EventsPane,
)
