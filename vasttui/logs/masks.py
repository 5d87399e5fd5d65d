"""Where the secrets of a line are: signed URLs, tokens, keys, passwords.

Two things are wanted at once: no usual secret is missed, and ordinary text (`tokens: 512`, `eos_token: </s>`,
`hf_hub_download`) is never hidden. So a place is found by the words around it, and then the value has to look like a
secret too.
"""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"""
    [?&](?:x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40})=(?P<signed>[^&\s"'<>]+)
  | [?&;](?:signature|sig|awsaccesskeyid|key-pair-id|policy|(?:access_|auth_|api_|refresh_)?token|api_?key|secret
        |password|authorization)=(?P<part>[^&\s"'<>]{6,})
  | instance_logs/(?P<log>[0-9a-z]{12,})
  | \bauthorization["']?\s?[:=]\s?["']?(?:bearer|basic|token|digest|apikey)\s+(?P<header>[\w.~+/=-]{8,})
  | \bbearer\s+(?P<bearer>[\w.~+/=-]{8,})
  | (?<![a-z])cookie["']?:\s?["']?(?P<cookie>[\w.-]{1,60}=[^"'\s][^"']*)
  | ://[^/\s:@]{0,80}:(?P<userinfo>[^/\s@]{1,200})@
  | hooks\.slack\.com/services/(?P<slack>[\w/]{12,})
  | /api/webhooks/[0-9]{5,}/(?P<discord>[\w-]{20,})
  | (?-i:
        (?<![\w-])(?:hf|npm)_(?P<hub>[A-Za-z0-9]{16,})
      | (?<![\w-])(?:sk-|sk_live_|sk_test_|rk_live_|gh[pousr]_|github_pat_
            |glpat-|xox[abeprs]-|r8_|gsk_|xai-|nvapi-|rpa_|tgp_v1_|wandb_v1_|pplx-|whsec_|dckr_pat_|dop_v1_|api_org_
            |lin_api_|pypi-|tskey-[a-z]{1,12}-|hvs\.|ya29\.|SG\.|AIza)(?P<token>[\w.-]{12,})
      | \b(?:AKIA|ASIA|AROA|AIDA)(?P<aws>[A-Z0-9]{12,})
      | \beyJ(?P<jwt>[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)
      | (?<![0-9])[0-9]{8,10}:(?P<telegram>AA[\w-]{30,})
      | -----BEGIN\ [A-Z ]{0,40}PRIVATE\ KEY-----(?P<pem>\s*\S.*?)(?=-----END|$)
    )
  | --[a-z-]{0,30}(?:token|password|passwd|secret|key)\s+["']?(?P<flag>[^\s"',;-][^\s"',;]{5,})
  | (?P<name>token|secret|passw(?:or)?d|passphrase|secret_?access_?key
        |(?:api|access|secret|private|account|auth)[_-]?key)
        \\?["']?\s?[=:]\s?\\?["']?(?P<named>[^\s"',;&\\]{4,})
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Nearly no line has a secret: without one of these there is none, which is ten times cheaper to know.
_TRIGGERS = (
    "bearer", "authori", "cookie", "x-amz", "x-goog", "instance_logs/", "/webhooks/", "slack.com", "--", "hf_", "npm_",
    "sk-", "sk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "_pat_", "glpat-", "xox", "r8_", "gsk_", "xai-",
    "nvapi-", "rpa_", "tgp_", "wandb_", "pplx-", "whsec_", "dop_", "api_org_", "lin_api_", "pypi-", "tskey-", "hvs.",
    "ya29.",
)  # fmt: skip
_CAPITAL_TRIGGERS = ("AKIA", "ASIA", "AROA", "AIDA", "AIza", "SG.", "eyJ", ":AA")
_NAME_TRIGGER = re.compile(
    r"(?:token|key|keyid|pair-id|secret|passw(?:or)?d|passphrase|sig(?:nature)?|policy)\\?[\"']?\s?[=:]"
)

# A private key comes as lines of nothing but base64; only a key's or a certificate's lines look like this.
_BASE64_LINE = re.compile(r"\s*(?P<body>[A-Za-z0-9+/]{60,76}={0,2}|[A-Za-z0-9+/]{18,59}={1,2}|b3BlbnNzaC1rZXkt\S*)\s*")

_HUB = re.compile(r"(?:hf|npm)_[A-Za-z0-9]{16,}")
_SURE = {"signed", "log", "header", "hub", "cookie", "slack", "discord", "aws", "jwt", "telegram", "pem"}
_WORDS = {
    "accepted", "authentication", "changed", "denied", "disabled", "empty", "enabled", "expired", "failed", "false",
    "found", "ignored", "incorrect", "invalid", "loaded", "missing", "none", "null", "optional", "provided",
    "redacted", "rejected", "required", "true", "undefined", "unset", "updated", "valid", "wrong",
}  # fmt: skip
_CODE = re.compile(r"[A-Za-z_][\w.]*[\[(]|(?:self|args|opts|os|env|config|cfg|settings)\.|(?:~|\.{0,2})/[a-z0-9_./-]*$")


def secret_places(text: str) -> list[tuple[int, int]]:
    """The (start, end) of what looks like a secret, in order and not overlapping. `text` has no escapes."""
    if 18 < len(text) < 120 and (body := _BASE64_LINE.fullmatch(text)) and _mixed(body["body"]):
        return [body.span("body")]
    if not _may_have_secrets(text):
        return []
    found = []
    for match in _SECRET.finditer(text):
        kind = match.lastgroup or ""
        if _is_secret(match, kind, match[kind]):
            found.append(match.span(kind))
    return found


def _may_have_secrets(text: str) -> bool:
    lowered = text.lower()
    for trigger in _TRIGGERS:
        if trigger in lowered:
            return True
    for trigger in _CAPITAL_TRIGGERS:
        if trigger in text:
            return True
    return ("@" in text and "://" in text) or _NAME_TRIGGER.search(lowered) is not None


def _is_secret(match: re.Match[str], kind: str, value: str) -> bool:
    if kind in _SURE:
        return True
    if value[0] in "<$*•%{[(" or value.lower().rstrip(".)}]!") in _WORDS:
        return False
    if kind == "userinfo":
        return True
    if kind != "named":
        return _random(value)
    if _HUB.match(value):
        return True
    if _CODE.match(value) or (match["name"].lower() == "token" and not _random(value)):
        return False
    value = value.rstrip(")}]")
    if value.isdigit() and len(value) < 6:
        return False
    # `login(hf_token=hf_token)`: a line of a traceback, which names the variable only.
    name = match.string[max(0, match.start("name") - 40) : match.end("name")]
    return not name.lower().endswith(value.lower())


def _random(value: str) -> bool:
    """Whether it looks like made by a machine, and not like a word or a short count."""
    if value.isdigit() or len(value) < 12:
        return False
    if any(letter.isdigit() for letter in value):
        return True
    return (len(value) >= 16 and _mixed(value + "0")) or (len(value) >= 22 and value.isalnum())


def _mixed(value: str) -> bool:
    """Whether it has small and capital letters and digits, which no word and no hash has."""
    return value.lower() != value != value.upper() and any(letter.isdigit() for letter in value)
