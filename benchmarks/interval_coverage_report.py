"""Write the measurements of interval_coverage.py as Markdown."""

from __future__ import annotations

from typing import Any

import pandas as pd


def write_report(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    cells = pd.json_normalize(results["cells"])
    cells["relative_width"] = cells["width.corrected"] / cells["width.labels_only"]
    uneven = cells["uneven"].astype(bool)
    promised, other = cells[cells["promised"]], cells[~cells["promised"] & ~uneven]
    speed = results["speed"]
    likeness, scorer = results["likeness"], results["scorer_likeness"]
    return f"""# How often intervals of shares hold the truth

Written by `benchmarks/interval_coverage.py`; {results["populations"]} tables a cell;
{results["machine"]}; {results["seconds"]} s in all.

Threads have shares of their own (correlation of two stances in a thread
{likeness}), the scorer errs alike within a thread ({scorer}) and takes every label
for one half. Labels are drawn at random, by uncertainty (half the chance even,
half in proportion to f (1 - f), with recorded probabilities), or as whole threads. The
truth is the share in the population of threads; for comparison, how often the share in
the table itself is held. Kinds of interval, all for 95 %:

- corrected, labels only: as `estimate_prevalence` gives them;
- Wald: corrected share ± t × linearised cluster-robust standard error;
- independent: corrected, but every comment taken for a cluster of its own;
- naive: Wilson's interval of the share of predicted labels.

## Promised: 30 threads or more, 20 labelled comments of the label expected

{_summary(promised)}

{_by_size(promised)}

## Below that

{_summary(other)}

{_by_size(other)}

## Longer threads have a larger share

Sizes are log-normal, their logarithm with a standard deviation of
{results["spread"]}, around the mean below; log-odds of the share rise by one with each.

{_by_size(cells[uneven])}

## Differences between two groups

{_difference_table(results["differences"])}

## Speed

{speed["rows"]:,} comments by week ({speed["weeks"]} weeks, four labels, one core):
{speed["seconds"]} s.

## All cells

{_cell_table(cells)}
"""


def _summary(cells: pd.DataFrame) -> str:
    coverage = cells["coverage.corrected"]
    return (
        f"{len(cells)} cells: coverage of the corrected interval {coverage.min():.3f} "
        f"to {coverage.max():.3f}, mean {coverage.mean():.3f}; mean width "
        f"{cells['relative_width'].min():.2f} to {cells['relative_width'].max():.2f} "
        "times that of labels only."
    )


def _by_size(cells: pd.DataFrame) -> str:
    kinds = ["corrected", "labels_only", "wald", "independent", "naive"]
    lines = [
        "| threads × comments, labels | drawn | "
        + " | ".join(kind.replace("_", " ") for kind in kinds)
        + " | width / labels only |",
        "|" + "---|" * (len(kinds) + 3),
    ]
    keys = ["threads", "comments", "labels", "design"]
    for key, part in cells.groupby(keys, sort=False):
        ranges = [_range(part[f"coverage.{kind}"], 3) for kind in kinds]
        size = f"{key[0]} × {key[1]}, {key[2]}"
        width = _range(part["relative_width"], 2)
        lines.append(f"| {size} | {key[3]} | {' | '.join(ranges)} | {width} |")
    return "\n".join(lines)


def _range(values: pd.Series, digits: int) -> str:
    low, high = f"{values.min():.{digits}f}", f"{values.max():.{digits}f}"
    return low if low == high else f"{low}–{high}"


def _difference_table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| threads × comments, labels | groups | share | difference "
        "| coverage | width |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        size = f"{row['threads']} × {row['comments']}, {row['labels']}"
        groups = "halves of threads" if row["shared"] else "threads of their own"
        lines.append(
            f"| {size} | {groups} | {row['share']} | {row['gap']} | "
            f"{row['coverage']:.3f} | {row['width']:.3f} |"
        )
    return "\n".join(lines)


def _cell_table(cells: pd.DataFrame) -> str:
    lines = [
        "| threads | comments | labels | share | accuracy | drawn | corrected | "
        "of the table | labels only | Wald | independent | naive | width "
        "| labels only |",
        "|" + "---|" * 14,
    ]
    for row in cells.to_dict("records"):
        lines.append(
            f"| {row['threads']} | {row['comments']} | {row['labels']} | "
            f"{row['share']} | {row['accuracy']} | {row['design']} | "
            f"{row['coverage.corrected']:.3f} | {row['coverage_of_table']:.3f} | "
            f"{row['coverage.labels_only']:.3f} | {row['coverage.wald']:.3f} | "
            f"{row['coverage.independent']:.3f} | {row['coverage.naive']:.3f} | "
            f"{row['width.corrected']:.3f} | {row['width.labels_only']:.3f} |"
        )
    return "\n".join(lines)
