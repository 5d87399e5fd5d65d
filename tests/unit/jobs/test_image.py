"""Names of images: which can be, and the CUDA that they tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasttui.jobs.image import cuda_fits, cuda_of, is_pinned, mistake_in

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "image",
    [
        "ubuntu",
        "ubuntu:22.04",
        "pytorch/pytorch:2.2.0-cuda12.1-cudnn8-runtime",
        "nvcr.io/nvidia/pytorch:24.05-py3",
        "ghcr.io/some_org/some-app.v2:V1_x",
        "registry.example.com:5000/a/b/c:1",
        "localhost/app",
        f"ubuntu@{DIGEST}",
        f"ubuntu:22.04@{DIGEST}",
        "vastai/base-image:@vastai-automatic-tag",
    ],
)
def test_names_that_can_be(image: str) -> None:
    assert mistake_in(image) is None


@pytest.mark.parametrize(
    ("image", "mend"),
    [
        ("PyTorch/pytorch:2.2", "Write pytorch/pytorch:2.2"),
        ("https://hub.docker.com/r/pytorch/pytorch", "registry/name:tag"),
        ("hub.docker.com/r/pytorch/pytorch", "owner/name:tag"),
        ("docker pull pytorch/pytorch:2.2", "Write pytorch/pytorch:2.2 alone"),
        ("pytorch/pytorch:2.2 -p 8080:8080", "fields of their own"),
        ("pytorch/pytorch:", "letters, digits"),
        ("pytorch/pytorch:a:b", "letters, digits"),
        ("pytorch/pytorch@sha256:12", "64 digits"),
        ("pytorch//pytorch:1", "registry/name:tag"),
        ("-pytorch:1", "registry/name:tag"),
        ("a" * 1100, "shorter"),
        ("pytorch/pytorch:\x1b[31m", "letters, digits"),
    ],
)
def test_mistakes_and_what_to_write(image: str, mend: str) -> None:
    mistake = mistake_in(image)
    assert mistake is not None
    assert mend in mistake.mend


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04", (12, 4)),
        ("nvidia/cuda:11.8.0-base-ubuntu20.04", (11, 8)),
        ("pytorch/pytorch:2.2.0-cuda12.1-cudnn8-runtime", (12, 1)),
        ("vastai/pytorch:2.6.0-cu126", (12, 6)),
        ("someone/app:py310-cu118", (11, 8)),
        ("someone/app-cuda13.0:latest", (13, 0)),
        ("vastai/base-image:cuda-12.4.1-cudnn-devel-ubuntu22.04", (12, 4)),
        ("nvcr.io/nvidia/pytorch:24.05-py3", None),
        ("tensorflow/tensorflow:2.15.0-gpu", None),
        ("ubuntu:22.04", None),
        ("someone/focus124:1.0", None),
        ("someone/app:2.2.0-runtime", None),
        ("vastai/base-image:@vastai-automatic-tag", None),
    ],
)
def test_the_cuda_that_a_name_tells(image: str, version: tuple[int, int] | None) -> None:
    assert cuda_of(image) == version


def test_only_an_older_major_version_surely_cannot_run_it() -> None:
    fits = {most: cuda_fits("a/b:cuda12.4", most) for most in (None, 11.8, 12.0, 12.4, 13.0)}
    assert fits == {None: True, 11.8: False, 12.0: True, 12.4: True, 13.0: True}
    assert cuda_fits("a/b:1", 10.0)


@given(st.text(max_size=80))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    mistake = mistake_in(text)
    cuda_of(text)
    is_pinned(text)
    assert mistake is not None or (text.isprintable() and " " not in text)
