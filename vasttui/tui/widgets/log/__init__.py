"""The log view: reads what is in sight from a `LogRows` and holds no lines. Panes use `view.LogView`."""
