"""The pane of the offers: search bar, table, and what can be done with a row."""
