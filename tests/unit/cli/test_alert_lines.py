"""Commands that follow a log tell each alert once, on stderr, and ring only where somebody can hear it."""

from __future__ import annotations

import sys

import pytest

from vasttui.cli.alert_lines import AlertLines
from vasttui.snapshot import Alert, Event, Level, Snapshot


def picture(*alerts: Alert) -> Snapshot:
    return Snapshot(now=1.0, events=tuple(Event(1.0, Level.LOOK, "alert", 7, alert) for alert in alerts))


LOUD = Alert(1, "oom", "train-a", "CUDA out of memory", toast=True, bell=True)
QUIET = Alert(2, "done", "train-a", "training complete")


@pytest.mark.parametrize(("terminal", "bell"), [(True, "\a"), (False, "")])
def test_an_alert_is_one_line_and_a_bell(
    terminal: bool, bell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    lines = AlertLines()
    lines.tell(picture(LOUD))
    lines.tell(picture(LOUD, QUIET))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.replace("\n", "") == f"-- alert oom: CUDA out of memory --{bell}"
