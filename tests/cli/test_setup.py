"""Keys, config, places, the simulator, and every way in which a command cannot do its work."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, World


@contextmanager
def web_page() -> Iterator[str]:
    """A server that answers everything with a login page, as hotel networks do."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html><title>Welcome to our WLAN</title></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_that_is_none_is_exit_4_and_never_an_empty_list(shell: Shell, world: World) -> None:
    with socket.socket() as closed, web_page() as page, world.faults("500=1.0"):
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        # Beside each other, for each waits 5 and 10 s between its tries.
        processes = {
            "no connection": shell.start("instances", "--json", env={"VASTAI_API_BASE_URL": nobody}),
            "GET /api/v1/instances/": shell.start("instances", env={"VASTAI_API_BASE_URL": page}),
            "POST /api/v0/bundles/": shell.start("search", env={"VASTAI_API_BASE_URL": page}),
            "status 500": shell.start("destroy", "1", "--yes"),
        }
        for says, process in processes.items():
            done = shell.end(process)
            assert (done.code, done.out) == (4, "")
            assert says in done.err


def test_without_a_key_every_command_says_where_to_get_one(bare: Shell) -> None:
    for words in (("search",), ("instances", "--json"), ("rent", "--yes"), ("destroy", "1", "--yes")):
        done = bare(*words)
        assert (done.code, done.out) == (3, "")
        assert "VASTAI_API_KEY" in done.err


def test_a_refused_key_is_named_by_its_place_and_not_shown(shell: Shell) -> None:
    key = {"VASTAI_API_KEY": "wrongwrongwrong"}
    for words in (("instances",), ("search",), ("stop", "1"), ("destroy", "1", "--yes")):
        done = shell(*words, env=key)
        assert done.code == 3
        assert "environment VASTAI_API_KEY" in done.err
        assert "wrongwrong" not in done.err
    doctor = shell("doctor", "--json", env=key)
    assert doctor.code in (1, 3)
    (finding,) = [row for row in json.loads(doctor.out) if row["check"] == "api key"]
    assert not finding["good"]
    assert "VASTAI_API_KEY" in finding["seen"]


def test_doctor_looks_at_everything(shell: Shell) -> None:
    done = shell("doctor", "--json")
    checks = {row["check"]: row for row in json.loads(done.out)}
    assert checks["api key"]["good"]
    assert {"terminal", "config", "state", "ssh", "ssh key", "api"} <= set(checks)
    assert "credit $" in shell("doctor").out


def test_config_init_check_show_path(shell: Shell) -> None:
    file = shell.home / ".config" / "vasttui" / "config.yaml"
    assert shell("config", "path").out.strip() == str(file)
    assert "presets.broken.query: query, character 1: " in shell("config", "check").err
    assert shell("config", "init").code == 2
    file.unlink()
    assert shell("config", "init").code == 0
    assert shell("config", "check").code == 0
    shown = shell("config", "show", "--json")
    assert json.loads(shown.out)["max_price"]["value"] == "4.5"
    assert shell.env["VASTAI_API_KEY"] not in shown.out
    assert "environment VASTAI_API_KEY" in shell("config", "show").out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("presets:\n  a: {query: num_gpus=1}\n  b:\n    query: gpu_rum>=24\n", "yaml:4: presets.b.query: query, "),
        ("presets:\n  a:\n    order: dph_totl\n", "config.yaml:3: presets.a.order: "),
        ("searches:\n  mine: gpu_name=RTX 4090\n", "config.yaml:1: searches.mine: query, "),
        ("presets:\n  a:\n    watch_rent: true\n", "config.yaml:3: presets.a.watch_rent: nothing is watched"),
        ("presets:\n  a:\n    runtype: args\n    lease: 4h\n", "config.yaml:4: presets.a.lease: run type args"),
    ],
)
def test_config_check_reads_the_searches_too(shell: Shell, text: str, says: str) -> None:
    (shell.home / ".config" / "vasttui" / "config.yaml").write_text(text)
    done = shell("config", "check")
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("max_prise: 3\n", ("config.yaml:1", "max_prise", "max_price")),
        ("theme: x\npace:\n  offers: soon\n", ("config.yaml:3", "pace.offers")),
        ("presets:\n  a:\n    min_vrm: 3\n", ("config.yaml:3", "presets.a.min_vrm", "min_vram")),
        ("a: [\n", ("config.yaml",)),
    ],
)
def test_a_wrong_config_names_line_key_and_neighbour(shell: Shell, text: str, says: tuple[str, ...]) -> None:
    (shell.home / ".config" / "vasttui" / "config.yaml").write_text(text)
    for words in (("config", "check"), ("search", "--show-query"), ("instances",)):
        done = shell(*words)
        assert done.code == 2
        assert all(part in done.err for part in says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("serach",), "'search'"),
        (("search", "--ordr", "x"), "--order"),
        (("config", "chek"), "'check'"),
        (("--config", "none.yaml", "instances"), "none.yaml"),
        (("--env-file", "none.env", "instances"), "none.env"),
        (("--log-file", "none/x.log", "instances"), "none/x.log"),
        (("label", "1", b"\xff"), "UTF-8"),
        (("destroy",), "ID"),
        (("sim", "--fault", "slwo=1"), "slow"),
        ((), "terminal"),
        (("--demo",), "terminal"),
    ],
)
def test_bad_usage_is_exit_2_and_names_it(shell: Shell, words: tuple[str | bytes, ...], says: str) -> None:
    done = shell(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_state_directory_that_cannot_be_is_one_line(shell: Shell) -> None:
    file = shell.home / "file"
    file.touch()
    done = shell("instances", env={"VASTTUI_STATE_DIR": str(file / "state")})
    assert done.code == 1
    assert str(file) in done.err


def test_a_damaged_journal_is_one_line(shell: Shell) -> None:
    assert shell("hosts").code == 0
    (journal,) = shell.home.glob(".local/state/vasttui/**/journal.sqlite")
    journal.write_bytes(b"this is no database, whatever its name may say" * 100)
    done = shell("instances")
    assert done.code == 1
    assert "damaged" in done.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("words", [("search",), ("instances", "--json"), ("config", "show"), ("--help",)])
def test_a_full_disk_behind_stdout_is_one_line(shell: Shell, words: tuple[str, ...]) -> None:
    command = ["sh", "-c", 'exec "$0" -m vasttui "$@" > /dev/full', sys.executable, *words]
    done = subprocess.run(command, env=shell.env, cwd=shell.home, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_needs_no_key_and_says_demo(bare: Shell) -> None:
    done = bare("--demo", "search", "--limit", "3", "--json")
    assert done.code == 0
    assert len(json.loads(done.out)) == 3
    assert "DEMO" in done.err


def test_sim_tells_where_it_is_and_ends_at_term(shell: Shell) -> None:
    process = shell.start("sim", "--speed", "50", "--instances", "2")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["pid"] == process.pid
    assert Path(said["ssh_private_key"]).stat().st_mode & 0o077 == 0
    there = {"VASTAI_API_BASE_URL": said["url"], "VASTAI_API_KEY": said["api_key"]}
    assert len(json.loads(shell("instances", "--json", env=there).out)) == 2
    taken = shell("sim", "--port", said["url"].rpartition(":")[2])
    assert taken.code == 2
    assert "--port" in taken.err
    process.send_signal(signal.SIGTERM)
    assert shell.end(process, 10).code == 0
    assert not Path(said["ssh_private_key"]).exists()
