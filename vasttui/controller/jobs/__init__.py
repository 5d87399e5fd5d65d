"""Running jobs: what `vasttui.jobs` decides is done here, over time, and written to the journal before it is done."""
