"""A Vast.ai on 127.0.0.1: HTTP API, SSH boxes, a market, and jobs that print. Nothing is spent.

It imports nothing of the rest of vasttui, so that it can bear witness against it. Import `vasttui.sim.server`
for `SimOptions`, `running` and `serve`; this module stays empty because the command line imports it for every
command.
"""
