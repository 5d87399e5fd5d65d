"""Everything that is expected to go wrong, by meaning.

    VastError
    ├── ConfigError        bad config file, environment or key: file, place, what was expected     exit 2
    ├── UsageError         bad query, option or argument                                           exit 2
    │   └── QueryError     the same, with the place in the query
    ├── NoKey              no API key was found                                                    exit 3
    ├── KeyRefused         Vast.ai does not accept the key, or the key lacks a right               exit 3
    ├── Unreachable        no connection, a timeout, a 5xx: nothing is known about the request     exit 4
    │   └── Ambiguous      the same, for a request that spends or destroys: it may have worked     exit 4
    ├── RateLimited        429, after the waits                                                    exit 4
    ├── Nonsense           an answer that cannot be read: HTML, an empty body, broken JSON         exit 4
    ├── Rejected           Vast.ai understood and said no                                          exit 1
    │   ├── OfferGone      the offer was taken or withdrawn
    │   ├── NoCredit       not enough credit
    │   ├── NoCapacity     the GPU is taken, the start is queued (and may fire and bill later)
    │   └── NotFound       no such instance, template, key
    ├── LogsPending        the log was asked for and is not there yet: a state, not a fault        exit 1
    ├── StorageError       the journal or the spool cannot be written (full disk, rights)          exit 1
    └── SshError           SSH said no                                                             exit 1
        ├── SshNotReady    refused, or the key not accepted yet: normal in the first three minutes
        └── HostKeyChanged the box shows another host key than last time

Each error carries a one-line message that names the thing and its place, and a hint: what to do.
"""

from __future__ import annotations


class VastError(Exception):
    """Base of all expected faults.

    Attributes:
        title: two or three words, for the head of a toast.
        hint: what the user can do about it, or "".
        exit_code: the command line's exit code for it.
    """

    title = "Error"
    hint = ""
    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    @property
    def message(self) -> str:
        """The one-line message."""
        return str(self.args[0])


class ConfigError(VastError):
    """A config file, theme or environment variable is wrong."""

    title = "Bad configuration"
    exit_code = 2


class UsageError(VastError):
    """A query, option or argument is wrong."""

    title = "Bad usage"
    exit_code = 2


class QueryError(UsageError):
    """A search or a filter is wrong at one place.

    Attributes:
        start: first character of the faulty part, counted from 0.
        end: the one after its last.
    """

    title = "Bad query"

    def __init__(self, message: str, *, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.start = start
        self.end = end


class NoKey(VastError):
    """No API key was found anywhere."""

    title = "No API key"
    hint = "Set VASTAI_API_KEY, or put api_key into the config file; keys: https://cloud.vast.ai/manage-keys/"
    exit_code = 3


class KeyRefused(VastError):
    """The API key is unknown or lacks a right."""

    title = "API key refused"
    hint = "Check the key at https://cloud.vast.ai/manage-keys/"
    exit_code = 3


class Unreachable(VastError):
    """No usable answer: connection failure, timeout or a 5xx. Says nothing about what exists."""

    title = "Vast.ai unreachable"
    hint = "Check the network and the API's address. The dashboard keeps its last picture and tries again by itself."
    exit_code = 4


class Ambiguous(Unreachable):
    """A request that spends or destroys got no readable answer: it may have worked."""

    title = "Not confirmed"
    hint = "It was not sent again. The next listing settles whether it worked."


class RateLimited(VastError):
    """Vast.ai answered 429.

    Attributes:
        retry_after: seconds to wait when the server told, else None.
    """

    title = "Rate limited"
    hint = "Requests are paced; the next try comes by itself."
    exit_code = 4

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Nonsense(VastError):
    """An answer that cannot be read: HTML, nothing, broken JSON. Never means "gone" or "empty"."""

    title = "Unreadable answer"
    hint = "Often a gateway's page that passes. The dashboard keeps its last picture and tries again by itself."
    exit_code = 4


class Rejected(VastError):
    """Vast.ai understood the request and said no.

    Attributes:
        code: the API's error code, e.g. "no_such_ask", or "".
        new_contract: id of an instance that the refused request left behind, else None.
    """

    title = "Refused by Vast.ai"

    def __init__(
        self, message: str, *, code: str = "", new_contract: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.new_contract = new_contract


class OfferGone(Rejected):
    """The offer was taken or withdrawn."""

    title = "Offer gone"
    hint = "Offers are taken within minutes; refresh and pick the next one."


class NoCredit(Rejected):
    """Not enough credit."""

    title = "Not enough credit"
    hint = "Add credit at https://cloud.vast.ai/billing/"


class NoCapacity(Rejected):
    """The GPU is taken by others; the start is queued and may fire, and bill, hours later."""

    title = "No free GPU"
    hint = "The start is queued. Stop the instance to cancel it, or destroy it and rent elsewhere."


class NotFound(Rejected):
    """No such instance, template or key."""

    title = "Not found"


class LogsPending(VastError):
    """The log was requested but its file is not there yet."""

    title = "Waiting for logs"


class StorageError(VastError):
    """The journal or the spool cannot be read or written."""

    title = "Cannot write"


class SshError(VastError):
    """SSH failed."""

    title = "SSH failed"


class SshNotReady(SshError):
    """Refused, or the key not accepted yet: normal in the first three minutes of a box."""

    title = "SSH not ready"


class HostKeyChanged(SshError):
    """The box shows another host key than the one remembered for this instance."""

    title = "Host key changed"
