"""Which class a fault belongs to."""

from __future__ import annotations

import pytest

from vasttui.api.replies import classify
from vasttui.errors import (
    KeyRefused,
    NoCapacity,
    NoCredit,
    Nonsense,
    OfferGone,
    RateLimited,
    Rejected,
    Unreachable,
    UsageError,
    VastError,
)
from vasttui.jobs.failures import failure_of_exit, failure_of_line, failure_of_refusal, failure_of_status
from vasttui.jobs.lifecycle import Failure
from vasttui.jobs.spec import FAILURES


def test_the_specification_knows_all_classes() -> None:
    assert set(FAILURES) == {str(failure) for failure in Failure}


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OfferGone("no_such_ask"), Failure.OFFER_GONE),
        (NoCapacity("resources_unavailable"), Failure.OFFER_GONE),
        (Rejected("the bid is too low", new_contract=17), Failure.OFFER_GONE),
        (Rejected("the bid is too low", code="invalid_price"), Failure.OFFER_GONE),
        (NoCredit("lacks credit"), Failure.NO_CREDIT),
        (Unreachable("no connection"), Failure.NETWORK),
        (RateLimited("429"), Failure.NETWORK),
        (Nonsense("HTML"), Failure.NETWORK),
        (Rejected("bad", code="invalid_args"), Failure.REFUSED),
        (KeyRefused("lacks the right"), Failure.REFUSED),
        (UsageError("${HF_TOKEN} is not set"), Failure.REFUSED),
    ],
)
def test_a_refused_rental(error: VastError, failure: Failure) -> None:
    assert failure_of_refusal(error) is failure


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (
            400,
            b'{"success":false,"error":"invalid_args","msg":"error 404/3603: no_such_ask Instance type by id 5"}',
            Failure.OFFER_GONE,
        ),
        (410, b'{"success":false,"error":"no_such_ask","msg":"no longer available."}', Failure.OFFER_GONE),
        (400, b'{"success":false,"error":"insufficient_credit","msg":"Your account lacks credit"}', Failure.NO_CREDIT),
        (400, b'{"success":false,"error":"invalid_price","msg":"bid below minimum"}', Failure.OFFER_GONE),
        (400, b'{"success":false,"error":"no_ssh_key_for_vm","msg":"no key"}', Failure.REFUSED),
        (429, b"API requests too frequent: endpoint threshold=4.5", Failure.NETWORK),
    ],
)
def test_what_vast_really_answers_to_a_rent(status: int, body: bytes, failure: Failure) -> None:
    error = classify("PUT", "/api/v0/asks/{id}/", status, {}, body)
    assert error is not None
    assert failure_of_refusal(error) is failure


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (None, None),
        ("", None),
        ("success, running vastai/base-image_cuda-12.4.1/ssh", None),
        ("Retrying in 5 seconds: Error response from daemon", None),
        ("f2ecc74db11a: Downloading [=======>      ]", None),
        ("something odd", None),
        ("Error response from daemon: manifest unknown", Failure.BAD_IMAGE),
        ("Error response from daemon: manifest for no/such:tag not found: manifest\nunknown", Failure.BAD_IMAGE),
        ("pull access denied for x/y, repository does not exist or may require 'docker login'", Failure.BAD_IMAGE),
        ("Error response from daemon: unauthorized: authentication required", Failure.BAD_IMAGE),
        ("OCI runtime create failed: nvidia-container-cli: initialization error", Failure.HOST),
        ("Error response from daemon: no space left on device", Failure.HOST),
        ("docker_build() error writing dockerfile", Failure.HOST),
        ("instance was outbid", Failure.OUTBID),
    ],
)
def test_what_vast_says_of_a_box(text: str | None, failure: Failure | None) -> None:
    assert failure_of_status(text) is failure


def test_a_huge_text_about_a_box_is_read_in_part() -> None:
    assert failure_of_status("manifest unknown " + "x" * 1_000_000) is Failure.BAD_IMAGE
    assert failure_of_status("manifest for " * 100_000) is None


@pytest.mark.parametrize(
    ("code", "reason", "failure"),
    [
        (1, "", Failure.JOB),
        (1, "Python error", Failure.JOB),
        (127, "", Failure.JOB),
        (143, "", Failure.JOB),
        (None, "", Failure.JOB),
        (1, "out of GPU memory", Failure.MEMORY),
        (137, "", Failure.MEMORY),
        (137, "Python error", Failure.MEMORY),
        (1, "killed", Failure.MEMORY),
        (1, "disk full", Failure.DISK),
        (1, "GPU fault", Failure.HOST),
        (1, "file handle lost", Failure.HOST),
    ],
)
def test_an_exit_code_and_its_sign(code: int | None, reason: str, failure: Failure) -> None:
    assert failure_of_exit(code, reason) is failure


@pytest.mark.parametrize(
    ("line", "network"),
    [
        ("fatal: unable to access 'https://x/y.git/': Could not resolve host: x", True),
        ("fatal: the remote end hung up unexpectedly", True),
        ("wget: unable to resolve host address 'x'", True),
        ("curl: (28) Operation timed out after 30000 milliseconds", True),
        ("requests.exceptions.ConnectionError: HTTPSConnectionPool(): Max retries exceeded with url: /x", True),
        ("Temporary failure resolving 'archive.ubuntu.com'", True),
        ("fatal: Remote branch nope not found in upstream origin", False),
        ("ConnectionRefusedError: [Errno 111] Connection refused", False),
        ("ValueError: bad network shape", False),
    ],
)
def test_lines_of_a_lost_network(line: str, network: bool) -> None:
    assert (failure_of_line(line) is Failure.NETWORK) is network
