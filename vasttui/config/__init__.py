"""Settings: one YAML file, variables and options, checked with file, line and key path.

Order: command line, environment, --env-file, config file, default. A `.env` file is never picked up by
itself.
"""

from __future__ import annotations

from vasttui.config.loading import check, config_file, load
from vasttui.config.model import (
    DEFAULT_API_URL,
    DEFAULT_IMAGE,
    AlertRule,
    Config,
    LogLimits,
    OfferType,
    Pace,
    Paths,
    Preset,
)
from vasttui.config.places import own_state, resource
from vasttui.config.show import describe, init, mask

__all__ = [
    "DEFAULT_API_URL",
    "DEFAULT_IMAGE",
    "AlertRule",
    "Config",
    "LogLimits",
    "OfferType",
    "Pace",
    "Paths",
    "Preset",
    "check",
    "config_file",
    "describe",
    "init",
    "load",
    "mask",
    "own_state",
    "resource",
]
