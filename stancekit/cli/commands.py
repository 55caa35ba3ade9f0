"""Do what the command line asks for."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pandas as pd

from stancekit.annotation import agreement, read_labels, suggest
from stancekit.classifier import StanceClassifier
from stancekit.cli.tree import draw_tree, headlines
from stancekit.conversation import ConversationClassifier
from stancekit.datasets import bundled_recipe, default_model
from stancekit.evaluation import cross_fit, evaluate
from stancekit.labels import Codebook
from stancekit.persistence import load_model, refuse_existing, save_model
from stancekit.prevalence import estimate_prevalence
from stancekit.readers import read_comments, read_report
from stancekit.scoring import predict_comments, write_comments
from stancekit.scoring.writing import to_csv, to_jsonl
from stancekit.threads import ABSTAINED, PREDICTED
from stancekit.training import train_model

CLASSIFIERS: dict[str, Callable[..., Any]] = {
    "conversation": ConversationClassifier,
    "single": StanceClassifier,
    "bundled": bundled_recipe,
}


def run_read(arguments: Namespace) -> None:
    """Read a source, report what was found, write the comment table."""
    table = _read(arguments)
    print(read_report(table), file=sys.stderr)
    _write(table, arguments)


def run_predict(arguments: Namespace) -> None:
    """Predict the positions of comments, as a tree or as a table."""
    table = _read(arguments)
    model = load_model(arguments.model) if arguments.model else default_model()
    scored = predict_comments(table, model, abstain_below=arguments.abstain_below)
    if arguments.output or arguments.json:
        _write(scored, arguments)
        return
    width = shutil.get_terminal_size((100, 24)).columns
    print(*headlines(scored), "", sep="\n")
    print(draw_tree(scored, width=width))
    print("", _summary(scored, arguments.abstain_below), sep="\n")


def run_train(arguments: Namespace) -> None:
    """Train a model on labelled comments, evaluate it, save it."""
    refuse_existing(arguments.output, force=arguments.force)
    table = _read(arguments)
    codebook = Codebook.load(arguments.codebook) if arguments.codebook else None
    model, evaluation = train_model(
        table,
        arguments.label,
        codebook=codebook,
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
    print(f"\nSaved to {arguments.output}", file=sys.stderr)


def run_evaluate(arguments: Namespace) -> None:
    """Evaluate a classifier on labelled comments, by cross-validation."""
    kind = CLASSIFIERS[arguments.classifier]
    classifier = kind(n_jobs=arguments.jobs, random_state=arguments.seed)
    evaluation = evaluate(
        classifier,
        _read(arguments),
        arguments.label,
        n_splits=arguments.folds,
        n_repeats=arguments.repeats,
        random_state=arguments.seed,
    )
    if arguments.json:
        sys.stdout.write(to_jsonl(evaluation.to_frame()))
    else:
        print(f"{type(classifier).__name__}\n{evaluation}")


def run_prevalence(arguments: Namespace) -> None:
    """Estimate the share of each position, corrected for the classifier's errors."""
    table = _read(arguments)
    if arguments.model:
        scored = predict_comments(table, load_model(arguments.model))
    else:
        kind = CLASSIFIERS[arguments.classifier]
        classifier = kind(n_jobs=arguments.jobs, random_state=arguments.seed)
        scored = cross_fit(classifier, table, arguments.label)
    prevalence = estimate_prevalence(
        scored, arguments.label, by=arguments.by, unit=arguments.unit
    )
    if arguments.output or arguments.json:
        _write(prevalence.to_frame(), arguments, "rows")
    else:
        print(prevalence)


def run_suggest(arguments: Namespace) -> None:
    """Draw comments to be labelled next, and record how they were drawn."""
    table = _read(arguments)
    model = None
    if arguments.strategy != "random":
        model = load_model(arguments.model) if arguments.model else default_model()
    drawn = suggest(
        model,
        table,
        arguments.n,
        strategy=arguments.strategy,
        random_state=arguments.seed,
    )
    _write(drawn, arguments)


def run_agreement(arguments: Namespace) -> None:
    """Tell how far annotators agree."""
    labels = pd.concat([read_labels(path) for path in arguments.labels])
    table = read_comments(arguments.comments) if arguments.comments else None
    found = agreement(labels, table=table, random_state=arguments.seed)
    if arguments.json:
        sys.stdout.write(to_jsonl(found.to_frame()))
    else:
        print(found)


def _read(arguments: Namespace) -> pd.DataFrame:
    columns = dict(arguments.column or [])
    return read_comments(
        arguments.source, format=arguments.format, columns=columns or None
    )


def _write(table: pd.DataFrame, arguments: Namespace, what: str = "comments") -> None:
    if arguments.output in (None, "-"):
        sys.stdout.write(to_jsonl(table) if arguments.json else to_csv(table))
        return
    write_comments(table, arguments.output, force=arguments.force)
    print(f"{len(table):,} {what} written to {arguments.output}", file=sys.stderr)


def _summary(scored: pd.DataFrame, abstain_below: float) -> str:
    """Say how many comments were given which position, and what that is not."""
    counts = scored[PREDICTED].value_counts()
    named = ", ".join(f"{n} {label}" for label, n in counts.items() if n)
    n_abstained = int(scored[ABSTAINED].sum())
    return (
        f"{len(scored):,} comments: {named or 'none with a position'}. "
        f"{n_abstained} marked ?: below {100 * abstain_below:g} %, better not used.\n"
        "Predictions are sometimes wrong; counts of them are no shares to publish."
    )
