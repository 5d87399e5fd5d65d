"""No usual secret stays readable, and no ordinary text is hidden."""

from __future__ import annotations

import time

import pytest

from vasttui.logs.clean import clean_line, mask_secrets

V = "Ab0Cd1Ef2Gh3Ij4Kl5Mn6Op7"
HEX = "0123456789abcdef0123456789abcdef01234567"
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"

SECRETS = [
    (f"GET https://s3.aws.com/b/k?X-Amz-Credential=x%2Fy&X-Amz-Signature={HEX}&a=b", HEX),
    (f"https://storage.googleapis.com/b?X-Goog-Signature={HEX}", HEX),
    (f"https://x.blob.core.windows.net/c?sv=2024&sig={V}%3D", V),
    (f"https://d111.cloudfront.net/x?Policy={V}&Signature={V}&Key-Pair-Id={V}", V),
    (f"http://127.0.0.1:8080/tree?token={HEX}", HEX),
    (f"https://s3.amazonaws.com/public.vast.ai/instance_logs/{HEX}.log", HEX),
    (f"Authorization: Bearer {V}", V),
    (f"curl -H 'Authorization: Bearer {HEX}' x", HEX),
    (f"Authorization: Basic {V}==", V),
    (f"Set-Cookie: session={V}; Path=/", V),
    (f"x-api-key: {V}", V),
    (f"git clone https://user:{V}@github.com/a/b", V),
    (f"redis://:{V}@10.0.0.1:6379/0", V),
    ("token is valid: hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH", "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
    (f"OPENAI key sk-proj-{V}", V),
    (f"ANTHROPIC sk-ant-api03-{V}", V),
    (f"ghp_{V}", V),
    (f"github_pat_{V}", V),
    (f"glpat-{V}", V),
    (f"xoxb-123-456-{V}", V),
    (f"nvapi-{V}", V),
    (f"r8_{V}", V),
    (f"pypi-{V}", V),
    ("AIza" + V * 2, V),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    (f"aws_secret_access_key = {V}/{V}", V),
    (f'{{"SecretAccessKey": "{V}"}}', V),
    (f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0{V}.{V}", V),
    (f"bot123456789:AA{V}{V}", V),
    (f"https://hooks.slack.com/services/T000/B000/{V}", V),
    (f"https://discord.com/api/webhooks/12345678/{V}{V}", V),
    (f"HF_TOKEN={V}", V),
    (f"WANDB_API_KEY={HEX}", HEX),
    (f"docker run -e VAST_API_KEY={HEX} image", HEX),
    ("POSTGRES_PASSWORD=mysecretpassword", "mysecretpassword"),
    ("db_password: hunter22", "hunter22"),
    (f"Namespace(hf_token='{V}', epochs=3)", V),
    (f'{{"access_token": "{V}"}}', V),
    (f'msg="{{\\"api_key\\": \\"{V}\\"}}"', V),
    (f"huggingface-cli login --token {V}", V),
    (f"jupyter lab --NotebookApp.token={HEX}", HEX),
    (f"DefaultEndpoints;AccountKey={V}==", V),
    (f"-----BEGIN PRIVATE KEY----- {PEM} -----END PRIVATE KEY-----", PEM),
    (f'key="-----BEGIN RSA PRIVATE KEY-----\\n{PEM}\\n', PEM),
    (PEM, PEM),
    ("  b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW", "b3BlbnNzaC1rZXktdjEAAAAABG5v"),
    ("kP3x9Zq1Wm7Tt4Uu2Yy8Aa==", "kP3x9Zq1Wm7Tt4Uu2Yy8Aa"),
]


@pytest.mark.parametrize(("line", "secret"), SECRETS)
def test_a_secret_is_masked(line: str, secret: str) -> None:
    assert secret in clean_line(line, mask=False).text
    for shown in (clean_line(line).text, mask_secrets(line)):
        assert secret not in shown
        assert secret[4:] not in shown
        assert "••••" in shown


@pytest.mark.parametrize(("line", "secret"), SECRETS)
def test_colours_inside_a_secret_do_not_uncover_it(line: str, secret: str) -> None:
    at = line.rindex(secret) + 5
    coloured = line[:at] + "\x1b[31m\u200b" + line[at:]
    assert clean_line(coloured).text == clean_line(line).text


@pytest.mark.parametrize("length", [20, 40, 100, 400])
def test_a_masked_line_does_not_tell_the_secrets_length(length: int) -> None:
    assert clean_line(f"HF_TOKEN={(V * 20)[:length]} end").text == "HF_TOKEN=•••• end"


@pytest.mark.parametrize(
    "line",
    [
        "token=5",
        "tokens: 512",
        "num_tokens: 123456",
        "MAX_TOKENS=131072",
        "pad_token_id=1",
        "eos_token: </s>",
        "EOS_TOKEN=<|im_end|>",
        "PAD_TOKEN: [PAD]",
        "bos_token='<s>' unk_token='<unk>'",
        "next token: Hello",
        "stop token: Observation:",
        "http://a.b/c?page=2&token=5",
        "from huggingface_hub import hf_hub_download_to_cache",
        "hf_transfer_enabled_by_default=1",
        "installing sk-learn-contrib-extras",
        "task-1234567890-abcdef started",
        "password: incorrect",
        "Password: required!",
        "root@ssh1.vast.ai: Permission denied (publickey,password).",
        "client = OpenAI(api_key=api_key)",
        "login(token=args.hf_token)",
        'password=os.environ["PASSWORD"]',
        "api_key=None, secret=null",
        "HF_TOKEN=$HF_TOKEN",
        "HF_TOKEN=${HF_TOKEN}",
        "SSH_PRIVATE_KEY: /root/.ssh/id_ed25519",
        "api_key: <your key here>",
        "primary key: users.id, foreign key: orders.user",
        "bearer authentication enabled",
        "Key: Value",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "=" * 70,
        "a" * 64,
        "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2204/x86_64/InRelease",
        "GET http://127.0.0.1:8000/v1/models@latest",
        "Engine 000: Avg prompt throughput: 1.2 tokens/s, Avg generation throughput: 33.4 tokens/s, Running: 0 reqs",
        "{'loss': 0.514, 'grad_norm': 8.539349555969238, 'learning_rate': 2.824981844589688e-05, 'epoch': 1.31}",
        "raw.safetensors:   7%|▋         | 1.95G/26.3G [15:11<2:37:06, 2.58MB/s]",
        "4c7d45f7c63c: Download complete",
        "Welcome to vast.ai. If authentication fails, try again, and double check your ssh key.",
        "sshd: no hostkeys available -- exiting.",
        "nvidia-container-cli: device error: unresolvable CDI devices D.c0b4/gpu=0: unknown",
        "=== RUN START: job_id=3f2a-11 start=2026-11-22T07:19:00 ===",
    ],
)
def test_ordinary_text_is_not_hidden(line: str) -> None:
    assert mask_secrets(line) == line
    assert clean_line(line).text == line


@pytest.mark.parametrize(
    "hostile", ["sk-", "://", "://a:", "A_", "?token=", "token=", "key: ", "eyJa.", "passwd", "1", "bearer ", "--key "]
)
def test_a_hostile_line_is_read_once(hostile: str) -> None:
    def cost(length: int) -> float:
        line = (hostile * length)[:length]
        best = 9.0
        for _ in range(5):
            start = time.process_time()
            mask_secrets(line)
            best = min(best, time.process_time() - start)
        return best

    assert cost(4000) < 20 * cost(500) + 0.001  # eight times the text; a square would cost 64 times as much
