"""The page that opens without an API key: how to get one, where it is looked for, and the demo."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Static

from vasttui.config import Config
from vasttui.errors import VastError

KEYS_PAGE = "https://cloud.vast.ai/manage-keys/"


def words(config: Config, problem: VastError | None) -> Content:
    """What the page says."""
    why = problem.message if problem is not None else "No API key was found."
    step = "bold $accent"
    return Content.assemble(
        ("▲ vasttui", "bold $accent"),
        "   find a GPU, rent it, watch it run, stop paying\n\n",
        (f"{why[:1].upper()}{why[1:]}", "$look"),
        "\n\n",
        ("1  ", step),
        "Make a key at ",
        (KEYS_PAGE, "bold"),
        "\n",
        ("2  ", step),
        "Put it where vasttui looks, first found wins:\n",
        ("     VASTAI_API_KEY", "bold"),
        "  in the environment (or VAST_API_KEY)\n",
        ("     --env-file FILE", "bold"),
        "  a file with VASTAI_API_KEY=…\n",
        ("     api_key: …", "bold"),
        f"  in {config.paths.config_file}\n",
        ("     ~/.config/vastai/vast_api_key", "bold"),
        "  the official CLI's file\n",
        ("3  ", step),
        "Start vasttui again. ",
        ("vasttui doctor", "bold"),
        " checks everything.\n\n",
        "Or look around first: the demo is a simulated Vast.ai on this machine. Nothing is spent.",
    )


class Welcome(Screen[None]):
    """The page, with one button for the demo."""

    AUTO_FOCUS = "#demo"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "demo", "demo", show=False),
        Binding("q,escape", "app.quit_now", "quit", show=False),
    ]

    def __init__(self, config: Config, problem: VastError | None) -> None:
        super().__init__()
        self._words = words(config, problem)

    def compose(self) -> ComposeResult:
        """The text and the two ways on."""
        with Center(), VerticalScroll(classes="welcome", can_focus=False) as frame:
            frame.border_title = "Welcome"
            yield Static(self._words)
            yield Button("Try the demo (d)", id="demo", compact=True, variant="primary")
            yield Static("q quits", classes="hint")

    def on_button_pressed(self) -> None:
        """To the demo."""
        self.action_demo()

    def action_demo(self) -> None:
        """Leave with the wish to see the demo."""
        self.app.exit("demo")
