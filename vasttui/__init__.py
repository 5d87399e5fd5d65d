"""vasttui: a terminal dashboard for renting GPUs on Vast.ai."""

__version__ = "0.1.0"
