"""Print the peak memory of scoring a column of texts, above the texts and the model.

Run by `speed.py` with the paths of a model and of a Parquet file. Linux only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import stancekit

STATUS = Path("/proc/self/status")


def megabytes(field: str) -> float:
    """Return a field of the process's status."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(field))
    return int(line.split()[1]) / 1000


def peak(work: Callable[[], Any]) -> float:
    """Return how far memory rises above what was there before."""
    before = megabytes("VmRSS")
    # Writing 5 starts the peak anew.
    Path("/proc/self/clear_refs").write_text("5")
    work()
    return round(megabytes("VmHWM") - before, 1)


def main() -> None:
    """Measure the kernel alone, then the whole table."""
    model = stancekit.load_model(sys.argv[1])
    table = pd.read_parquet(sys.argv[2])
    # Compiles, and allocates what is kept from then on.
    stancekit.predict_comments(table[:2000], model)
    scorer = model.scorer_.views["own"]
    found = {
        "comments": len(table),
        "texts_megabytes": round(table["text"].str.len().sum() / 1e6, 1),
        "kernel_megabytes": peak(lambda: scorer.score(table["text"])),
        "table_megabytes": peak(lambda: stancekit.predict_comments(table, model)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
