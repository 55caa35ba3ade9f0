"""Do what the command line asks for."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.cli import given, tree
from stancekit.cli.telling import tell, told_if_long
from stancekit.datasets import load_codebook, load_corpus
from stancekit.evaluation import evaluate, evaluate_predictions
from stancekit.explanation import explain
from stancekit.files import refuse_existing
from stancekit.persistence import model_codebook, save_model
from stancekit.readers import ReadReport
from stancekit.report import carrying_words, verify_report, write_report
from stancekit.scoring import predict_comments, score_file
from stancekit.scoring.large import CHUNK_ROWS
from stancekit.threads import has_no_text
from stancekit.training import train_model

# Bytes from which on a table is scored in parts.
# In one piece it takes six times as much memory (benchmarks/README.md).
LARGE = 200_000_000
LARGE_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
# What a page may be asked for; predict has only some of it.
OF_PAGES = "label_column abstain_below language pseudonymise authors".split()


def run_read(arguments: Namespace) -> None:
    """Read a source, report what was found, show or write the comments."""
    given.check_output(arguments)
    table = given.read_source(arguments)
    tell(ReadReport.of(table), *tree.headlines(table)[:1], "")
    tell(tree.draw_comments(table))
    # Nobody reads a long table on a terminal; a program behind a pipe does.
    if arguments.output or arguments.json or not sys.stdout.isatty():
        given.write_table(table, arguments)


def run_predict(arguments: Namespace) -> None:
    """Predict the positions of comments, as a tree, a table or a page."""
    if Path(arguments.output or "").suffix.lower() == ".html":
        run_report(arguments)
        return
    given.check_output(arguments)
    if _is_large(arguments):
        n = score_file(
            arguments.source[0],
            arguments.output,
            given.model_of(arguments),
            columns=dict(arguments.column or {}),
            abstain_below=arguments.abstain_below,
            chunk_rows=arguments.chunk_rows or CHUNK_ROWS,
            n_jobs=arguments.jobs,
            force=arguments.force,
        )
        tell(f"{n:,} rows written to {arguments.output}")
        return
    table = given.read_source(arguments)
    model = given.model_of(arguments)
    with told_if_long(f"Predicting {len(table):,} comments"):
        scored = predict_comments(table, model, abstain_below=arguments.abstain_below)
    if arguments.output or arguments.json:
        given.write_table(scored, arguments)
        return
    drawn = tree.draw_tree(scored, labels=model.classes_.tolist())
    # The bundled model learnt from an invented corpus.
    measured = "its labelled" if arguments.model else "invented"
    summary = _summary(scored, arguments.abstain_below, measured)
    print(*tree.headlines(scored), "", drawn, "", summary, sep="\n")


def _is_large(arguments: Namespace) -> bool:
    """Tell whether a file is scored in parts: a large one, or where that is asked."""
    path = Path(arguments.source[0])
    names = ("format", "sheet", "skip_bad_lines", "max_bytes", "excel")
    is_plain = path.is_file() and not given.options_of(arguments, *names)
    is_plain &= arguments.output not in (None, "-") and len(arguments.source) == 1
    if arguments.chunk_rows:
        if not is_plain:
            raise ValueError(
                "chunk_rows= takes one table and needs --output; it does not go with "
                "options on how to read or write, but for --column."
            )
        return True
    is_table = path.suffix.lower() in LARGE_TABLES
    return is_plain and is_table and path.stat().st_size > LARGE


def run_explain(arguments: Namespace) -> None:
    """Say which words carried each decision, in a tree or as a table."""
    given.check_output(arguments)
    table = given.read_source(arguments)
    model = given.model_of(arguments)
    spoken = np.flatnonzero(~has_no_text(table)).tolist()
    with told_if_long(f"Explaining {len(spoken):,} comments"):
        found = explain(model, table, spoken)
        scored = predict_comments(table, model)
    if arguments.output or arguments.json:
        frames = [explanation.to_frame() for explanation in found]
        given.write_table(pd.concat(frames, ignore_index=True), arguments)
        return
    marks = tree.fitting_marks()
    explained = dict(zip(spoken, found, strict=True))
    drawn = tree.draw_tree(
        scored,
        labels=model.classes_.tolist(),
        write=lambda row, room: tree.reasons(explained.get(row), marks, room),
    )
    print(*tree.headlines(scored), "", drawn, "", tree.legend(marks), sep="\n")


def run_train(arguments: Namespace) -> None:
    """Train a model on labelled comments, evaluate it, save it."""
    # Before the training, which takes minutes.
    refuse_existing(arguments.output, force=arguments.force)
    table = given.read_source(arguments)
    codebook = given.codebook_of(arguments)
    with told_if_long("Training a model and evaluating how it is made"):
        model, evaluation = train_model(
            table,
            arguments.label_column,
            codebook=codebook,
            encoder=given.encoder_of(arguments),
            beside=load_corpus() if arguments.with_corpus else None,
            by=arguments.by,
            n_splits=arguments.folds,
            n_jobs=arguments.jobs,
            random_state=arguments.seed,
        )
    print(f"{type(model).__name__}\n{evaluation}")
    save_model(
        model,
        arguments.output,
        codebook=codebook,
        evaluation=evaluation,
        force=arguments.force,
    )
    tell(f"\nSaved to {arguments.output}")


def run_evaluate(arguments: Namespace) -> None:
    """Evaluate a classifier on labelled comments, or the predictions beside them."""
    table, seed = given.read_source(arguments), arguments.seed
    if arguments.scored:
        made_by = "Predictions that are in the table"
        evaluation = evaluate_predictions(
            table, arguments.label_column, random_state=seed
        )
    else:
        classifier = given.classifier_of(arguments)
        made_by = type(classifier).__name__
        with told_if_long("Evaluating how a model is made"):
            evaluation = evaluate(
                classifier,
                table,
                arguments.label_column,
                n_splits=arguments.folds,
                n_repeats=arguments.repeats,
                random_state=seed,
            )
    if arguments.json:
        given.print_table(evaluation.to_frame(), arguments)
    else:
        print(f"{made_by}\n{evaluation}")


def run_report(arguments: Namespace) -> None:
    """Write a page that shows comments and their positions."""
    refuse_existing(arguments.output, force=arguments.force)
    table = given.read_source(arguments)
    said = vars(arguments)
    options = {name: said[name] for name in OF_PAGES if name in said}
    with told_if_long(f"Predicting {len(table):,} comments and writing the page"):
        paths = write_report(
            table,
            arguments.output,
            **_named_model(arguments),
            **options,
            marker=carrying_words,
            force=arguments.force,
        )
    tell(
        f"Written: {', '.join(map(str, paths))}. It shows what people wrote: before "
        "you publish it, ask whether you may."
    )


def run_verify(arguments: Namespace) -> None:
    """Check a page against the comments and the model."""
    table = given.read_source(arguments)
    with told_if_long(f"Predicting {len(table):,} comments and checking the page"):
        named = _named_model(arguments)
        n = verify_report(arguments.page, table, **named, marker=carrying_words)
    print(f"{arguments.page}: every number and word is right, {n:,} comments.")


def _named_model(arguments: Namespace) -> dict[str, Any]:
    """Return the model that was named, with its codebook; none for the bundled one."""
    if not arguments.model and not arguments.encoder:
        return {}
    path = arguments.model
    codebook = model_codebook(path) if path else load_codebook()
    return {"model": given.model_of(arguments), "codebook": codebook}


def _summary(scored: pd.DataFrame, abstain_below: float, measured: str) -> str:
    """Say how many comments were given which position, and what that is not."""
    n_silent = int(has_no_text(scored).sum())
    silent = f" {n_silent:,} more have no text." if n_silent else ""
    counts = scored[col.PREDICTED].value_counts()
    named = ", ".join(f"{n} {label}" for label, n in counts.items() if n)
    n_abstained = int(scored[col.ABSTAINED].sum())
    return (
        f"{len(scored) - n_silent:,} comments: {named or 'none with a position'}. "
        f"{n_abstained} marked ?: below {100 * abstain_below:g} % or of unknown words."
        f"{silent}\nHow probable was measured on {measured} comments; on others the "
        "model is wrong more often.\nCounts of predictions are no shares to publish."
    )
