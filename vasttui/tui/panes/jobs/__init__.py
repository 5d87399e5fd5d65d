"""The jobs: batches, how far each job is, and what else the instances work at."""

from vasttui.tui.panes.jobs.pane import JobsPane as JobsPane
