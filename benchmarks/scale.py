"""Measure how fast and in how much memory files of comments are scored.

Needs ``pip install -e '.[fast,tables,big]'``. ``python benchmarks/scale.py`` takes the
parts that it is given by name and writes them into ``results/scale.json``:

- ``memory``: comments from CSV to CSV in memory, one core; with
  ``--against FOLDER``, a checkout of an earlier commit, in turn with that one;
- ``sizes``: files of growing size in parts, with one and two processes;
- ``kills``: ten runs are killed at random moments; what the last one writes must be
  what one that was left alone writes, byte for byte.

Comments are mixed from the corpus as `speed_texts.py` says, 300,000 different ones;
half of them are replies, whose parents stand anywhere in the file. Times are those of
the processor, which others on the machine disturb less.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "scale.json"
sys.path.insert(0, str(HERE))
from speed_texts import Mixer, read_words

ROWS = 300_000
PER_ARTICLE = 100
MEAN_LENGTH = 170
ROUNDS = 2
SIZES = (10_000, 100_000, 1_000_000)
KILLS = 10

IN_MEMORY = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd, stancekit
source, target, model = sys.argv[1:]
model = stancekit.load_model(model)
stancekit.predict_comments(["Ja"], model)  # compiles what has to be
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
times, before = [time.process_time()], peak()
table = stancekit.read_comments(source); times.append(time.process_time())
scored = stancekit.predict_comments(table, model); times.append(time.process_time())
stancekit.write_comments(scored, target, force=True); times.append(time.process_time())
used = peak() - before
pd.read_csv(source, dtype=str); times.append(time.process_time())
steps = ("read", "predict", "write", "pandas")
found = {name: b - a for name, a, b in zip(steps, times, times[1:])}
print(json.dumps(found | {"bytes": used}))
"""
IN_PARTS = """
import sys, warnings
warnings.simplefilter("ignore")
from stancekit.scoring import score_file
source, target, model, jobs, rows = sys.argv[1:]
score_file(source, target, model, n_jobs=int(jobs), chunk_rows=int(rows), force=True)
"""


def make_table(n: int) -> pd.DataFrame:
    """Return comments in random order, with articles, authors and replies."""
    rng = np.random.default_rng(0)
    mixer = Mixer(read_words(HERE.parent / "data" / "comments.csv"), 0)
    texts = np.array(mixer.texts(min(n, ROWS), MEAN_LENGTH).texts, dtype=object)
    row = np.arange(n)
    parent = row - rng.integers(1, 20, n)
    # Half are replies, to a comment before them under the same article.
    is_reply = (rng.random(n) < 0.5) & (parent // PER_ARTICLE == row // PER_ARTICLE)
    at = pd.Timestamp("2023-01-01") + pd.to_timedelta(row, unit="s")
    table = pd.DataFrame(
        {
            "comment_id": pd.Series(row).map("c{}".format),
            "parent_id": pd.Series(parent).map("c{}".format).where(is_reply),
            "article_id": pd.Series(row // PER_ARTICLE).map("a{}".format),
            "author": pd.Series(rng.integers(0, n // 10 + 1, n)).map("Name {}".format),
            "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "likes": rng.integers(0, 50, n),
            "text": texts[rng.integers(0, len(texts), n)] if n > ROWS else texts,
        }
    )
    return table.sample(frac=1, random_state=0)


def run(code: str, *arguments: object, checkout: Path = HERE.parent) -> tuple:
    """Run code in a process of its own; return its output, seconds and peak bytes."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    # From within, as Python looks for packages where it is before all else.
    found = subprocess.run(
        command,
        cwd=checkout,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    wall = time.perf_counter() - began
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    return found.stdout, {"processor": used, "wall": wall}, end.ru_maxrss * 1024


def save_bundled(folder: Path) -> Path:
    """Save the bundled model, which each checkout can load."""
    from stancekit import save_model
    from stancekit.datasets import default_model

    path = folder / "model.stance"
    save_model(default_model(), path)
    return path


def in_memory(folder: Path, model: Path, against: Path | None, rows: int) -> dict:
    """Score comments in memory, in turn with an earlier commit."""
    source = folder / "comments.csv"
    make_table(rows).to_csv(source, index=False)
    checkouts = {"now": HERE.parent} | ({"before": against} if against else {})
    found: dict[str, list] = {name: [] for name in checkouts}
    for _ in range(ROUNDS):
        for name, checkout in checkouts.items():
            target = folder / f"{name}.csv"
            said, *_ = run(IN_MEMORY, source, target, model, checkout=checkout)
            found[name].append(json.loads(said))
    best = {name: pd.DataFrame(runs).min() for name, runs in found.items()}
    totals = {name: b[["read", "predict", "write"]].sum() for name, b in best.items()}
    summary = {
        "rows": rows,
        "file_bytes": source.stat().st_size,
        "rows_per_second": {name: rows / total for name, total in totals.items()},
        "reading_over_pandas": best["now"]["read"] / best["now"]["pandas"],
        "memory_over_file": best["now"]["bytes"] / source.stat().st_size,
        "runs": found,
    }
    if against:
        outputs = [(folder / f"{name}.csv").read_bytes() for name in checkouts]
        summary["speedup"] = totals["before"] / totals["now"]
        summary["same_output"] = outputs[0] == outputs[1]
    return summary


def sizes(folder: Path, model: Path, largest: int) -> list[dict]:
    """Score files of growing size in parts."""
    found = []
    for n in [size for size in SIZES if size < largest] + [largest]:
        source = folder / "comments.parquet"
        make_table(n).to_parquet(source, index=False)
        for jobs in (1, 2):
            _, seconds, peak = run(
                IN_PARTS, source, folder / "out.parquet", model, jobs, 100_000
            )
            found.append(
                {"rows": n, "jobs": jobs, "seconds": seconds, "peak_bytes": peak}
                | {"rows_per_second": n / seconds["processor"]}
            )
            print(found[-1], flush=True)
    return found


def kills(folder: Path, model: Path, rows: int = 50_000) -> dict:
    """Kill runs at random moments, then let one end."""
    source = folder / "comments.csv"
    make_table(rows).to_csv(source, index=False)
    alone, target = folder / "alone.csv", folder / "killed.csv"
    arguments = (1, 2_000)
    _, seconds, _ = run(IN_PARTS, source, alone, model, *arguments)
    chance = random.Random(0)
    moments = []
    command = [sys.executable, "-c", IN_PARTS, source, target, model]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}
    for _ in range(KILLS):
        process = subprocess.Popen([*command, *map(str, arguments)], env=environment)
        parts = Path(f"{target}.parts")
        # Loading is the longest; what matters begins when the folder is there.
        while not (parts / "journal.json").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, seconds["wall"] / 4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        moments.append(sorted(path.name for path in parts.glob("*"))[-1:])
    run(IN_PARTS, source, target, model, *arguments)
    equal = alone.read_bytes() == target.read_bytes()
    return {"rows": rows, "kills": KILLS, "equal": equal, "newest_file": moments}


def main() -> None:
    """Measure what is named and keep the rest of the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=["memory", "sizes", "kills"])
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS, help="of memory")
    parser.add_argument("--largest", type=int, default=5_000_000, help="of sizes")
    parser.add_argument("--model", type=Path, help="by default the bundled one")
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = arguments.model or save_bundled(folder)
        if "memory" in arguments.parts:
            results["memory"] = in_memory(
                folder, model, arguments.against, arguments.rows
            )
        if "sizes" in arguments.parts:
            results["sizes"] = sizes(folder, model, arguments.largest)
        if "kills" in arguments.parts:
            results["kills"] = kills(folder, model)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
