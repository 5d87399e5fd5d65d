"""Templates on the account: the service's popular ones and the renter's own, as `GET /template/` shows them.

`env` is a text of Docker flags, `extra_filters` a text of JSON (vast-ai/docs, search_templates.yaml).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

AUTOMATIC_TAG = "@vastai-automatic-tag"
VAST_ID = 62_897


@dataclass(frozen=True)
class Sketch:
    """What a template sets; `disk` in GB, `used` is how often it was rented."""

    name: str
    image: str
    env: str
    disk: int
    used: int
    tag: str = AUTOMATIC_TAG
    onstart: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    own: bool = False
    runtype: str = "ssh"
    desc: str = ""


_PORTAL = "-p 1111:1111 -e OPEN_BUTTON_PORT=1111"
_TRAIN = "cd /workspace\nhuggingface-cli login --token $HF_TOKEN\naccelerate launch train.py 2>&1 | tee train.log\n"

SKETCHES = (
    Sketch("NVIDIA CUDA", "vastai/base-image", _PORTAL, 16, 48_210, desc="Ubuntu with CUDA and SSH."),
    Sketch(
        "PyTorch", "vastai/pytorch", f"{_PORTAL} -p 8080:8080 -e JUPYTER_DIR=/", 32, 31_904,
        onstart="entrypoint.sh", filters={"cuda_max_good": {"gte": 12.6}}, runtype="jupyter",
    ),
    Sketch(
        "ComfyUI", "vastai/comfy", f"{_PORTAL} -p 8188:8188", 64, 12_388,
        onstart="entrypoint.sh", filters={"gpu_ram": {"gte": 16_000}, "disk_space": {"gte": 64}},
    ),
    Sketch(
        "Real-ESRGAN video upscale", "renter/upscale", "-e FRAMES=2880 -e MODEL=realesr-animevideov3", 64, 41,
        tag="2.1", onstart="bash /workspace/upscale.sh", own=True, desc="Frames in /in, frames out of /out.",
    ),
    Sketch(
        "LoRA fine-tune (axolotl)", "axolotlai/axolotl",
        '-e HF_HOME=/workspace -e HF_TOKEN=hf_SIMULATEDxTOKENxDOxNOTxSHOW -e "NOTE=two words" -p 6006:6006', 96, 17,
        tag="main-latest", onstart=_TRAIN, own=True,
        filters={"gpu_total_ram": {"gte": 48_000}, "inet_down": {"gte": 500}},
    ),
    Sketch(
        "vLLM", "vllm/vllm-openai", "-p 8000:8000 -e MODEL_NAME=Qwen/Qwen3-8B", 64, 9_120, tag="latest",
        filters={"compute_cap": {"gte": 800}, "gpu_ram": {"gte": 24_000}}, runtype="args",
    ),
    Sketch(
        "Ollama + Open WebUI", "vastai/openwebui", f"{_PORTAL} -p 7500:7500 -e OLLAMA_MODEL=qwen3:8b", 48, 7_455,
        onstart="entrypoint.sh",
    ),
    Sketch(
        "Blender render", "vastai/blender", _PORTAL, 24, 2_016, tag="4.2",
        filters={"gpu_name": {"in": ["RTX 4090", "RTX 5090"]}},
    ),
    Sketch("Old CUDA 11 lab", "nvidia/cuda", "-e LAB=1", 20, 3, tag="11.8.0-devel-ubuntu20.04", own=True),
)  # fmt: skip


def templates(user_id: int, now: float) -> list[Row]:
    """All rows, created before `now` (epoch seconds)."""
    return [_row(number, sketch, user_id, now) for number, sketch in enumerate(SKETCHES)]


def _row(number: int, sketch: Sketch, user_id: int, now: float) -> Row:
    return {
        "id": 210_000 + number,
        "hash_id": hashlib.md5(sketch.name.encode(), usedforsecurity=False).hexdigest(),
        "name": sketch.name,
        "image": sketch.image,
        "tag": sketch.tag,
        "env": sketch.env,
        "onstart": sketch.onstart,
        "runtype": sketch.runtype,
        "ssh_direct": sketch.runtype != "args",
        "use_ssh": sketch.runtype != "args",
        "jup_direct": sketch.runtype == "jupyter",
        "use_jupyter_lab": sketch.runtype == "jupyter",
        "recommended_disk_space": sketch.disk,
        "extra_filters": json.dumps(sketch.filters),
        "creator_id": user_id if sketch.own else VAST_ID,
        "count_created": sketch.used,
        "created_at": now - 40 * 86_400,
        "private": sketch.own,
        "desc": sketch.desc or sketch.name,
        "readme_visible": True,
        "href": "",
        "repo": sketch.image,
        "jupyter_dir": None,
        "docker_login_repo": None,
    }
