"""A config with presets, and job files that are written and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vasttui.config import Config, load
from vasttui.jobs.spec import BatchRequest, JobSpec, spec_of

CONFIG = """\
template_ids: [deadbeef]
max_price: 3
min_vram_gb: 16
presets:
  train:
    gpu_models: [RTX_4090]
    max_price: 0.7
    image: me/train:1
    disk: 40
    env: {EPOCHS: 3, MODE: slow}
    onstart: python3 train.py {input}
    order: score-
    host_blacklist: [7]
  search only:
    num_gpus: 2
  cheap:
    type: bid
    bid: 0.2
    onstart: ./run
  dear:
    bid: 0.2
    max_price: 50
    onstart: echo '{input}'
"""

Load = Callable[[str], JobSpec]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return load(path, {"HOME": str(tmp_path)})


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder / "job.yaml"


@pytest.fixture
def read(config: Config, job_file: Path) -> Load:
    def go(text: str) -> JobSpec:
        job_file.write_text(text, encoding="utf-8")
        return spec_of(BatchRequest(path=job_file), config)

    return go
