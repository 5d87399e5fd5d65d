"""Jobs: what a run is, how far it is, how it seems to end."""
