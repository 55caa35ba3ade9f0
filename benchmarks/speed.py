"""Measure how fast comments are scored and models trained, beside other tools.

Run from the top folder, in an environment with ``stancekit[fast,tables]`` and
``benchmarks/requirements.txt``: ``python benchmarks/speed.py``. It takes about half an
hour and writes ``results/speed.json`` and ``results/speed.md``. With ``--quick`` it
tries everything on a fraction of the texts and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from speed_peers import Predict, recipe, train_peers
from speed_report import write_report
from speed_texts import Mixer, Texts, read_words
from threadpoolctl import threadpool_limits

import stancekit
from stancekit.ngrams import NgramScorer, warm_up

HERE = Path(__file__).parent
N_SHORT, N_LONG, N_TRAIN, N_TEST = 100_000, 20_000, 50_000, 10_000
SHORT, LONG = 110, 470
PACKAGES = (
    "numpy",
    "numba",
    "pandas",
    "scikit-learn",
    "fasttext-wheel",
    "vowpalwabbit",
    "spacy",
)
# The slow ones score a part of the texts in each round, about a second's worth.
SHARES = {
    "scikit-learn recipe": 0.05,
    "spaCy BOW": 0.1,
    "HashingVectorizer + SGD": 0.4,
    "fastText": 0.4,
    "Vowpal Wabbit": 0.4,
}


def main() -> None:
    """Measure everything and write the results."""
    arguments = read_arguments()
    with threadpool_limits(1):
        results = measure(arguments.corpus, *(50, 2) if arguments.quick else (1, 7))
    if arguments.quick:
        print(write_report(results))
        return
    folder = HERE / "results"
    (folder / "speed.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "speed.md").write_text(write_report(results), encoding="utf-8")


def measure(corpus_path: Path, shrink: int, rounds: int) -> dict[str, Any]:
    """Measure everything on a fraction of the texts."""
    start, load = time.time(), os.getloadavg()[0]
    corpus = read_words(corpus_path)
    n_short = (N_TRAIN + N_TEST + N_SHORT) // shrink
    short = Mixer(corpus, seed=1).texts(n_short, SHORT)
    long = Mixer(corpus, seed=2).texts(N_LONG // shrink, LONG)
    train, test, scored = split(short, N_TRAIN // shrink, N_TEST // shrink)
    warm_up()
    model, peer, training = compare_training(train, test)
    peers, peer_seconds = train_peers(train)
    peers = {"scikit-learn recipe": peer.predict, **peers}
    return {
        "machine": describe_machine(),
        "load_before": load,
        "texts": describe_texts(train=train, short=scored, long=long),
        "training": training,
        "peer_training_seconds": peer_seconds,
        "kernels": {
            "short": compare_kernels(model, peers, scored.texts, rounds),
            "long": compare_kernels(model, peers, long.texts, rounds),
        },
        "threads": compare_threads(model, scored.texts, rounds),
        "tables": compare_tables(model, train, scored, rounds),
        "files": measure_files(model),
        "memory": measure_memory(model, scored.texts, 10),
        "minutes": round((time.time() - start) / 60),
    }


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    corpus = HERE.parent / "data" / "comments.csv"
    parser.add_argument("--corpus", type=Path, default=corpus)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def split(texts: Texts, *sizes: int) -> list[Texts]:
    """Cut texts into parts of some sizes and the rest."""
    ends = [0, *np.cumsum(sizes).tolist(), len(texts.texts)]
    return [Texts(texts.texts[a:b], texts.labels[a:b]) for a, b in pairwise(ends)]


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    processor = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def describe_texts(**parts: Texts) -> dict[str, dict[str, float]]:
    """Return how many texts there are, how long, and of how many words."""
    described = {}
    for name, (texts, _) in parts.items():
        words = [word for text in texts for word in text.split()]
        described[name] = {
            "texts": len(texts),
            "mean_length": round(statistics.fmean(map(len, texts)), 1),
            "words": len(words),
            "different_words": len(set(words)),
        }
    return described


def seconds(work: Callable[[], Any]) -> float:
    """Return how long this process computes on it, other programs not counted."""
    start = time.process_time()
    work()
    return time.process_time() - start


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the range."""
    return {
        "median": round(statistics.median(values), 4),
        "low": round(min(values), 4),
        "high": round(max(values), 4),
    }


def compare_training(train: Texts, test: Texts) -> tuple[Any, Any, dict[str, Any]]:
    """Train StanceClassifier and the recipe; return both, and the comparison."""
    from sklearn.metrics import f1_score

    found: dict[str, Any] = {}
    models = {"stancekit": stancekit.StanceClassifier(), "recipe": recipe()}
    for name, model in models.items():
        start = time.process_time()
        model.fit(train.texts, train.labels)
        found[f"{name}_seconds"] = round(time.process_time() - start, 2)
        predicted = model.predict(test.texts)
        macro_f1 = f1_score(test.labels, predicted, average="macro")
        found[f"{name}_macro_f1"] = round(float(macro_f1), 4)
    return models["stancekit"], models["recipe"], found


def fresh_scorer(model: Any, kernel: str) -> NgramScorer:
    """Return the scorer of a comment's own words, with an empty cache."""
    trained = model.scorer_.views["own"]
    tables = trained.words, trained.characters
    scorer = NgramScorer(trained.ngram_map, *tables, kernel=kernel)
    scorer.score([])
    return scorer


def compare_kernels(
    model: Any, peers: dict[str, Predict], texts: list[str], rounds: int
) -> dict[str, Any]:
    """Let the kernels and the peers score texts in turn; return comments per second."""
    rates: dict[str, list[float]] = {}
    for turn in range(rounds):
        for kernel in ("numba", "numpy"):
            scorer = fresh_scorer(model, kernel)
            for cache in ("cold", "warm"):
                rate = len(texts) / seconds(lambda s=scorer: s.score(texts))
                rates.setdefault(f"stancekit {kernel}, {cache}", []).append(rate)
        for name, predict in peers.items():
            size = int(len(texts) * SHARES[name])
            at = turn * size % (len(texts) - size + 1)
            part = texts[at : at + size]
            rate = size / seconds(lambda p=predict, t=part: p(t))
            rates.setdefault(name, []).append(rate)
    ratios = {
        ours: {
            peer: spread([a / b for a, b in zip(rates[ours], rates[peer], strict=True)])
            for peer in peers
        }
        for ours in rates
        if ours.startswith("stancekit")
    }
    per_second = {name: spread(values) for name, values in rates.items()}
    return {"per_second": per_second, "ratios": ratios}


@contextmanager
def ahead_of_others() -> Iterator[None]:
    """Run before all other programs for a while, where the system allows it."""
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass
    yield
    os.sched_setscheduler(0, policy, priority)


def compare_threads(model: Any, texts: list[str], rounds: int) -> dict[str, Any]:
    """Score with one thread and with two, in turn, by the clock on the wall."""
    column = pd.Series(texts)
    scorer = fresh_scorer(model, "numba")
    scorer.score(column, n_threads=2)
    ratios = []
    with ahead_of_others():
        for _ in range(2 * rounds):
            times = []
            for n_threads in (1, 2):
                start = time.perf_counter()
                scorer.score(column, n_threads=n_threads)
                times.append(time.perf_counter() - start)
            ratios.append(times[0] / times[1])
    return {"speedup_of_two": spread(ratios)}


def make_threads(texts: Texts) -> pd.DataFrame:
    """Return a comment table in which two thirds of the comments are replies."""
    n = len(texts.texts)
    rng = np.random.default_rng(0)
    parent = (rng.random(n) * np.arange(n)).astype(int)
    # Articles of about a thousand comments; a comment answers one before it.
    parent = np.maximum(parent, np.arange(n) // 1000 * 1000)
    is_reply = (rng.random(n) < 2 / 3) & (parent < np.arange(n))
    ids = np.array([f"c{k}" for k in range(n)], dtype=object)
    return pd.DataFrame(
        {
            "comment_id": ids,
            "text": texts.texts,
            "parent_id": np.where(is_reply, ids[parent], None),
            "article_id": [f"a{k // 1000}" for k in range(n)],
        }
    )


def compare_tables(
    model: Any, train: Texts, scored: Texts, rounds: int
) -> dict[str, Any]:
    """Compare `predict_comments` with the kernel alone, without and with replies."""
    threads = make_threads(train)
    with_parents = stancekit.StanceClassifier().fit(threads, train.labels)
    plain = pd.DataFrame({"text": scored.texts})
    replies = make_threads(scored)
    rates: dict[str, list[float]] = {"kernel": [], "plain": [], "replies": []}
    for _ in range(rounds):
        scorer = fresh_scorer(model, "auto")
        for name, work in (
            ("kernel", lambda s=scorer: s.score(plain["text"])),
            ("plain", lambda: stancekit.predict_comments(plain, model)),
            ("replies", lambda: stancekit.predict_comments(replies, with_parents)),
        ):
            rates[name].append(len(plain) / seconds(work))
    return {
        "per_second": {name: spread(values) for name, values in rates.items()},
        "plain_to_kernel": spread(
            [a / b for a, b in zip(rates["plain"], rates["kernel"], strict=True)]
        ),
        "replies_to_kernel": spread(
            [a / b for a, b in zip(rates["replies"], rates["kernel"], strict=True)]
        ),
    }


def measure_files(model: Any) -> dict[str, Any]:
    """Return size and load time of models, and how long the import takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.stance")
        stancekit.save_model(model, path)
        default = Path(folder, "default.stance")
        stancekit.save_model(stancekit.default_model(), default)
        found = {}
        for name, file in (("trained_on_50000", path), ("default", default)):
            times = [seconds(lambda f=file: stancekit.load_model(f)) for _ in range(9)]
            found[name] = {
                "megabytes": round(file.stat().st_size / 1e6, 2),
                "load_seconds": spread(times),
            }
    found["import_seconds"] = spread([import_seconds() for _ in range(9)])
    return found


def import_seconds() -> float:
    """Return how long a new process takes to import what predicts."""
    code = (
        "import time; s = time.process_time(); import stancekit; "
        "stancekit.predict_comments; print(time.process_time() - s)"
    )
    return float(subprocess.check_output([sys.executable, "-c", code]))


def measure_memory(model: Any, texts: list[str], times: int) -> dict[str, float]:
    """Return the peak memory of scoring above the texts, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path, column = Path(folder, "model.stance"), Path(folder, "texts.parquet")
        stancekit.save_model(model, path)
        pd.DataFrame({"text": texts * times}).to_parquet(column)
        command = [sys.executable, HERE / "speed_memory.py", path, column]
        return json.loads(subprocess.check_output(command))


if __name__ == "__main__":
    main()
