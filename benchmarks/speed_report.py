"""Write the measurements of speed.py as Markdown."""

from __future__ import annotations

from typing import Any

PEERS = {
    "scikit-learn recipe": "TF-IDF of words 1-2 and char_wb 2-5, logistic regression",
    "HashingVectorizer + SGD": "words only",
    "fastText": "words 1-2, characters 2-5, 16 dimensions",
    "Vowpal Wabbit": "words 1-2 only, from Python",
    "spaCy BOW": "words 1-2 only",
}


def write_report(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine = results["machine"]
    versions = {"Python": machine["python"], **machine["packages"]}
    packages = ", ".join(f"{name} {number}" for name, number in versions.items())
    return f"""# How fast comments are scored and models trained

Written by `benchmarks/speed.py` in {results["minutes"]} minutes on
{machine["processor"]}, {machine["cores"]} cores; {packages}.
Other programs kept {results["load_before"]:.1f} of the cores busy before the run.

The texts are mixed from the corpus: {_texts(results["texts"])}. All models learnt from
the same training texts, spaCy from a tenth of them. Times are seconds of computing on
one core, except for the threads, which are by the clock. Rounds are interleaved; given
is the median, and the range in brackets. A cold cache is empty when the texts come.

## Scoring

{_rates(results["kernels"])}

## Ratios

How many times as fast the n-gram kernels are.

{_ratios(results["kernels"])}

Two threads against one (numba): {_spread(results["threads"]["speedup_of_two"])} times.

{_tables(results["tables"])}

## Training

{_training(results)}

## Memory, files, import

{_files(results)}
"""


def _spread(found: dict[str, float], digits: int = 2) -> str:
    median, low, high = (found[key] for key in ("median", "low", "high"))
    return f"{median:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(map(_row, [head, ["---"] * len(head), *rows]))


def _texts(texts: dict[str, Any]) -> str:
    return "; ".join(
        f"{part['texts']:,} {name} ones of {part['mean_length']:.0f} characters "
        f"({part['different_words']:,} different among {part['words']:,} words)"
        for name, part in texts.items()
    )


def _rates(kernels: dict[str, Any]) -> str:
    rows = [
        [
            f"{name}: {PEERS[name]}" if name in PEERS else name,
            *(_spread(part["per_second"][name], 0) for part in kernels.values()),
        ]
        for name in kernels["short"]["per_second"]
    ]
    return _table(["comments per second", *kernels], rows)


def _ratios(kernels: dict[str, Any]) -> str:
    rows = [
        [ours, kind, *(_spread(ratio, 1) for ratio in part["ratios"][ours].values())]
        for ours in kernels["short"]["ratios"]
        for kind, part in kernels.items()
    ]
    return _table(["kernel", "texts", *PEERS], rows)


def _tables(tables: dict[str, Any]) -> str:
    per_second = tables["per_second"]
    return f"""Table in, table out (`predict_comments`, short texts):
{_spread(per_second["plain"], 0)} comments per second without replies,
{_spread(tables["plain_to_kernel"])} times the kernel alone;
{_spread(per_second["replies"], 0)} where two thirds are replies, whose parents are
found and scored too, {_spread(tables["replies_to_kernel"])} times."""


def _training(results: dict[str, Any]) -> str:
    found = results["training"]
    ratio = found["recipe_seconds"] / found["stancekit_seconds"]
    others = ", ".join(
        f"{name} {taken:,.1f}"
        for name, taken in results["peer_training_seconds"].items()
    )
    return f"""`StanceClassifier` with its calibration takes
{found["stancekit_seconds"]:,.1f} s and has a macro-F1 of
{found["stancekit_macro_f1"]:.3f} on held-out texts; the scikit-learn recipe takes
{found["recipe_seconds"]:,.1f} s ({ratio:.1f} times as long) and has
{found["recipe_macro_f1"]:.3f}. Seconds of all others: {others}."""


def _files(results: dict[str, Any]) -> str:
    files, memory = results["files"], results["memory"]
    rows = [
        [
            name.replace("_", " "),
            f"{files[name]['megabytes']:.1f} MB",
            f"{_spread(files[name]['load_seconds'], 3)} s",
        ]
        for name in ("trained_on_50000", "default")
    ]
    return f"""{_table(["model", "file", "load"], rows)}

Scoring {memory["comments"]:,} comments ({memory["texts_megabytes"]:,.0f} MB of text)
takes {memory["kernel_megabytes"]:,.0f} MB above texts and model,
`predict_comments` {memory["table_megabytes"]:,.0f} MB with the table it returns.
Import: {_spread(files["import_seconds"])} s."""
