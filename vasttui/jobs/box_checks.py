"""Checks of what would run: host, keys, image, disk, lease, start command. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vasttui.errors import UsageError
from vasttui.jobs.check import Case, Check, Grade, hours_text
from vasttui.jobs.image import AUTOMATIC_TAG, cuda_fits, cuda_of, is_pinned, mistake_in
from vasttui.jobs.rental import request_of, unarmed_reason

ROOMY = 16.0
"""GB below which an image of several GB, unpacked, may not find room beside the data."""

LEAST_DISK = 8.0
"""GB that Vast.ai rents at least (vast-ai/docs, create_instance.yaml)."""


def host_check(case: Case) -> Iterator[Check]:
    """Whether the host lists allow it."""
    who = f"host {case.offer.host_id}" if case.offer.host_id is not None else "its host"
    if case.facts.host_reason:
        mend = "Pick another offer, or change the host lists."
        yield Check("host", Grade.BAD, f"{who}: {case.facts.host_reason}", mend)
    else:
        yield Check("host", Grade.GOOD, f"{who}: no list forbids it")


def disk_check(case: Case) -> Iterator[Check]:
    """Whether the host has the disk, and the image room on it."""
    disk, host = case.plan.disk_gb, case.offer.disk_space
    if not disk >= LEAST_DISK:
        text = f"disk {disk:g} GB: Vast.ai rents {LEAST_DISK:g} GB or more"
        yield Check("disk", Grade.BAD, text, f"Set {LEAST_DISK:g} GB or more.", "disk")
    elif host is not None and disk > host:
        mend = f"Set {host:.0f} GB or less, or pick another host."
        yield Check("disk", Grade.BAD, f"disk {disk:g} GB: this host has {host:.0f} GB", mend, "disk")
    elif disk < ROOMY:
        text = f"{disk:g} GB hold the unpacked image too, and cannot be enlarged"
        yield Check("disk", Grade.LOOK, text, f"Set {ROOMY:g} GB or more unless the image is small.", "disk")
    elif host is None:
        yield Check("disk", Grade.UNKNOWN, f"{disk:g} GB; what the host has is not known", field="disk")
    else:
        yield Check("disk", Grade.GOOD, f"{disk:g} of {host:.0f} GB", field="disk")


def image_check(case: Case) -> Iterator[Check]:
    """Whether the name of the image can be one."""
    image = case.plan.image.strip()
    if not image and not case.plan.template:
        text = "nothing to run: neither an image nor a template is named"
        yield Check("image", Grade.BAD, text, "Give --image or --template.", "image")
    elif not image:
        yield Check("image", Grade.UNKNOWN, "the template's own image", field="template")
    elif mistake := mistake_in(case.plan.image):
        yield Check("image", Grade.BAD, f"image {image[:60]!r}: {mistake.text}", mistake.mend, "image")
    elif not is_pinned(image):
        text = f"{image} has no tag: it means `latest`, which may be another one tomorrow"
        yield Check("image", Grade.LOOK, text, "Name a tag.", "image")
    else:
        yield Check("image", Grade.GOOD, image, field="image")


def cuda_check(case: Case) -> Iterator[Check]:
    """Whether the host's driver takes the image's CUDA."""
    image, most = case.plan.image, (case.facts.offer_now or case.offer).cuda_max_good
    if image.endswith(AUTOMATIC_TAG):
        yield Check("cuda", Grade.GOOD, "Vast.ai picks the image's tag by the host's driver")
        return
    wants = cuda_of(image)
    if wants is None or most is None:
        lacking = "the image's name does not tell its CUDA" if wants is None else "the host's CUDA is not known"
        yield Check("cuda", Grade.UNKNOWN, lacking)
        return
    host = divmod(round(10 * most), 10)
    text = f"the image is made for CUDA {wants[0]}.{wants[1]}, the host's driver takes up to {most:g}"
    other = f"Pick a host with cuda_vers>={wants[0]}.{wants[1]}, or an image for CUDA {most:g}."
    if not cuda_fits(image, most):
        yield Check("cuda", Grade.BAD, text, other, "image")
    elif wants > host:
        why = "works unless it compiles for the GPU at run time (CUDA's minor version compatibility)"
        yield Check("cuda", Grade.LOOK, f"{text}: {why}", other, "image")
    else:
        yield Check("cuda", Grade.GOOD, text)


def key_check(case: Case) -> Iterator[Check]:
    """Whether the API key may rent."""
    if case.facts.may_rent is None:
        yield Check("key", Grade.UNKNOWN, "whether the API key may rent is not known")
    elif case.facts.may_rent:
        yield Check("key", Grade.GOOD, "the API key may rent")
    else:
        mend = "Use a key with the right instance_write: https://cloud.vast.ai/manage-keys/"
        yield Check("key", Grade.BAD, "the API key may not rent: it lacks the right instance_write", mend)


def ssh_key_check(case: Case) -> Iterator[Check]:
    """Whether one could log in."""
    mine, theirs = case.facts.own_keys, case.facts.ssh_keys
    if "ssh" not in case.plan.runtype and not case.plan.template:
        return
    register = "Vast.ai copies keys at creation: register it first: https://cloud.vast.ai/manage-keys/"
    if mine is not None and not mine:
        text = "there is no SSH key on this computer"
        yield Check("ssh key", Grade.BAD, text, "Make one: ssh-keygen -t ed25519, and register its .pub at Vast.ai.")
    elif theirs is not None and not theirs:
        yield Check("ssh key", Grade.BAD, "the account has no SSH key: nobody could log in", register)
    elif mine is None or theirs is None:
        yield Check("ssh key", Grade.UNKNOWN, "whether this computer's SSH key is registered is not known")
    elif mine & theirs:
        yield Check("ssh key", Grade.GOOD, "this computer's SSH key is registered")
    else:
        text = f"none of this computer's keys is among the account's {len(theirs)}: it could not log in"
        yield Check("ssh key", Grade.LOOK, text, register)


def lease_check(case: Case) -> Iterator[Check]:
    """Whether the lease can be kept."""
    lease, left = case.plan.lease, (case.facts.offer_now or case.offer).duration
    if lease is None:
        yield Check("lease", Grade.GOOD, "none: it runs until you end it", field="lease")
    elif reason := unarmed_reason(case.plan):
        mend = "Choose another run type, or watch over it yourself."
        yield Check("lease", Grade.BAD, f"it could not keep its lease: {reason}", mend, "lease")
    elif left is not None and lease > left:
        text = f"{lease / 3600:g} h are longer than the host offers it, {hours_text(left / 3600)}"
        yield Check("lease", Grade.LOOK, text, "Shorten it, or pick an offer with a longer duration.", "lease")
    elif case.plan.template and not case.plan.onstart.strip():
        text = f"{lease / 3600:g} h, but the template starts it: its switch is armed over SSH when it is up"
        yield Check("lease", Grade.LOOK, text, "Leave the dashboard open until its switch is armed.", "lease")
    else:
        verb = "stopped" if case.plan.lease_end == "stop" else "destroyed"
        yield Check("lease", Grade.GOOD, f"it is {verb} after {lease / 3600:g} h unless extended", field="lease")


def race_check(case: Case) -> Iterator[Check]:
    """Whether a race is sure to end: somebody has to destroy the losers."""
    if case.plan.race < 2:
        return
    text = f"{case.plan.race} offers at once, the first that is ready stays"
    if case.plan.lease is None:
        text += "; should vasttui end before that, all run until its next start"
        yield Check("race", Grade.LOOK, text, "Give them a lease, which they keep by themselves.", "lease")
    else:
        yield Check("race", Grade.GOOD, text, field="race")


def start_check(case: Case) -> Iterator[Check]:
    """Whether the start command fits."""
    try:
        request_of(replace(case.plan, image=case.plan.image or "x", disk_gb=LEAST_DISK), case.plan.label)
    except UsageError as error:
        yield Check("start command", Grade.BAD, error.message, error.hint, "onstart")
        return
    if case.plan.template and case.plan.onstart.strip():
        text = "yours runs in place of the template's own"
        yield Check("start command", Grade.LOOK, text, "Empty it to keep the template's.", "onstart")
    else:
        text = "fits into the request" if case.plan.onstart.strip() else "none of your own"
        yield Check("start command", Grade.GOOD, text, field="onstart")
