"""Names of Docker images: whether one can be, and which CUDA it is made for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1024
"""Characters that Vast.ai takes for an image (vast-ai/docs, create_instance.yaml)."""

AUTOMATIC_TAG = "@vastai-automatic-tag"
"""Stands for a tag of Vast.ai's base images, which chooses one that suits the host."""

# The grammar of github.com/distribution/reference: parts in lower case, the registry with a dot, a port or "localhost".
_REGISTRY = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d{1,5})?|[A-Za-z0-9-]+:\d{1,5}"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?:(?:{_REGISTRY})/)?{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

# cuda12.1, cuda-12.4.1, cuda_12.4
_CUDA = re.compile(r"cuda[-_:]?v?(\d{1,2})\.(\d{1,2})(?!\d)")
# cu124, cu118
_CU = re.compile(r"(?<![a-z0-9])cu(\d{2})(\d)(?!\d)")
# 12.4.1-cudnn-devel-ubuntu22.04
_BARE = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?:\.\d{1,2})?-(?:cudnn\d*|devel|runtime|base)(?![a-z])")
_CUDA_MAJORS = range(8, 20)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a name, and what to write instead."""

    text: str
    mend: str


def mistake_in(image: str) -> Mistake | None:
    """Why no registry can have an image of that name; None for a name that can be."""
    if len(image) > LONGEST:
        return Mistake(f"{len(image)} characters long, Vast.ai takes {LONGEST}", "Give a shorter name.")
    if _common(image) is not None:
        return _common(image)
    name, tag, digest = _parts(image)
    if digest and f"@{digest}" != AUTOMATIC_TAG and not _DIGEST.fullmatch(digest):
        return Mistake("what follows @ is no digest", "A digest is sha256: and 64 digits of 0-9 and a-f.")
    if tag is not None and not _TAG.fullmatch(tag) and not (tag == "" and f"@{digest}" == AUTOMATIC_TAG):
        return Mistake(f"the tag {tag[:40]!r} cannot be", "A tag is of letters, digits, _ . and -.")
    if _NAME.fullmatch(name):
        return None
    if name != name.lower() and _NAME.fullmatch(name.lower()):
        return Mistake("names of images are in lower case", f"Write {image.replace(name, name.lower(), 1)}")
    return Mistake(f"{name[:60]!r} is no name of an image", "It is written registry/name:tag, as for docker pull.")


def _common(image: str) -> Mistake | None:
    """Mistakes that people make often."""
    first, _, rest = image.partition("://")
    if rest and first.lower() in ("http", "https", "docker", "oci"):
        return Mistake("an address, not a name", "Write it as for docker pull: registry/name:tag.")
    if image.startswith("hub.docker.com/"):
        return Mistake("the web page of an image, not its name", "Write its owner and name: owner/name:tag.")
    if re.match(r"(docker|podman)\s+(pull|run)\b", image):
        return Mistake("a command, not a name", f"Write {image.split()[-1][:60]} alone.")
    if any(char.isspace() for char in image):
        return Mistake("it holds a blank", "Options and arguments have fields of their own.")
    return None


def _parts(image: str) -> tuple[str, str | None, str]:
    """Name, tag (None without a colon) and digest ("" without)."""
    rest, _, digest = image.partition("@")
    path, slash, last = rest.rpartition("/")
    name, colon, tag = last.partition(":")
    return f"{path}{slash}{name}", tag if colon else None, digest


def is_pinned(image: str) -> bool:
    """Whether it has a tag or a digest; else it means `latest`, whatever that is on the day."""
    _, tag, digest = _parts(image)
    return bool(tag or digest)


def cuda_fits(image: str, most: float | None) -> bool:
    """Whether a host whose driver takes CUDA up to `most` can run the image; False only when it surely cannot.

    Within a major version the older driver does (CUDA's minor version compatibility).
    """
    wants = cuda_of(image)
    return wants is None or most is None or wants[0] <= int(most)


def cuda_of(image: str) -> tuple[int, int] | None:
    """The CUDA version that an image's name tells, e.g. (12, 4); None when it tells none.

    As in `12.4.1-cudnn-devel`, `2.2.0-cuda12.1-cudnn8-runtime` and `2.6.0-cu126`.
    """
    name, tag, _ = _parts(image.lower())
    text = f"{name.rpartition('/')[2]}:{tag or ''}"
    found = [match for pattern in (_CUDA, _CU, _BARE) for match in pattern.finditer(text)]
    versions = [(int(match[1]), int(match[2])) for match in found]
    return next((version for version in versions if version[0] in _CUDA_MAJORS), None)
