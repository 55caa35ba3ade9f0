"""Measure how fast and in how much memory files of comments are scored.

Needs ``pip install -e '.[fast,tables,big]'``, for ``clusters`` also the extras dask
and spark. ``python benchmarks/scale.py`` takes the parts that it is given by name and
writes them into ``results/scale.json``, and a table of them into ``results/scale.md``:

- ``memory``: comments from CSV to CSV and from Parquet to Parquet in memory, one core;
  with ``--against FOLDER``, a checkout of an earlier commit, in turn with that one,
  each with its own bundled model;
- ``sizes``: files of growing size in parts, with one and two processes;
- ``kills``: ten runs are killed at random moments, three while the journal is written
  and one while the target is; what the last one writes must be what one that was left
  alone writes, byte for byte;
- ``shapes``: one article, no articles, one chain of replies; what parts give must be
  what the whole gives, byte for byte;
- ``clusters``: Dask and Spark with two workers.

Comments are mixed from the corpus as `speed_texts.py` says, 300,000 different ones;
half of them are replies, whose parents stand anywhere in the file. Seconds of the
processor and memory are those of all processes together, from /proc, looked at five
times a second. Others on the machine disturb the processor's less than the clock's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

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
DEPTH = 100_000

SAVE = """
import sys
from stancekit import save_model
from stancekit.datasets import default_model
save_model(default_model(), sys.argv[1])
"""
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
if source.endswith(".csv"):
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
WITH_DASK = """
import sys, warnings
warnings.simplefilter("ignore")
import dask.dataframe as dd
from distributed import Client, LocalCluster
from stancekit.scoring import score_dask
source, target, model = sys.argv[1:]
if __name__ == "__main__":
    with LocalCluster(2, threads_per_worker=1) as cluster, Client(cluster):
        comments = dd.read_parquet(source, blocksize="16MB")
        score_dask(comments, model).to_parquet(target)
"""
WITH_SPARK = """
import os, sys, warnings
warnings.simplefilter("ignore")
from pyspark.sql import SparkSession
from stancekit.scoring import score_spark
source, target, model = sys.argv[1:]
os.environ["PYSPARK_PYTHON"] = sys.executable
builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
spark = builder.config("spark.sql.shuffle.partitions", 8).getOrCreate()
comments = spark.read.parquet(source)
score_spark(comments, model, n_parts=8).write.parquet(target)
"""


class Used(NamedTuple):
    """What a run said and needed; memory and processor of all its processes."""

    said: str
    wall: float
    processor: float
    peak_bytes: int


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


def start(
    code: str, *arguments: object, checkout: Path = HERE.parent
) -> subprocess.Popen:
    """Start code in a process, and a session, of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        # From within, as Python looks for packages where it is before all else.
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(code: str, *arguments: object, checkout: Path = HERE.parent) -> Used:
    """Run code to its end."""
    began, peak, seconds = time.perf_counter(), 0, {}
    process = start(code, *arguments, checkout=checkout)
    while process.poll() is None:
        seen = session(process.pid)
        peak = max(peak, sum(memory for _, memory in seen.values()))
        seconds |= {number: used for number, (used, _) in seen.items()}
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit("A run has failed.")
    wall = time.perf_counter() - began
    return Used(process.stdout.read(), wall, sum(seconds.values()), peak)


def session(leader: int) -> dict[int, tuple[float, int]]:
    """Return seconds and bytes of each process of a session."""
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[3]) == leader:
            seconds = (int(fields[11]) + int(fields[12])) / tick
            found[int(path.parent.name)] = (seconds, int(fields[21]) * page)
    return found


def save_bundled(path: Path, checkout: Path = HERE.parent) -> Path:
    """Save the bundled model of a checkout."""
    run(SAVE, path, checkout=checkout)
    return path


def in_memory(folder: Path, model: Path, against: Path | None, rows: int) -> dict:
    """Score comments in memory, in turn with an earlier commit."""
    table = make_table(rows)
    sources = {end: folder / f"comments.{end}" for end in ("csv", "parquet")}
    table.to_csv(sources["csv"], index=False)
    table.to_parquet(sources["parquet"], index=False)
    ways = {
        "now": ("csv", HERE.parent, model),
        "parquet": ("parquet", HERE.parent, model),
    }
    if against:
        before = save_bundled(folder / "before.stance", against)
        ways["before"] = ("csv", against, before)
    found: dict[str, list] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (end, checkout, its_model) in ways.items():
            target = folder / f"{name}.{end}"
            used = run(IN_MEMORY, sources[end], target, its_model, checkout=checkout)
            found[name].append(json.loads(used.said))
    best = {name: pd.DataFrame(runs).min() for name, runs in found.items()}
    totals = {name: b[["read", "predict", "write"]].sum() for name, b in best.items()}
    file_bytes = sources["csv"].stat().st_size
    summary = {
        "rows": rows,
        "file_bytes": file_bytes,
        "rows_per_second": {name: rows / total for name, total in totals.items()},
        "reading_over_pandas": best["now"]["read"] / best["now"]["pandas"],
        "memory_over_file": best["now"]["bytes"] / file_bytes,
        "runs": found,
    }
    if against:
        summary["speedup"] = totals["before"] / totals["now"]
    return summary


def sizes(folder: Path, model: Path, largest: int) -> list[dict]:
    """Score files of growing size in parts."""
    found = []
    for n in [size for size in SIZES if size < largest] + [largest]:
        table, ends = make_table(n), [("parquet", 1), ("parquet", 2)]
        table.to_parquet(folder / "in.parquet", index=False)
        if n == largest:
            ends.append(("csv", 1))
            table.to_csv(folder / "in.csv", index=False)
        del table
        for end, jobs in ends:
            source, target = folder / f"in.{end}", folder / f"out.{end}"
            used = run(IN_PARTS, source, target, model, jobs, 100_000)
            found.append({"rows": n, "files": end, "jobs": jobs, **summary(used, n)})
            print(found[-1], flush=True)
    return found


def summary(used: Used, n: int) -> dict:
    """Return what n rows took."""
    return {
        "wall": used.wall,
        "processor": used.processor,
        "peak_bytes": used.peak_bytes,
        "rows_per_processor_second": n / used.processor,
        "rows_per_second": n / used.wall,
    }


def kills(folder: Path, model: Path, rows: int = 50_000) -> dict:
    """Kill runs at random moments, then let one end."""
    source = folder / "comments.csv"
    make_table(rows).to_csv(source, index=False)
    alone, target = folder / "alone.csv", folder / "killed.csv"
    run(IN_PARTS, source, alone, model, 1, 2_000)
    chance = random.Random(0)
    parts = Path(f"{target}.parts")
    found = []
    for number in range(KILLS):
        in_journal, in_target = number < 3, number == KILLS - 1
        if in_journal:  # it is written once
            shutil.rmtree(parts, ignore_errors=True)
        before = {*parts.glob("*")}
        more = 1 if in_journal else chance.randint(1, 4)
        process = start(IN_PARTS, source, target, model, 1, 2_000)
        while process.poll() is None and not (
            is_scored(parts) if in_target else len({*parts.glob("*")} - before) >= more
        ):
            time.sleep(0 if in_journal else 0.0005)
        time.sleep(0 if in_journal else chance.uniform(0, 0.05))
        os.killpg(process.pid, signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            raise SystemExit("A run ended before it was killed.")
        steps = ("lock", "journal.json", "plan.json", "scored-*")
        found.append({step: len([*parts.glob(step)]) for step in steps})
    run(IN_PARTS, source, target, model, 1, 2_000)
    equal = alone.read_bytes() == target.read_bytes()
    return {"rows": rows, "kills": KILLS, "equal": equal, "files_when_killed": found}


def is_scored(parts: Path) -> bool:
    """Tell whether all parts are scored, so that the target is being written."""
    plan = parts / "plan.json"
    if not plan.exists():
        return False
    n = len(json.loads(plan.read_text())["ends"])
    return len([*parts.glob("scored-*")]) == n


def shapes(folder: Path, model: Path, rows: int) -> dict:
    """Score tables of odd shapes, whole and in parts."""
    table = make_table(rows)
    chain = make_table(DEPTH).drop(columns="article_id").sort_values("created_at")
    chain["parent_id"] = chain["comment_id"].shift()
    tables = {
        "one article": table.assign(article_id="a0"),
        "no articles": table.drop(columns="article_id"),
        "one chain": chain.sample(frac=1, random_state=1),
    }
    found = {}
    for name, each in tables.items():
        source, whole, target = (folder / f"{f}.csv" for f in ("in", "whole", "parts"))
        each.to_csv(source, index=False)
        known = run(IN_MEMORY, source, whole, model)
        used = run(IN_PARTS, source, target, model, 1, rows // 10)
        equal = whole.read_bytes() == target.read_bytes()
        found[name] = {"rows": len(each), "equal": equal, **summary(used, len(each))}
        found[name]["peak_bytes_in_memory"] = known.peak_bytes
        print(name, found[name], flush=True)
    return found


def clusters(folder: Path, model: Path, rows: int) -> dict:
    """Score a folder of Parquet with Dask and with Spark."""
    source = folder / "comments.parquet"
    make_table(rows).to_parquet(source, index=False)
    found = {}
    for name, code in {"dask": WITH_DASK, "spark": WITH_SPARK}.items():
        target = folder / name
        found[name] = {"rows": rows, **summary(run(code, source, target, model), rows)}
        written = sum(len(pd.read_parquet(f)) for f in target.glob("*.parquet"))
        found[name]["rows_written"] = written
        print(name, found[name], flush=True)
    return found


def as_table(results: dict) -> str:
    """Return what files and tables of all kinds took, as a table of Markdown."""
    rows = [
        (f"{run['files']}, {run['jobs']} process{'es' * (run['jobs'] > 1)}", run)
        for run in results.get("sizes", [])
    ]
    rows += [(f"csv, {name}", run) for name, run in results.get("shapes", {}).items()]
    rows += [
        (f"{name.title()}, two workers", run)
        for name, run in results.get("clusters", {}).items()
    ]
    lines = [
        "| comments | what | seconds of the processor | memory of all processes |",
        "| ---: | --- | ---: | ---: |",
    ]
    lines += [
        f"| {run['rows']:,} | {what} | {run['processor']:,.0f} | "
        f"{run['peak_bytes'] / 1e6:,.0f} MB |"
        for what, run in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is named and keep the rest of the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ["memory", "sizes", "kills", "shapes", "clusters"]
    parser.add_argument("parts", nargs="+", choices=names)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rows", type=int, help="of memory, shapes and clusters")
    parser.add_argument("--largest", type=int, default=5_000_000, help="of sizes")
    parser.add_argument("--model", type=Path, help="by default the bundled one")
    arguments = parser.parse_args()
    rows = arguments.rows
    measures = {
        "memory": lambda *given: in_memory(*given, arguments.against, rows or ROWS),
        "sizes": lambda *given: sizes(*given, arguments.largest),
        "kills": kills,
        "shapes": lambda *given: shapes(*given, rows or 1_000_000),
        "clusters": lambda *given: clusters(*given, rows or ROWS),
    }
    for part in arguments.parts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            model = arguments.model or save_bundled(folder / "model.stance")
            found = measures[part](folder, model)
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results |= {part: found}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        RESULTS.with_suffix(".md").write_text(as_table(results))
        print(part, json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    main()
