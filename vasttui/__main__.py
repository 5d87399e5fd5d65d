"""`python -m vasttui`."""

from vasttui.cli import main

main()
