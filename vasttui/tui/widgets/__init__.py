"""Widgets that draw their own visible lines, and small pieces shared by the panes."""
