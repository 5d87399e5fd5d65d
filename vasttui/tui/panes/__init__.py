"""The panes: what the user sees of offers, instances, logs, jobs, money and events."""
