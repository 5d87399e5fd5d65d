"""Files to and from a simulated box: what the demo's jobs leave can be fetched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.conftest import StartSim, until
from vasttui.config import Config
from vasttui.sim.server import Simulator
from vasttui.ssh import SshTarget, connect
from vasttui.ssh.files import Copied, get, put, put_text


def target(sim: Simulator, port: int, config: Config) -> SshTarget:
    return SshTarget(
        alias="vast-7",
        addresses=(("127.0.0.1", port),),
        known_hosts=config.paths.state_dir / "known_hosts",
        key_paths=(sim.ssh_private_key,),
        environment={},
    )


async def test_put_and_get_on_a_simulated_box(sim: StartSim, config: Config, tmp_path: Path) -> None:
    world = await sim(speed=300, instances=1)
    box = next(iter(world.world.boxes.values()))
    await until(lambda: box.port_open and box.key_ok)
    source, here = tmp_path / "project", tmp_path / "here"
    (source / "data").mkdir(parents=True)
    (source / "run.sh").write_text("echo hello\n")
    (source / "data" / "x.bin").write_bytes(bytes(range(256)) * 1000)
    told: list[Copied] = []
    async with await connect(target(world, box.port, config)) as connection:
        await put(connection, [source], "/workspace/in")
        await put_text(connection, "one\n", "/workspace/in/project/note")
        files = await get(connection, ["/workspace/in/*", "/var/log/onstart.log"], here, told=told.append)
        assert await get(connection, ["/workspace/none/*"], here) == ()
    names = ["onstart.log", "project/data/x.bin", "project/note", "project/run.sh"]
    assert sorted(str(path.relative_to(here)) for path in files) == names
    assert (here / "project/data/x.bin").read_bytes() == (source / "data/x.bin").read_bytes()
    assert told[-1] == replace(told[-1], bytes=told[-1].total, files=4, all_files=4)
