"""What GPU jobs really print, and what the dashboard makes of it."""

from __future__ import annotations

import time

import pytest

from vasttui.jobs.progress import Progress, ProgressReader


def reading(*lines: str) -> Progress | None:
    reader = ProgressReader(clock=lambda: 100.0)
    for line in lines:
        reader.feed(line)
    return reader.current


BAR = "━" * 20

# (lines, scope, fraction in percent, done, total, unit, rate, eta, phase); None: not told
ROWS: list[tuple[str, tuple[str, ...], tuple[object, ...]]] = [
    ("kohya", ("epoch 1/10", "steps:   5%|▊               | 100/2000 [00:57<18:14,  1.74it/s, avr_loss=0.0725]"),
     ("job", 5.0, 100, 2000, "it", 1.74, 1094, "steps")),
    ("slow tqdm", ("minimax-h3: 10%|#| 141/1350 [04:49<41:29, 2.62s/it, avr_loss=0.3441]",),
     ("job", 10.44, 141, 1350, "it", 0.38, 2489, "minimax-h3")),
    ("caching", ("caching latents: 100%|####| 686/686 [00:23<00:00, 29.13key/s]",),
     ("side", 100.0, 686, 686, "key", 29.13, 0, "caching latents")),
    ("no total", ("123it [00:10, 12.3it/s]",), ("job", None, 123, None, "it", 12.3, None, "")),
    ("unknown rate", ("  0%|          | 0/2 [00:05<?, ?it/s]",), ("job", 0.0, 0, 2, "it", None, None, "")),
    ("bytes", ("raw.safetensors:   7%|▋         | 1.95G/26.3G [15:11<2:37:06, 2.58MB/s]",),
     ("side", 7.41, 1.95e9, 26.3e9, "B", 2.58e6, 9426, "raw.safetensors")),
    ("HF trainer", (" 84%|████████▍ | 320/380 [1:27:33<14:12, 14.21s/it] {'loss': 0.0602, 'epoch': 4.21}",),
     ("job", 84.21, 320, 380, "it", 0.07, 852, "")),
    ("lightning", ("Epoch 0:   4%|▍         | 350/8000 [00:09<03:23, 37.56it/s, v_num=0]",),
     ("epoch", 4.38, 350, 8000, "it", 37.56, 203, "Epoch 0")),
    ("keras", ("Epoch 1/5", f"469/469 {BAR} 2s 4ms/step - accuracy: 0.8737 - loss: 0.4401"),
     ("job", 20.0, 469, 469, "step", 250, 7.5, "epoch 1/5")),
    ("keras plain", ("Epoch 2/5", "540/540 - 6s - 10ms/step - accuracy: 0.9"),
     ("job", 40.0, 540, 540, "step", 100, 16.2, "epoch 2/5")),
    ("yolo", (("176/300      5.64G      1.564     0.8106       0.85        162        640: "
              "100%|██████████| 1618/1618 [05:16<00:00,  5.11it/s]"),),
     ("job", 58.67, 1618, 1618, "it", 5.11, 39262.6, "epoch 176/300")),
    ("yolo from zero", (("0/49      5.64G      1.564     0.8106       162        640: "
                        "50%|█████     | 809/1618 [05:16<05:16,  2.56it/s]"),),
     ("job", 1.0, 809, 1618, "it", 2.56, 31285, "epoch 0/49")),
    ("yolo new", (f"1/100      2.06G  1.1  2.2  3.3  44  640: 100% {BAR} 221/221 4.5it/s 49.5s",),
     ("job", 1.0, 221, 221, "it", 4.5, 4862, "epoch 1/100")),
    ("ostris", ("myrender-v2:   0%|          | 1/600 [00:10<1:42:50, 10.30s/it, lr: 1.0e-04 loss: 6.468e-01]",
                "Generating Samples:  50%|#####     | 1/2 [00:59<00:59, 59.52s/it]"),
     ("job", 0.17, 1, 600, "it", 0.097, 6170, "myrender-v2")),
    ("ffmpeg", ("  Duration: 00:01:00.00, start: 0.0, bitrate: 1 kb/s",
                "frame=  100 fps=25.0 q=20.0 Lsize=    200kB time=00:00:04.00 bitrate= 409.6kbits/s speed=1.00x"),
     ("job", 6.67, 4, 60, "s", 1, 56, "")),
    ("ffmpeg alone", ("frame=   28 fps=7.6 q=-0.0 size=N/A time=00:00:27.00 bitrate=N/A speed=7.35x",),
     ("job", None, 27, None, "s", 7.35, None, "")),
    ("ffmpeg no time", ("frame=   28 fps=7.6 q=-0.0 size=N/A time=N/A bitrate=N/A speed=N/A",),
     ("job", None, 28, None, "frame", 7.6, None, "")),
    ("ffmpeg days", ("  Duration: 30:00:00.00, start",
                     "frame=1 fps=1 q=1 size=1kB time=27:00:00.00 bitrate=1 speed=2x"),
     ("job", 90.0, 97200, 108000, "s", 2, 5400, "")),
    ("yt-dlp", ("[download]  43.2% of   65.00MiB at    3.20MiB/s ETA 00:11",),
     ("side", 43.2, 29444014.08, 68157440, "B", 3355443.2, 11, "download")),
    ("yt-dlp estimate", ("[download]   5.0% of ~ 2.00GiB at 512.00KiB/s ETA 1:02:03",),
     ("side", 5.0, 107374182.4, 2**31, "B", 524288, 3723, "download")),
    ("yt-dlp end", ("[download] 100% of 100.00MiB in 01:23",),
     ("side", 100.0, 104857600, 104857600, "B", None, None, "download")),
    ("wget", ("yolov3.weights       100%[====================>] 236.52M  2.65MB/s    in 89s",),
     ("side", 100.0, 236.52e6, 236.52e6, "B", 2.65e6, 0, "download yolov3.weights")),
    ("wget short", ("hadoop-3.2.4.tar.gz 43%[====> ] 203.70M",),
     ("side", 43.0, 203.7e6, 473720930.2, "B", None, None, "download hadoop-3.2.4.tar.gz")),
    ("curl", ("100  368M  100  368M    0     0  8394k      0  0:00:44  0:00:44 --:--:-- 11.1M",),
     ("side", 100.0, 368e6, 368e6, "B", 11.1e6, 0, "download")),
    ("aria2", ("[#bb8141 1.7MiB/113MiB(1%) CN:16 DL:2.7MiB ETA:41s]",),
     ("side", 1.0, 1782579.2, 118489088, "B", 2831155.2, 41, "download")),
    ("aria2 minutes", ("[#bb8141 1.7MiB/113MiB(1%) CN:16 DL:2.7MiB ETA:1m24s]",),
     ("side", 1.0, 1782579.2, 118489088, "B", 2831155.2, 84, "download")),
    ("pip", ("   ━━━━━━━━━━━━ 1.2/1.2 MB 66.8 MB/s eta 0:00:00",),
     ("side", 100.0, 1.2e6, 1.2e6, "B", 66.8e6, 0, "pip download")),
    ("docker", ("30c3b0c7b61e: Pull complete", "f2ecc74db11a: Downloading [=======>      ]  89.11MB/192.3MB"),
     ("side", 63.9, 1, 2, "layer", None, None, "pulling the image")),
    ("docker by phase", ("30c3b0c7b61e: Pulling fs layer", "f2ecc74db11a: Download complete"),
     ("side", 30.0, 0, 2, "layer", None, None, "pulling the image")),
    ("git", ("Receiving objects:  45% (556/1234), 1.20 MiB | 2.00 MiB/s",),
     ("side", 45.0, 556, 1234, "object", None, None, "receiving objects")),
    ("git deltas", ("Resolving deltas: 100% (300/300), done.",),
     ("side", 100.0, 300, 300, "object", None, None, "resolving deltas")),
    ("rsync", ("1,234,567,890  45%  110.21MB/s    0:00:10 (xfr#1, to-chk=3/5)",),
     ("side", 45.0, 1234567890, 2743484200, "B", 110.21e6, 10, "rsync")),
    ("comfy", ("got prompt", " 50%|#####| 20/40 [00:03<00:03]"), ("job", 50.0, 20, 40, "it", None, 3, "prompt")),
    ("vllm shards", ("Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:01<00:01,  1.14s/it]",),
     ("side", 50.0, 1, 2, "it", 0.88, 1, "Loading safetensors checkpoint shards")),
    ("blender 4", (("Fra:1 Mem:118.99M (Peak 118.99M) | Time:00:00.17 | Remaining:00:04.48 | Mem:108.22M, "
                   "Peak:108.22M | Scene, ViewLayer | Sample 1/32"),),
     ("epoch", 3.12, 1, 32, "sample", None, 4.48, "frame 1")),
    ("blender 5", ("00:00.100  render           | Fra: 0 | Mem: 2303M | Sample 1/128",),
     ("epoch", 0.78, 1, 128, "sample", None, None, "frame 0")),
    ("nerfstudio", ("7710 (25.70%)       107.563 ms           39 m, 57 s           38.30 K",),
     ("job", 25.7, 7710, 30000, "step", 9.297, 2397, "training")),
    ("nerfstudio days", ("77 (0.26%)       107.563 ms           2 d, 11 h, 44 m, 33 s           38.30 K",),
     ("job", 0.26, 77, 29615, "step", 9.297, 215073, "training")),
    ("hashcat", ("Status...........: Running", "Time.Estimated...: Sun Jan  5 12:00:00 2025 (45 secs)",
                 "Speed.#1.........:  5000.0 kH/s (7.50ms)", "Recovered........: 1/4 (25.00%) Digests",
                 "Progress.........: 150000/14344384 (1.05%)"),
     ("job", 1.05, 150000, 14344384, "hash", 5e6, 45, "cracking")),
    ("rife pair", ("[batch_rife] Batch-runner: pair 1/144 done (1 mids)",),
     ("job", 0.69, 1, 144, "pair", None, None, "batch_rife")),
    ("rife", ("[batch_rife] RATE: processed=5/144 avg_fps=13.01 ETA=00:00:10",),
     ("job", 3.47, 5, 144, "pair", 13.01, 10, "batch_rife")),
    ("esrgan", ("[Real-ESRGAN] Processing frame 1/100",), ("job", 1.0, 1, 100, "frame", None, None, "Real-ESRGAN")),
    ("frames done", ("✅ Completed 100 frames in 8.0s (12.5 fps)",), ("job", 100.0, 100, 100, "frame", 12.5, 0, "")),
    ("epochs", ("Epoch 3/10",), ("job", 20.0, 2, 10, "epoch", None, None, "epoch 3/10")),
    ("steps", ("step 100/1000",), ("job", 10.0, 100, 1000, "step", None, None, "")),
    ("sigma", ("fast: step 1/8 sigma=0.5358800 1781.2 ms",), ("job", 12.5, 1, 8, "step", None, None, "")),
    ("colours", ("\x1b[32mstep 100/1000\x1b[0m",), ("job", 10.0, 100, 1000, "step", None, None, "")),
    ("glued redraws", ("  1%|   | 1/100 [00:01<01:39,  1.00it/s]  2%|   | 2/100 [00:02<01:38,  1.00it/s]",),
     ("job", 2.0, 2, 100, "it", 1.0, 98, "")),
    ("carriage returns", ("  1%|   | 1/100 [00:01<01:39,  1.00it/s]\r  3%|   | 3/100 [00:03<01:37,  1.00it/s]",),
     ("job", 3.0, 3, 100, "it", 1.0, 97, "")),
    ("percent", ("Upscaling progress: 45%",), ("job", 45.0, None, None, "%", None, None, "")),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_forms(lines: tuple[str, ...], expected: tuple[object, ...]) -> None:
    seen = reading(*lines)
    assert seen is not None
    percent = None if seen.fraction is None else round(seen.fraction * 100, 2)
    assert (seen.scope, percent) == expected[:2]
    figures = (seen.done, seen.total, seen.rate, seen.eta)
    wanted = (expected[2], expected[3], expected[5], expected[6])
    for figure, want in zip(figures, wanted, strict=True):
        assert figure == (want if want is None else pytest.approx(want, rel=0.02))
    assert (seen.unit, seen.phase) == (expected[4], expected[7])


@pytest.mark.parametrize(
    "decoy",
    [
        (
            "INFO 08-25 17:09:16 [loggers.py:123] Engine 000: Avg generation throughput: 33.4 tokens/s, "
            "Running: 0 reqs, Waiting: 0 reqs, GPU KV cache usage: 50.0%"
        ),
        "|  0%   45C    P8    97W / 350W | 22000MiB / 24564MiB |     97%      Default |",
        "2025-08-25 17:09:16 12/24/2025",
        'INFO: 10.0.0.1:80 - "GET /step/1/8 HTTP/1.1" 200',
        "version 2/3 of https://host/frame/1/2",
        "1/1",
        "Recovered........: 1/4 (25.00%) Digests",
        "step 3/0",
        "frame 9/2",
        "Progress: 250%",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "",
    ],
)
def test_decoys_are_no_progress(decoy: str) -> None:
    assert reading(decoy) is None


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("{'loss': 0.514, 'learning_rate': 2.8e-05, 'epoch': 1.31}",
         {"loss": "0.514", "learning_rate": "2.8e-05", "epoch": "1.31"}),
        ("{'loss': '0', 'grad_norm': tensor(0.3005), 'x': nan}", {"loss": "0", "grad_norm": "0.3005", "x": "nan"}),
    ],
)  # fmt: skip
def test_metrics_join_the_bar(line: str, metrics: dict[str, str]) -> None:
    assert reading(line) is None
    seen = reading(" 84%|████ | 320/380 [1:27:33<14:12, 14.21s/it]", line)
    assert seen is not None
    assert dict(seen.metrics) == metrics


def test_a_download_that_ends_is_not_the_job() -> None:
    done = "model.safetensors: 100%|██| 9.9G/9.9G [01:00<00:00, 160MB/s]"
    seen = reading(done)
    assert seen is not None
    assert (seen.scope, seen.phase) == ("side", "model.safetensors")
    job = reading(done, "step 3/1000", done)
    assert job is not None
    assert (job.scope, job.done) == ("job", 3)


def test_a_small_bar_does_not_push_a_large_one_aside_until_that_is_over() -> None:
    large = " 50%|██ | 500/1000 [08:20<08:20,  1.00it/s]"
    kept = reading(large, "tile 1/4")
    assert kept is not None
    assert kept.total == 1000
    over = reading("100%|██ | 1000/1000 [16:40<00:00,  1.00it/s]", "tile 1/4")
    assert over is not None
    assert over.total == 4


def test_the_rate_is_the_difference_of_two_bars_not_the_mean() -> None:
    seen = reading(" 10%|█ | 100/1000 [16:40<2:30:00,  9.00s/it]", " 16%|█ | 160/1000 [17:40<1:30:00,  6.60s/it]")
    assert seen is not None
    assert seen.rate == pytest.approx(1.0)
    assert seen.eta == pytest.approx(840)


def test_bars_without_a_clock_of_their_own_are_timed_by_arrival() -> None:
    now = [0.0]
    reader = ProgressReader(clock=lambda: now[0])
    for step in range(0, 50, 10):
        now[0] = step * 2.0
        reader.feed(f"step {step}/1000")
    assert reader.current is not None
    assert reader.current.rate == pytest.approx(0.5)
    assert reader.current.eta == pytest.approx(1920)
    assert reader.current.seen_at == 80.0
    now[0] = 500.0
    reader.feed("step 40/1000")
    assert reader.current.seen_at == 80.0, "a bar that does not move is stale"


def test_epoch_bars_count_for_all_epochs() -> None:
    seen = reading("Epoch 3/10", "Epoch 3/10:  50%|██ | 100/200 [00:50<00:50,  2.00it/s]")
    assert seen is not None
    assert seen.scope == "job"
    assert seen.fraction == pytest.approx(0.25)
    assert seen.eta == pytest.approx(50 + 7 * 100)


def test_a_bar_that_begins_anew_with_each_epoch_is_one_of_an_epoch() -> None:
    seen = reading(
        "Epoch 1/4",
        "100%|██ | 200/200 [01:40<00:00,  2.00it/s]",
        "Epoch 2/4",
        " 50%|██ | 100/200 [00:50<00:50,  2.00it/s]",
    )
    assert seen is not None
    assert seen.scope == "job"
    assert seen.fraction == pytest.approx(0.375)


@pytest.mark.parametrize(
    "piece", ["1/", "1/1 [", "100%|", "frame=1 fps=", "━", "step ", "[#1 ", "a=", "{'a': ", "%[", "1 (1.0%) "]
)
def test_huge_lines_cost_little(piece: str) -> None:
    reader = ProgressReader()
    huge = piece * (1_000_000 // len(piece))
    start = time.process_time()
    reader.feed(huge)
    assert time.process_time() - start < 2.0


def test_bars_that_came_in_one_reply_say_nothing_about_the_rate() -> None:
    now = [100.0]
    reader = ProgressReader(clock=lambda: now[0])
    for frame in range(1000, 1400):
        now[0] += 0.00001
        reader.feed(f"[Real-ESRGAN] Processing frame {frame}/9000")
    assert reader.current is not None
    assert reader.current.rate is None
    now[0] += 10
    for frame in range(1400, 1421):
        reader.feed(f"[Real-ESRGAN] Processing frame {frame}/9000")
    assert reader.current.rate == pytest.approx(2.1, rel=0.02)
