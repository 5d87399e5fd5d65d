"""What `docker pull` on a host says while an image arrives, line by line over the time it takes."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

MANIFEST_UNKNOWN = "Error response from daemon: manifest unknown"
_BAD_IMAGE = ("nonexist", "no-such", "does-not-exist", "missing", ":bad")


def is_missing_image(image: str) -> bool:
    """Whether an image name stands for one that no registry has."""
    return any(word in image.lower() for word in _BAD_IMAGE)


@dataclass(frozen=True)
class Pull:
    """The pull of one image: (share of the time 0..1, status line, daemon line)."""

    lines: tuple[tuple[float, str, str], ...]

    def status(self, share: float) -> str | None:
        """The last status line by that share of the pull, as `status_msg` shows it."""
        shown = [status for at, status, _ in self.lines if at <= share]
        return f"{shown[-1]}\n" if shown else None

    def daemon(self, share: float, start: float, seconds: float) -> list[str]:
        """All daemon lines by that share, with times. `start` epoch seconds, `seconds` the pull's length."""
        return [
            f"{dt.datetime.fromtimestamp(start + at * seconds, dt.UTC):%Y-%m-%d %H:%M:%S UTC}: {line}"
            for at, _, line in self.lines
            if at <= share
        ]


def plan(seed: str, image: str) -> Pull:
    """The lines of a pull of `image`; the same for the same seed and image."""
    rng = random.Random(f"{seed}:{image}")
    layers = [(f"{rng.randrange(16**12):012x}", rng.uniform(2, 900)) for _ in range(rng.randint(6, 11))]
    out: list[tuple[float, str, str]] = []
    for number, (layer, size) in enumerate(layers):
        begin = 0.02 + 0.5 * number / len(layers)
        span = 0.9 - begin
        if number < 2 and rng.random() < 0.5:
            out.append((0.01, f"{layer}: Already exists", f"{layer}: Already exists"))
            continue
        out.append((begin, f"{layer}: Pulling fs layer", f"{layer}: Pulling fs layer"))
        for step in range(1, 6):
            share = step / 6
            bar = ("=" * (step * 4) + ">").ljust(26)
            text = f"{layer}: Downloading [{bar}]  {size * share:.2f}MB/{size:.1f}MB  {share:.0%}"
            out.append((begin + span * 0.5 * share, f"{layer}: Downloading", text))
        for at, word in (
            (0.55, "Verifying Checksum"),
            (0.6, "Download complete"),
            (0.75, "Extracting"),
            (0.98, "Pull complete"),
        ):
            out.append((begin + span * at, f"{layer}: {word}", f"{layer}: {word}"))
    out.sort(key=lambda item: item[0])
    short = image.replace(":", "_", 1) if "/" in image else image
    out.append(
        (
            0.97,
            '#0 building with "default" instance using docker driver',
            f"Status: Downloaded newer image for {short}",
        )
    )
    return Pull(tuple(out))
