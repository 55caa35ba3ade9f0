"""Measure how long a million comments take to read, and in how much memory.

    python benchmarks/reading.py [--comments 1000000]

Writes files of words of the bundled corpus into a temporary folder, reads each in a
process of its own, on one core, and puts the figures into ``results/reading.json``.
Needs ``stancekit[tables]``; Linux or macOS.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "reading.json"
CORPUS = Path(__file__).parents[1] / "data" / "comments.csv"
READ = """
import resource, sys, time
import stancekit
start, used = time.perf_counter(), time.process_time()
table = stancekit.read_comments(sys.argv[1])
wall, used = time.perf_counter() - start, time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
replies = stancekit.ReadReport.of(table).replies
print(len(table), replies, round(wall, 1), round(used, 1), round(peak / 1e6, 2))
"""


def comments(n: int) -> Iterator[dict[str, object]]:
    """Yield comments, six in ten of them replies to one of the last thousand."""
    draw = random.Random(0)
    words = CORPUS.read_text(encoding="utf-8").split()
    for number in range(n):
        first = draw.randrange(len(words) - 16)
        parent = number - 1 - draw.randrange(1000)
        is_reply = draw.random() < 0.6 and parent >= 0
        yield {
            "id": f"c{number}",
            "parent_id": f"c{parent}" if is_reply else None,
            "author": f"u{draw.randrange(50_000)}",
            "created_utc": 1_700_000_000 + number,
            "text": " ".join(words[first : first + 16]),
        }


def write_jsonl(path: Path, n: int) -> None:
    """Write one JSON object a line."""
    with path.open("w", encoding="utf-8") as stream:
        for comment in comments(n):
            stream.write(json.dumps(comment, ensure_ascii=False) + "\n")


def write_csv(path: Path, n: int) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, next(comments(1)))
        writer.writeheader()
        writer.writerows(comments(n))


def write_reddit_dump(path: Path, n: int) -> None:
    """Write a compressed dump with the names that Reddit's have."""
    import zstandard

    with zstandard.open(path, "w", encoding="utf-8") as stream:
        for comment in comments(n):
            parent = comment["parent_id"]
            record = {
                "id": comment["id"],
                "parent_id": f"t1_{parent}" if parent else "t3_post",
                "link_id": "t3_post",
                "author": comment["author"],
                "created_utc": comment["created_utc"],
                "body": comment["text"],
                "score": 1,
                "subreddit": "sample",
            }
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def measure(path: Path) -> dict[str, float]:
    """Read a file in a new process on one core."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
    answer = subprocess.run(
        [sys.executable, "-c", READ, path],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    rows, replies, wall, used, gigabytes = map(float, answer.stdout.split())
    return {
        "megabytes": round(path.stat().st_size / 1e6, 1),
        "comments": int(rows),
        "replies": int(replies),
        "seconds": wall,
        "seconds_of_computing": used,
        "peak_gigabytes": gigabytes,
    }


def main() -> None:
    """Write, read and note down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--comments", type=int, default=1_000_000)
    n = parser.parse_args().comments
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, write in (
            ("comments.jsonl", write_jsonl),
            ("comments.csv", write_csv),
            ("RC_sample.zst", write_reddit_dump),
        ):
            path = Path(folder, name)
            write(path, n)
            figures[name] = measure(path)
            print(name, figures[name], flush=True)
            path.unlink()
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
