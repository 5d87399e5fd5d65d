"""The log pane: one to four logs side by side, what is asked about them, and what is taken along."""
