"""Real lines of every form give their fields, also glued to others and cut as a capture cuts; no decoy gives any."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vasttui.jobs.forms import read
from vasttui.jobs.progress import ProgressReader
from vasttui.jobs.reading import Reading
from vasttui.logs.clean import plain

BAR = "━" * 20
ESRGAN = "[Real-ESRGAN] Processing frame {}/100"
RIFE = "[batch_rife] RATE: processed={}/144 elapsed_s=0.4 inst_fps=12.00 avg_fps=13.01 ETA=00:00:10 reserved_MB=1200"
YOLO = "{}/300      5.64G      1.564     0.8106       0.85        162        640: "
CURL = "  0     0  8394k      0  0:00:44  0:00:{:02d}  0:00:{:02d} 11.1M"
BLENDER = (
    "Fra:{0} Mem:118.99M (Peak 118.99M) | Time:00:00.17 | Remaining:00:0{1}.48 | Mem:108.22M, Peak:108.22M "
    "| Scene, ViewLayer | Sample {2}/32"
)
NERF = "{} ({:.2f}%)       107.563 ms           {}           38.30 K"

# Fields: percent, done, total, unit, rate, elapsed, eta, metrics, phase; those left out are not told.
SAMPLES: dict[str, list[tuple[str, dict[str, object]]]] = {
    "kohya": [
        ("steps:   5%|▊               | 100/2000 [00:57<18:14,  1.74it/s, avr_loss=0.0725]",
         {"P": 5, "C": 100, "T": 2000, "U": "it", "R": 1.74, "E": 57, "L": 1094, "M": {"avr_loss": "0.0725"},
          "Ph": "steps"}),
        ("steps:  50%|████████        | 1000/2000 [09:57<09:14,  1.81it/s, avr_loss=nan]",
         {"P": 50, "C": 1000, "T": 2000, "U": "it", "R": 1.81, "E": 597, "L": 554, "M": {"avr_loss": "nan"},
          "Ph": "steps"}),
    ],
    "slow tqdm with signs of ASCII": [
        ("minimax-h3: 10%|#| 141/1350 [04:49<41:29, 2.62s/it, avr_loss=0.3441]",
         {"P": 10.444, "C": 141, "T": 1350, "U": "it", "R": 1 / 2.62, "E": 289, "L": 2489, "M": {"avr_loss": "0.3441"},
          "Ph": "minimax-h3"}),
    ],
    "caching": [
        ("caching latents: 100%|####| 686/686 [00:23<00:00, 29.13key/s]",
         {"P": 100, "C": 686, "T": 686, "U": "key", "R": 29.13, "E": 23, "L": 0, "Ph": "caching latents",
          "scope": "side"}),
        ("686/686 [00:23<00:00, 29.13key/s]",
         {"P": 100, "C": 686, "T": 686, "U": "key", "R": 29.13, "E": 23, "L": 0, "scope": "side"}),
    ],
    "tqdm without a total": [
        ("123it [00:10, 12.3it/s]", {"C": 123, "U": "it", "R": 12.3, "E": 10}),
        ("1.5kit [02:10, 12.3it/s]", {"C": 1500, "U": "it", "R": 12.3, "E": 130}),
    ],
    "tqdm without a rate": [
        ("  0%|          | 0/2 [00:05<?, ?it/s]", {"P": 0, "C": 0, "T": 2, "U": "it", "E": 5}),
    ],
    "tqdm bytes": [
        ("raw.safetensors:   7%|▋         | 1.95G/26.3G [15:11<2:37:06, 2.58MB/s]",
         {"P": 7.414, "C": 1.95e9, "T": 26.3e9, "U": "B", "R": 2.58e6, "E": 911, "L": 9426, "Ph": "raw.safetensors",
          "scope": "side"}),
        ("raw.safetensors:  27%|██▋       | 7.1G/26.3G [25:11<2:07:06, 2.58MB/s]",
         {"P": 26.996, "C": 7.1e9, "T": 26.3e9, "U": "B", "R": 2.58e6, "E": 1511, "L": 7626, "Ph": "raw.safetensors",
          "scope": "side"}),
    ],
    "HF trainer's facts": [
        ("{'loss': 0.514, 'grad_norm': 8.539349555969238, 'learning_rate': 2.824981844589688e-05, 'epoch': 1.31}",
         {"M": {"loss": "0.514", "grad_norm": "8.539349555969238", "learning_rate": "2.824981844589688e-05",
                "epoch": "1.31"}, "scope": "facts"}),
        ("{'loss': '0', 'grad_norm': tensor(0.3005), 'learning_rate': nan}",
         {"M": {"loss": "0", "grad_norm": "0.3005", "learning_rate": "nan"}, "scope": "facts"}),
    ],
    "HF trainer": [
        ((" 84%|████████▍ | 320/380 [1:27:33<14:12, 14.21s/it] {'loss': 0.0602, 'grad_norm': 1.818, "
          "'learning_rate': 4.97e-06, 'epoch': 4.21}"),
         {"P": 84.21, "C": 320, "T": 380, "U": "it", "R": 1 / 14.21, "E": 5253, "L": 852,
          "M": {"loss": "0.0602", "grad_norm": "1.818", "learning_rate": "4.97e-06", "epoch": "4.21"}}),
        (" 97%|█████████▋| 370/380 [1:39:33<02:22, 14.21s/it]",
         {"P": 97.368, "C": 370, "T": 380, "U": "it", "R": 1 / 14.21, "E": 5973, "L": 142}),
    ],
    "Lightning": [
        ("Epoch 0:   4%|▍         | 350/8000 [00:09<03:23, 37.56it/s, v_num=0]",
         {"P": 4.375, "C": 350, "T": 8000, "U": "it", "R": 37.56, "E": 9, "L": 203, "M": {"v_num": "0"},
          "Ph": "Epoch 0", "scope": "epoch"}),
        ("Epoch 9: 100%|███| 860/860 [00:05<00:00, 162.25it/s, v_num=1, train_loss_step=1.460]",
         {"P": 100, "C": 860, "T": 860, "U": "it", "R": 162.25, "E": 5, "L": 0,
          "M": {"v_num": "1", "train_loss_step": "1.460"}, "Ph": "Epoch 9", "scope": "epoch"}),
        ("Epoch 3:  50%|███  | 430/860 [00:05<00:05, 86.00it/s, v_num=a1b2c3, loss=0.5]",
         {"P": 50, "C": 430, "T": 860, "U": "it", "R": 86, "E": 5, "L": 5, "M": {"loss": "0.5"},
          "Ph": "Epoch 3", "scope": "epoch"}),
    ],
    "Lightning's end": [
        ("`Trainer.fit` stopped: `max_epochs=10` reached.", {"outer": (10, 10), "scope": "outer"}),
    ],
    "Keras": [
        (f"469/469 {BAR} 2s 4ms/step - accuracy: 0.8737 - loss: 0.4401",
         {"P": 100, "C": 469, "T": 469, "U": "step", "R": 250, "L": 0, "M": {"accuracy": "0.8737", "loss": "0.4401"},
          "scope": "epoch"}),
        (f"  5/469 {BAR} 1s 4ms/step - accuracy: 0.1 - loss: 2.4401",
         {"P": 1.066, "C": 5, "T": 469, "U": "step", "R": 250, "L": 1.856, "M": {"accuracy": "0.1", "loss": "2.4401"},
          "scope": "epoch"}),
    ],
    "Keras without its bar": [
        ("540/540 - 6s - 10ms/step - accuracy: 0.9412",
         {"P": 100, "C": 540, "T": 540, "U": "step", "R": 100, "L": 0, "M": {"accuracy": "0.9412"}, "scope": "epoch"}),
    ],
    "YOLO": [
        (YOLO.format(176) + "100%|██████████| 1618/1618 [05:16<00:00,  5.11it/s]",
         {"P": 100, "C": 1618, "T": 1618, "U": "it", "R": 5.11, "E": 316, "L": 0, "Ph": "epoch 176/300",
          "outer": (176, 300), "scope": "epoch"}),
        (YOLO.format(177) + " 50%|█████     | 809/1618 [02:38<02:38,  5.11it/s]",
         {"P": 50, "C": 809, "T": 1618, "U": "it", "R": 5.11, "E": 158, "L": 158, "Ph": "epoch 177/300",
          "outer": (177, 300), "scope": "epoch"}),
    ],
    "YOLO's own bar": [
        ("1/100      2.06G … 640: 100% ━━━━━━━━━━━━ 221/221 4.5it/s 49.5s",
         {"P": 100, "C": 221, "T": 221, "U": "it", "R": 4.5, "E": 49.5, "Ph": "epoch 1/100", "outer": (1, 100),
          "scope": "epoch"}),
        ("2/100      2.06G  1.1  2.2  3.3  44  640: 50% ━━━━━━╸───── 110/221 4.5it/s 24.4s<24.6s",
         {"P": 49.774, "C": 110, "T": 221, "U": "it", "R": 4.5, "E": 24.4, "L": 24.6, "Ph": "epoch 2/100",
          "outer": (2, 100), "scope": "epoch"}),
    ],
    "ai-toolkit": [
        ("myrender-v2:   0%|          | 1/600 [00:10<1:42:50, 10.30s/it, lr: 1.0e-04 loss: 6.468e-01]",
         {"P": 0.1667, "C": 1, "T": 600, "U": "it", "R": 1 / 10.3, "E": 10, "L": 6170,
          "M": {"lr": "1.0e-04", "loss": "6.468e-01"}, "Ph": "myrender-v2"}),
    ],
    "ai-toolkit's samples": [
        ("Generating Samples:  50%|#####     | 1/2 [00:59<00:59, 59.52s/it]",
         {"P": 50, "C": 1, "T": 2, "U": "it", "R": 1 / 59.52, "E": 59, "L": 59, "Ph": "Generating Samples",
          "scope": "side"}),
    ],
    "ffmpeg": [
        ("frame=  100 fps=25.0 q=20.0 Lsize=    200kB time=00:00:04.00 bitrate= 409.6kbits/s speed=1.00x",
         {"C": 4, "U": "s", "R": 1, "M": {"frame": "100", "fps": "25.0", "speed": "1.00x"}}),
        ("frame=   28 fps=7.6 q=-0.0 size=N/A time=00:00:27.00 bitrate=N/A speed=7.35x",
         {"C": 27, "U": "s", "R": 7.35, "M": {"frame": "28", "fps": "7.6", "speed": "7.35x"}}),
        ("frame=   28 fps=7.6 q=-0.0 size=N/A time=N/A bitrate=N/A speed=N/A",
         {"C": 28, "U": "frame", "R": 7.6, "M": {"frame": "28", "fps": "7.6", "speed": "N/A"}}),
        ("frame=   28 fps=7.6 q=-0.0 size=N/A time=27:00:00.50 bitrate=N/A speed=7.35x",
         {"C": 97200.5, "U": "s", "R": 7.35, "M": {"frame": "28", "fps": "7.6", "speed": "7.35x"}}),
    ],
    "ffmpeg's length": [("  Duration: 00:01:00.50, start: 0.0, bitrate: 1 kb/s", {"T": 60.5, "scope": "facts"})],
    "yt-dlp": [
        ("[download]  43.2% of   65.00MiB at    3.20MiB/s ETA 00:11",
         {"P": 43.2, "C": 29444014.08, "T": 68157440, "U": "B", "R": 3355443.2, "L": 11, "Ph": "download",
          "scope": "side"}),
        ("[download]   5.0% of ~ 2.00GiB at 512.00KiB/s ETA 1:02:03",
         {"P": 5, "C": 107374182.4, "T": 2**31, "U": "B", "R": 524288, "L": 3723, "Ph": "download", "scope": "side"}),
        ("[download] 100% of 100.00MiB in 01:23",
         {"P": 100, "C": 104857600, "T": 104857600, "U": "B", "Ph": "download", "scope": "side"}),
    ],
    "yt-dlp's items": [("[download] Downloading item 2 of 5", {"outer": (2, 5), "scope": "facts"})],
    "wget": [
        ("yolov3.weights       100%[====================>] 236.52M  2.65MB/s    in 89s",
         {"P": 100, "C": 236.52e6, "T": 236.52e6, "U": "B", "R": 2.65e6, "Ph": "download yolov3.weights",
          "scope": "side"}),
        ("yolov3.weights       43%[====> ] 101.70M", {"P": 43, "C": 101.7e6, "T": 101.7e6 / 0.43, "U": "B",
                                                     "Ph": "download yolov3.weights", "scope": "side"}),
    ],
    "curl": [
        ("100  368M  100  368M    0     0  8394k      0  0:00:44  0:00:44 --:--:-- 11.1M",
         {"P": 100, "C": 368e6, "T": 368e6, "U": "B", "R": 11.1e6, "E": 44, "L": 0, "Ph": "download",
          "scope": "side"}),
        (" 45  368M   45  166M  " + CURL.format(10, 34),
         {"P": 45, "C": 166e6, "T": 368e6, "U": "B", "R": 11.1e6, "E": 10, "L": 34, "Ph": "download",
          "scope": "side"}),
    ],
    "aria2": [
        ("[#bb8141 1.7MiB/113MiB(1%) CN:16 DL:2.7MiB ETA:41s]",
         {"P": 1, "C": 1.7 * 2**20, "T": 113 * 2**20, "U": "B", "R": 2.7 * 2**20, "L": 41, "Ph": "download",
          "scope": "side"}),
        ("[#bb8141 56MiB/113MiB(49%) CN:16 DL:2.7MiB ETA:1m24s]",
         {"P": 49, "C": 56 * 2**20, "T": 113 * 2**20, "U": "B", "R": 2.7 * 2**20, "L": 84, "Ph": "download",
          "scope": "side"}),
    ],
    "pip": [
        ("━━━━━━━━━━━━ 1.2/1.2 MB 66.8 MB/s eta 0:00:00",
         {"P": 100, "C": 1.2e6, "T": 1.2e6, "U": "B", "R": 66.8e6, "L": 0, "Ph": "pip download", "scope": "side"}),
        ("━━━━━━╸━━━━━ 0.6/1.2 MB 66.8 MB/s eta 0:00:01",
         {"P": 50, "C": 0.6e6, "T": 1.2e6, "U": "B", "R": 66.8e6, "L": 1, "Ph": "pip download", "scope": "side"}),
    ],
    "apt": [
        (line, {"Ph": "installing packages", "scope": "facts"})
        for line in ("Reading package lists...", "Hit:1 https://developer.download.nvidia.com/compute/cuda InRelease",
                     "Get:2 http://archive.ubuntu.com/ubuntu jammy/main amd64 tmux [429 kB]",
                     "Unpacking tmux (3.2a-4) ...", "Setting up tmux (3.2a-4) ...")
    ],
    "docker": [
        ("f2ecc74db11a: Downloading [=======>      ]  96.15MB/192.3MB",
         {"P": 30, "U": "layer", "M": {"layer": "f2ecc74db11a"}, "Ph": "pulling the image", "scope": "side"}),
        ("f2ecc74db11a: Extracting [=======>      ]  96.15MB/192.3MB",
         {"P": 80, "U": "layer", "M": {"layer": "f2ecc74db11a"}, "Ph": "pulling the image", "scope": "side"}),
        ("2025-12-01 15:22:05 UTC: 0a1b2c3d4e5f: Pull complete",
         {"P": 100, "U": "layer", "M": {"layer": "0a1b2c3d4e5f"}, "Ph": "pulling the image", "scope": "side"}),
    ],
    "git": [
        ("Receiving objects:  45% (556/1234), 1.20 MiB | 2.00 MiB/s",
         {"P": 45, "C": 556, "T": 1234, "U": "object", "M": {"speed": "2.00 MiB/s"}, "Ph": "receiving objects",
          "scope": "side"}),
        ("Resolving deltas: 100% (300/300), done.",
         {"P": 100, "C": 300, "T": 300, "U": "object", "Ph": "resolving deltas", "scope": "side"}),
        ("Filtering content:  50% (2/4), 1.20 GiB | 20.00 MiB/s",
         {"P": 50, "C": 2, "T": 4, "U": "object", "M": {"speed": "20.00 MiB/s"}, "Ph": "filtering content",
          "scope": "side"}),
    ],
    "rsync": [
        ("1,234,567,890  45%  110.21MB/s    0:00:10 (xfr#1, to-chk=3/5)",
         {"P": 45, "C": 1234567890, "T": 1234567890 / 0.45, "U": "B", "R": 110.21e6, "L": 10,
          "M": {"files left": "3/5"}, "Ph": "rsync", "scope": "side"}),
        ("  2,469,135,780  90%  110.21MB/s    0:00:02",
         {"P": 90, "C": 2469135780, "T": 2469135780 / 0.9, "U": "B", "R": 110.21e6, "L": 2, "Ph": "rsync",
          "scope": "side"}),
    ],
    "ComfyUI": [
        (" 50%|#####| 20/40 [00:03<00:03]", {"P": 50, "C": 20, "T": 40, "U": "it", "E": 3, "L": 3}),
    ],
    "ComfyUI's prompt": [("got prompt", {"Ph": "prompt", "scope": "facts"})],
    "vLLM": [
        ("Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:01<00:01,  1.14s/it]",
         {"P": 50, "C": 1, "T": 2, "U": "it", "R": 1 / 1.14, "E": 1, "L": 1,
          "Ph": "Loading safetensors checkpoint shards", "scope": "side"}),
    ],
    "Blender": [
        (BLENDER.format(1, 4, 1),
         {"P": 3.125, "C": 1, "T": 32, "U": "sample", "L": 4.48, "Ph": "frame 1", "scope": "epoch"}),
        (BLENDER.format(2, 2, 16),
         {"P": 50, "C": 16, "T": 32, "U": "sample", "L": 2.48, "Ph": "frame 2", "scope": "epoch"}),
    ],
    "Blender 5": [
        ("00:00.100  render           | Fra: 0 | Mem: 2303M | Sample 1/128",
         {"P": 0.781, "C": 1, "T": 128, "U": "sample", "Ph": "frame 0", "scope": "epoch"}),
    ],
    "nerfstudio": [
        (NERF.format(7710, 25.7, "39 m, 57 s"),
         {"P": 25.7, "C": 7710, "T": 30000, "U": "step", "R": 1 / 0.107563, "L": 2397, "Ph": "training"}),
        (NERF.format(9000, 30, "2 d, 11 h, 44 m, 33 s"),
         {"P": 30, "C": 9000, "T": 30000, "U": "step", "R": 1 / 0.107563, "L": 215073, "Ph": "training"}),
    ],
    "hashcat": [
        ("Progress.........: 150000/14344384 (1.05%)",
         {"P": 1.0457, "C": 150000, "T": 14344384, "U": "hash", "Ph": "cracking"}),
    ],
    "hashcat's time": [
        ("Time.Estimated...: Sun Jan  5 12:00:00 2025 (45 secs)", {"L": 45, "scope": "facts"}),
    ],
    "hashcat's speed": [("Speed.#1.........:  5000.0 kH/s (7.50ms) @ Accel:32", {"R": 5e6, "scope": "facts"})],
    "RIFE pairs": [
        ("[batch_rife] Batch-runner: pair 1/144 done (1 mids)",
         {"P": 0.694, "C": 1, "T": 144, "U": "pair", "Ph": "batch_rife"}),
        ("[batch_rife] Batch-runner: pair 72/144 done (1 mids)",
         {"P": 50, "C": 72, "T": 144, "U": "pair", "Ph": "batch_rife"}),
    ],
    "RIFE": [
        ("[batch_rife] RATE: processed=5/144 avg_fps=13.01 ETA=00:00:10",
         {"P": 3.472, "C": 5, "T": 144, "U": "pair", "R": 13.01, "L": 10, "M": {"fps": "13.01"}, "Ph": "batch_rife"}),
        (RIFE.format(72),
         {"P": 50, "C": 72, "T": 144, "U": "pair", "R": 13.01, "L": 10, "M": {"fps": "13.01"}, "Ph": "batch_rife"}),
    ],
    "Real-ESRGAN": [
        (ESRGAN.format(1), {"P": 1, "C": 1, "T": 100, "U": "frame", "Ph": "Real-ESRGAN"}),
        (ESRGAN.format(99), {"P": 99, "C": 99, "T": 100, "U": "frame", "Ph": "Real-ESRGAN"}),
    ],
    "frames done": [
        ("✅ Completed 100 frames in 8.0s (12.5 fps)",
         {"P": 100, "C": 100, "T": 100, "U": "frame", "R": 12.5, "E": 8, "L": 0, "M": {"fps": "12.5"}}),
    ],
    "epochs": [
        ("epoch 1/10", {"outer": (1, 10), "Ph": "epoch 1/10", "scope": "outer"}),
        ("Epoch 3/10", {"outer": (3, 10), "Ph": "epoch 3/10", "scope": "outer"}),
    ],
    "steps": [
        ("step 100/1000", {"P": 10, "C": 100, "T": 1000, "U": "step"}),
        ("step 300/1000", {"P": 30, "C": 300, "T": 1000, "U": "step"}),
    ],
    "steps with a sigma": [
        ("fast: step 1/8 sigma=0.5358800 1781.2 ms",
         {"P": 12.5, "C": 1, "T": 8, "U": "step", "M": {"sigma": "0.5358800"}}),
        ("fast: step 6/8 sigma=0.1 1781.2 ms", {"P": 75, "C": 6, "T": 8, "U": "step", "M": {"sigma": "0.1"}}),
    ],
    "the only tile": [("tile 1/1", {"P": 100, "C": 1, "T": 1, "U": "tile", "scope": "side"})],
    "a bare step": [
        ("Step 100, Loss = 0.25", {"C": 100, "U": "step", "M": {"Loss": "0.25"}}),
    ],
    "percent": [
        ("Upscaling progress: 45%", {"P": 45, "U": "%"}),
        ("72.5% complete", {"P": 72.5, "U": "%"}),
    ],
}  # fmt: skip

DECOYS = (
    (
        "INFO 08-25 17:09:16 [loggers.py:123] Engine 000: Avg prompt throughput: 1.2 tokens/s, Avg generation "
        "throughput: 33.4 tokens/s, Running: 0 reqs, Waiting: 0 reqs, GPU KV cache usage: 50.0%, Prefix cache hit "
        "rate: 12.5%"
    ),
    "| 30%   45C    P8    97W / 350W | 22000MiB / 24564MiB |     97%      Default |",
    "97%",
    "22000MiB / 24564MiB",
    (
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
        "NVIDIA driver is installed and running."
    ),
    "2025-08-25 17:09:16 12/24/2025",
    "Mon Dec  1 15:22:05 UTC 2025",
    "image of 12/24/2025 found",
    "frame 12/24/2025",
    'INFO: 10.0.0.1:80 - "GET /step/1/8 HTTP/1.1" 200',
    '10.0.0.1 - "GET /view?progress=45%&step=3 HTTP/1.1" 200 OK',
    "version 2/3 of https://host/frame/1/2",
    "https://host/epoch/3/10",
    "https://host/view?progress=45%",
    "https://host/view?a=1&step=3/10",
    "see https://host/a?step=3/10.5",
    "10.0.0.0/24 via 192.168.1.1/16",
    "step 10.0.0.1/24",
    "1/1",
    "2/3",
    "libfoo 2/3 is newer than 1/3",
    "Recovered........: 1/4 (25.00%) Digests",
    "Recovered........: 1/4 (25.00%) Digests, 0/1 (0.00%) Salts",
    "step 3/0",
    "frame 9/2",
    "Progress: 250%",
    "Prompt executed in 91.40 seconds",
    "50 epochs completed in 1.2 hours.",
    "Status...........: Running",
    "Saved: '/out/0001.png'",
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current",
    "Welcome to vast.ai. If authentication fails, try again after a few seconds, and double check your ssh key.",
    "INFO:     Application startup complete.",
    '{"logger": "cog.server.probes", "timestamp": "2024-10-22T17:36:06", "severity": "INFO"}',
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 750.00 MiB. GPU 0 has a total capacity of 14.57 GiB",
    "git is already the newest version (1:2.34.1-1ubuntu1.11).",
    "",
)


def fields(reading: Reading | None) -> dict[str, object]:
    """What a reading tells, by the letters of the table above; what it does not tell is left out."""
    assert reading is not None
    percent = None if reading.fraction is None else reading.fraction * 100
    told = {
        "P": percent, "C": reading.done, "T": reading.total, "U": reading.unit or None, "R": reading.rate,
        "E": reading.elapsed, "L": reading.eta, "M": dict(reading.metrics) or None, "Ph": reading.phase or None,
        "outer": reading.outer, "scope": None if reading.scope == "job" else reading.scope,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def expect(reading: Reading | None, wanted: dict[str, object]) -> None:
    got = fields(reading)
    assert got.keys() == wanted.keys()
    expect_of(got, wanted)


def expect_of(got: dict[str, object], wanted: dict[str, object]) -> None:
    for name, value in wanted.items():
        assert got[name] == (pytest.approx(value, rel=1e-3) if isinstance(value, int | float) else value), name


ALL = [(form, line, wanted) for form, samples in SAMPLES.items() for line, wanted in samples]


@pytest.mark.parametrize(("form", "line", "wanted"), ALL, ids=[f"{form} {n}" for n, (form, _, _) in enumerate(ALL)])
def test_a_real_line_gives_its_fields(form: str, line: str, wanted: dict[str, object]) -> None:
    expect(read(plain(line)), wanted)
    expect(read(plain(f"\x1b[2K\x1b[32m{line}\x1b[0m")), wanted)


LINES_OF_THEIR_OWN = {"apt", "ComfyUI's prompt", "ffmpeg's length", "Blender 5"}
"""Forms that are never redrawn, and are known by the beginning of their line or cannot be told from what is before."""

REDRAWN = sorted(SAMPLES.keys() - LINES_OF_THEIR_OWN)


@settings(deadline=None)
@given(st.sampled_from(REDRAWN), st.data())
def test_of_redraws_glued_without_anything_between_the_last_counts(form: str, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(st.sampled_from(SAMPLES[form]), min_size=1, max_size=8))
    expect(read("".join(line for line, _ in drawn)), drawn[-1][1])


@settings(deadline=None)
@given(st.sampled_from(REDRAWN), st.sampled_from(["Loading the model...", "got [a] (b) {c}: ", "100%"]), st.data())
def test_what_another_writer_wrote_before_does_not_matter(form: str, other: str, data: st.DataObject) -> None:
    line, wanted = data.draw(st.sampled_from(SAMPLES[form]))
    got = fields(read(f"{other} {line}"))
    # What a bar is called, and is for, cannot be told from what is before it on the line.
    expect_of(got, {name: value for name, value in wanted.items() if name not in ("Ph", "scope")})


ALONE = sorted(set(REDRAWN) - {"docker"})
"""Forms of which the last drawing tells all; the layers of an image add up over all lines."""


def told(reader: ProgressReader) -> object:
    """What a reader shows, without what depends on when it was shown what."""
    now = reader.current
    return now and (now.fraction, now.done, now.total, now.unit, now.phase, now.scope)


@settings(deadline=None)
@given(st.sampled_from(ALONE), st.sampled_from(["\r", "", "\r\x1b[K", "\x08\x08\x08\x08"]), st.data())
def test_a_line_that_grows_as_a_capture_cuts_it_ends_as_if_it_had_come_whole(
    form: str, glue: str, data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.sampled_from(SAMPLES[form]), min_size=1, max_size=5))
    line = glue.join(text for text, _ in drawn)
    cuts = data.draw(st.lists(st.integers(1, len(line) - 1), max_size=12).map(sorted))
    whole, cut = ProgressReader(lambda: 0.0), ProgressReader(lambda: 0.0)
    shown = [0.0]
    for text, _ in drawn:
        alone = ProgressReader(lambda: 0.0)
        alone.feed(text)
        shown.append((alone.current and alone.current.fraction) or 0.0)
    for end in cuts:
        cut.feed(line[:end], live=True)
        seen = cut.current
        assert seen is None or (seen.fraction or 0.0) <= max(shown) + 1e-9, "half a number is no figure"
    whole.feed(line)
    cut.feed(line)
    if len({(sample.get("T"), sample.get("Ph"), sample.get("U")) for _, sample in drawn}) == 1:
        # Of several bars the larger one may stay the job's, and only what came in pieces showed it.
        assert told(cut) == told(whole)


@settings(deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_lines_torn_to_pieces_leave_the_last_whole_one(form: str, data: st.DataObject) -> None:
    torn = data.draw(st.lists(st.sampled_from(ALL).map(lambda sample: sample[1]), max_size=4))
    line, wanted = data.draw(st.sampled_from(SAMPLES[form]))
    reader = ProgressReader(lambda: 0.0)
    for text in torn:
        ends = data.draw(st.lists(st.integers(0, len(text)), max_size=3).map(lambda cuts: [0, *sorted(cuts)]))
        for start, end in pairwise([*ends, len(text)]):
            reader.feed(text[start:end])
    reader.feed(line)
    seen = reader.current
    assert seen is None or seen.fraction is None or 0.0 <= seen.fraction <= 1.0
    expect(read(plain(line)), wanted)


@pytest.mark.parametrize("decoy", DECOYS)
def test_a_decoy_is_no_progress(decoy: str) -> None:
    assert read(decoy) is None
    assert read(plain(f"\x1b[1m{decoy}\x1b[0m")) is None


@given(st.lists(st.sampled_from(DECOYS), min_size=2, max_size=4), st.sampled_from([" ", "\r", " | "]), st.data())
def test_decoys_glued_and_cut_are_none_either(decoys: list[str], glue: str, data: st.DataObject) -> None:
    line = glue.join(decoys)
    reader = ProgressReader()
    reader.feed(line)
    reader.feed(line[: data.draw(st.integers(0, len(line)))], live=True)
    assert reader.current is None


PIECES = st.sampled_from(
    ["9" * 30, "9" * 400, "1" * 12, "٣", "²", "1/2", "0/0", " [", "00:01<00:02, 3it/s]", "%|", "step ", "Epoch ", "\r",
     "frame=1 fps=1.2.3 ", " time=1:2 ", " speed=1e+ex", "━━━━━ ", "4ms/step", "% (", ")", "loss=nan", "loss=1e999",
     ": Extracting [=> ] ", "MB/", "[download] ", "% of 1.2.3MiB", "\x1b[31m", "::vasttui ", "progress=", "step=", ".",
     "-", "inf", " eta ", "B/s", "GPU_mem Epoch ", "processed=1/2 avg_fps=1.2.3 ETA=1:00", "Progress...: 1/0 (",
     "Speed.#1.: 1.2.3 kH/s", "Fra:1 Sample 1/0", " d, "]
) | st.sampled_from([line for _, line, _ in ALL]) | st.text(max_size=8)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=8))
def test_no_line_breaks_the_reader_and_its_figures_stay_figures(lines: list[str]) -> None:
    reader = ProgressReader(lambda: 0.0)
    for line in lines:
        reader.feed(line)
        seen = reader.current
        if seen is not None:
            figures = [value for value in (seen.done, seen.total, seen.rate, seen.eta) if value is not None]
            assert all(math.isfinite(value) and value >= 0 for value in figures)
            assert seen.fraction is None or 0.0 <= seen.fraction <= 1.0
    assert all(math.isfinite(value) for values in reader.series.values() for value in values)
