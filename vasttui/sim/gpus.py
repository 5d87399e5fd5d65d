"""What there is to rent: GPU models with plausible figures, places and processors.

Figures are round, public data-sheet values; prices are typical of a community market and mean nothing more.
"""

from __future__ import annotations

from typing import NamedTuple


class Gpu(NamedTuple):
    """One model. `ram` MB, `price` $/h for one GPU, `tflops` TFLOPS, `bandwidth` GB/s, `power` W."""

    name: str
    weight: int
    ram: int
    price: float
    dlperf: float
    tflops: float
    bandwidth: float
    compute_cap: int
    power: int
    datacenter: bool = False


GPUS = (
    Gpu("RTX 4090", 24, 24564, 0.36, 97.0, 82.6, 1008.0, 890, 450),
    Gpu("RTX 3090", 15, 24576, 0.19, 42.5, 35.6, 936.0, 860, 350),
    Gpu("RTX 5090", 12, 32607, 0.52, 168.0, 104.8, 1792.0, 1200, 575),
    Gpu("RTX A6000", 5, 49140, 0.44, 44.0, 38.7, 768.0, 860, 300),
    Gpu("A100 SXM4", 5, 81920, 0.92, 78.0, 19.5, 2039.0, 800, 400, True),
    Gpu("A100 PCIE", 4, 81920, 0.81, 71.0, 19.5, 1935.0, 800, 300, True),
    Gpu("H100 SXM", 5, 81559, 2.05, 212.0, 67.0, 3350.0, 900, 700, True),
    Gpu("H100_SXM", 1, 81559, 2.11, 209.0, 67.0, 3350.0, 900, 700, True),
    Gpu("H100 NVL", 2, 95830, 1.93, 195.0, 60.0, 3938.0, 900, 400, True),
    Gpu("H200", 2, 143771, 2.69, 236.0, 67.0, 4800.0, 900, 700, True),
    Gpu("B200", 1, 183359, 4.21, 391.0, 80.0, 8000.0, 1000, 1000, True),
    Gpu("L40S", 4, 46068, 0.62, 79.0, 91.6, 864.0, 890, 350, True),
    Gpu("RTX 6000Ada", 3, 49140, 0.71, 86.0, 91.1, 960.0, 890, 300),
    Gpu("RTX PRO 6000 WS", 3, 97887, 1.02, 188.0, 125.0, 1792.0, 1200, 600),
    Gpu("RTX PRO 6000 S", 2, 97887, 0.97, 181.0, 120.0, 1597.0, 1200, 600, True),
    Gpu("RTX PRO 4000", 1, 24467, 0.28, 74.0, 46.9, 672.0, 1200, 140),
    Gpu("RTX 4090D", 3, 24564, 0.31, 84.0, 73.5, 1008.0, 890, 425),
    Gpu("RTX 4080S", 4, 16376, 0.22, 62.0, 52.2, 736.0, 890, 320),
    Gpu("RTX 4070 Ti", 4, 12282, 0.15, 46.0, 40.1, 504.0, 890, 285),
    Gpu("RTX 3080", 4, 10240, 0.12, 31.0, 29.8, 760.0, 860, 320),
    Gpu("RTX 3060", 5, 12288, 0.07, 13.4, 12.7, 360.0, 860, 170),
    Gpu("RTX A5000", 3, 24564, 0.22, 31.0, 27.8, 768.0, 860, 230),
    Gpu("RTX A4000", 3, 16376, 0.12, 21.0, 19.2, 448.0, 860, 140),
    Gpu("RTX 2080 Ti", 3, 11264, 0.09, 17.8, 13.4, 616.0, 750, 260),
    Gpu("Tesla V100", 2, 32768, 0.24, 22.0, 14.1, 900.0, 700, 300, True),
    Gpu("Tesla T4", 2, 15360, 0.11, 9.0, 8.1, 320.0, 750, 70, True),
    Gpu("GTX 1080 Ti", 2, 11264, 0.06, 8.9, 11.3, 484.0, 610, 250),
    Gpu("GTX TITAN X", 1, 12288, 0.05, 5.1, 6.7, 336.0, 520, 250),
)

# Every shape that has been seen: no region, no country, both, blank region, Canada after its province.
PLACES = (
    ("Utah, US", 9),
    ("California, US", 8),
    ("Texas, US", 7),
    ("New Jersey, US", 4),
    ("US", 3),
    (", US", 2),
    ("Ontario, CA", 3),
    ("Quebec, CA", 4),
    ("Norway, NO", 4),
    ("Norway", 1),
    ("Sweden, SE", 5),
    ("Czechia, CZ", 6),
    ("Poland, PL", 5),
    ("Germany, DE", 5),
    ("France, FR", 3),
    ("United Kingdom, GB", 4),
    ("Spain, ES", 3),
    ("Bulgaria, BG", 3),
    ("Iceland, IS", 3),
    ("Hungary, HU", 2),
    ("Taiwan, TW", 5),
    ("Japan, JP", 3),
    ("South Korea, KR", 3),
    ("Vietnam, VN", 3),
    ("Guangxi, CN", 2),
    (", CN", 2),
    ("India, IN", 2),
    ("Brazil, BR", 1),
    ("Australia, AU", 2),
    ("Ukraine, UA", 2),
)

CPUS = (
    ("AMD EPYC 7763 64-Core Processor", 128, 2.4),
    ("AMD EPYC 7542 32-Core Processor", 64, 2.9),
    ("AMD Ryzen Threadripper 3970X 32-Core", 64, 3.7),
    ("AMD Ryzen 9 7950X 16-Core Processor", 32, 4.5),
    ("AMD EPYC 9354 32-Core Processor", 64, 3.2),
    ("Xeon® E5-2680 v4", 56, 2.4),
    ("Xeon® Gold 6230", 80, 2.1),
    ("Core™ i9-13900K", 32, 5.4),
    ("AMD EPYC 7B13 64-Core Processor", 128, 2.2),
)

DISKS = (
    "Samsung SSD 990 PRO 4TB",
    "WD_BLACK SN850X 2000GB",
    "KINGSTON SKC3000D",
    "SAMSUNG MZQL27T6HBLA",
    "nvme",
)
BOARDS = ("ROME2D32GM-2T", "H12SSL-i", "X399 AORUS PRO", "ROG STRIX X670E-E", "KRPA-U16", "B550M Pro4", None)
DRIVERS = (
    ("550.90.07", 550090007, 12.4),
    ("560.35.03", 560035003, 12.6),
    ("570.133.20", 570133020, 12.8),
    ("575.57.08", 575057008, 12.9),
    ("535.183.01", 535183001, 12.2),
    ("580.82.07", 580082007, 13.0),
)
