"""Names of GPUs: those of the market, how people write them, and when two mean the same model."""

from __future__ import annotations

from functools import lru_cache

# Models seen on the market; a short name in a preset stands for those that contain it as words.
_MODELS = """
    A10, A16, A30, A40, A100 PCIE, A100 SXM4, A100X, A800 PCIE, B200, B300, GH200 SXM, GTX 1060, GTX 1070,
    GTX 1070 Ti, GTX 1080, GTX 1080 Ti, GTX 1650, GTX 1660, GTX 1660 S, GTX 1660 Ti, GTX TITAN X, H100 NVL,
    H100 PCIE, H100 SXM, H200, H200 NVL, L4, L40, L40S, Q RTX 4000, Q RTX 6000, Q RTX 8000, RTX 2000Ada,
    RTX 2060, RTX 2060S, RTX 2070, RTX 2070S, RTX 2080, RTX 2080 Ti, RTX 2080S, RTX 3050, RTX 3060,
    RTX 3060 Ti, RTX 3060 laptop, RTX 3070, RTX 3070 Ti, RTX 3080, RTX 3080 Ti, RTX 3090, RTX 3090 Ti,
    RTX 4000Ada, RTX 4060, RTX 4060 Ti, RTX 4070, RTX 4070 Ti, RTX 4070S, RTX 4070S Ti, RTX 4080, RTX 4080S,
    RTX 4090, RTX 4090D, RTX 4500Ada, RTX 5000Ada, RTX 5060, RTX 5060 Ti, RTX 5070, RTX 5070 Ti, RTX 5080,
    RTX 5090, RTX 5880Ada, RTX 6000Ada, RTX A2000, RTX A4000, RTX A4500, RTX A5000, RTX A5500, RTX A6000,
    RTX PRO 4000, RTX PRO 4500, RTX PRO 5000, RTX PRO 6000 S, RTX PRO 6000 WS, Tesla P100, Tesla P4,
    Tesla P40, Tesla T4, Tesla V100, Titan RTX, Titan V, Titan Xp"""
GPU_MODELS = tuple(" ".join(name.split()) for name in _MODELS.split(","))


@lru_cache(4096)  # 10,000 rows share a few dozen names
def plain(name: str) -> str:
    """A GPU's name for comparing: blanks, underscores and hyphens are alike, and so is case."""
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())


def known_models(name: str) -> tuple[str, ...]:
    """Models that a name stands for: itself if it is one (`RTX4090` too), else all that contain it as words."""
    wanted = plain(name)
    exact = tuple(model for model in GPU_MODELS if plain(model) == wanted)
    joined = tuple(model for model in GPU_MODELS if plain(model).replace(" ", "") == wanted.replace(" ", ""))
    return exact or joined or tuple(model for model in GPU_MODELS if _has_words(plain(model), wanted))


def models_named(name: str) -> tuple[str, ...]:
    """Full model names that a name in a preset stands for; a name that nobody knows stands for itself."""
    return known_models(name) or (name.replace("_", " ").strip(),)


def asked_as(models: tuple[str, ...]) -> str:
    """How a query asks for one of these models."""
    names = [model.replace(" ", "_") for model in models]
    return f"gpu_name={names[0]}" if len(names) == 1 else f"gpu_name in [{','.join(names)}]"


@lru_cache(1024)
def is_one_of(gpu: str | None, names: tuple[str, ...]) -> bool:
    """Whether a row's GPU is a model that one of the names means."""
    return gpu is not None and any(same_model(name, gpu) for name in names)


def same_model(asked: str, got: str) -> bool:
    """Whether a GPU is the model that was asked for.

    A full name means itself alone: an "RTX 3060 Ti" is no "RTX 3060". A short one ("A100", "4090", "PRO 6000")
    means each model that has it as whole words; one word may also be part of a model that is not known yet.
    """
    wanted, have = plain(asked), plain(got)
    if wanted.replace(" ", "") == have.replace(" ", ""):
        return True
    if wanted in _PLAIN or not wanted:
        return False
    return _has_words(have, wanted) and (have in _PLAIN or " " not in wanted)


def _has_words(text: str, words: str) -> bool:
    return f" {words} " in f" {text} "


_PLAIN = frozenset(map(plain, GPU_MODELS))
