"""Do the steps of a round of labels: draw, merge, compare, doubt."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.annotation import agreement, read_labels, suggest, write_tasks
from stancekit.annotation.label_quality import doubtful_labels
from stancekit.annotation.label_table import SUBMITTED, gather_labels, take_labels
from stancekit.cli import given
from stancekit.cli.telling import tell, told_if_long
from stancekit.datasets import load_codebook
from stancekit.errors import name_rows
from stancekit.evaluation import evaluate
from stancekit.files import refuse_existing
from stancekit.labels import Codebook, clean_labels
from stancekit.readers import read_comments

# What read_labels is told about label files.
FILE_OPTIONS = "format id_field label_field annotator_field skip_bad_lines".split()
# Lines that fill a screen; --output writes all.
MOST_SHOWN = 20


def run_codebook(arguments: Namespace) -> None:
    """Write the bundled codebook, to be made one's own."""
    content = load_codebook().to_toml()
    if arguments.output in (None, "-"):
        print(content, end="")
    else:
        given.write_text(content, arguments)


def run_suggest(arguments: Namespace) -> None:
    """Draw comments to be labelled next, and record how they were drawn."""
    if arguments.tasks:
        tasks = Path(arguments.tasks)
        refuse_existing(tasks, force=arguments.force)
        # Without the record of the draw the labels could not estimate shares.
        beside = tasks.with_name(f"{tasks.stem}_drawn.csv")
        arguments.output = arguments.output or str(beside)
    given.check_output(arguments)
    codebook, table = given.codebook_of(arguments), given.read_source(arguments)
    model = _steering_model(table, codebook, arguments)
    drawn = suggest(
        table,
        arguments.n,
        model=model,
        strategy=arguments.strategy or ("random" if model is None else "mixed"),
        random_state=arguments.seed,
    )
    number = drawn[col.SAMPLING_ROUND].max()
    how = "at random" if model is None else "by a model's doubts"
    tell(f"{arguments.n:,} of {len(drawn):,} comments drawn {how} (round {number})")
    if arguments.tasks:
        # Earlier rounds have been labelled.
        chosen = drawn[drawn[col.SAMPLING_ROUND] == number]
        files = write_tasks(
            chosen, tasks, arguments.tool, codebook=codebook, force=arguments.force
        )
        tell(f"Tasks written to {', '.join(map(str, files))}")
        if codebook is None:
            tell("They offer no labels: there is no --codebook")
        elif arguments.tool == "doccano":
            named = ", ".join(codebook.labels)
            tell(f"Add these labels in the project: {named}")
    given.write_table(drawn, arguments)
    if arguments.tasks:
        tell(
            "Next, when the comments are labelled: stancekit labels FILE [FILE ...] "
            f"--into {arguments.output} -o labelled.csv"
        )


def _steering_model(
    table: pd.DataFrame, codebook: Codebook | None, arguments: Namespace
) -> Any:
    """Return the model by whose doubts to draw: the bundled one on its subject only."""
    if arguments.strategy == "random":
        return None
    if arguments.model:
        return given.model_of(arguments)
    labels = set(codebook.labels) if codebook else set()
    if codebook is None and col.STANCE in table.columns:
        labels = set(clean_labels(table[col.STANCE])) - {None}
    # Its doubts about another subject say nothing about that one.
    is_ours = labels and labels <= {*load_codebook().labels}
    return given.model_of(arguments) if is_ours else None


def run_labels(arguments: Namespace) -> None:
    """Take the labels of annotators into the table, and tell how far they agree."""
    given.check_output(arguments)
    say = partial(print, file=sys.stderr if arguments.output == "-" else sys.stdout)
    ties_file = _ties_file(arguments)
    codebook, table = given.codebook_of(arguments), read_comments(arguments.into)

    def gathered(*paths: str) -> pd.DataFrame:
        return gather_labels(_read_files(paths, arguments), table, codebook)

    labels = gathered(*arguments.labels)
    # Apart from the others: who decides ties is no judge of the agreement.
    third = gathered(arguments.third) if arguments.third else None
    labelled, votes = take_labels(table, labels, third)
    say(_given(labels))
    if third is not None:
        needless = set(third[col.COMMENT_ID]) - {*votes.index[votes["tie"]]}
        say(f"Third person: {_given(third)}; {len(needless)} on comments without a tie")
    _say_agreement(labels, table, codebook, arguments, say)
    ties = votes.index[votes["tie"] & votes[col.LABEL].isna()]
    if len(ties):
        say(f"Ties: {len(ties)} of {len(votes)} comments: {name_rows(ties)}")
        if ties_file:
            rows = labelled[labelled[col.COMMENT_ID].isin(ties)]
            form = "excel" if ties_file.suffix == ".xlsx" else "csv"
            write_tasks(rows, ties_file, form, codebook=codebook, force=arguments.force)
            say(
                f"Written to {ties_file} for a third person, who decides them. Then "
                f"run this command again with --third {ties_file} --force"
            )
    given.write_table(labelled, arguments)
    counts = labelled[col.STANCE].value_counts()
    named = ", ".join(f"{n} {label}" for label, n in counts.items())
    say(f"{counts.sum():,} of {len(labelled):,} comments have a label: {named}")
    say(
        f"Next: stancekit check-labels {arguments.output}, then stancekit prevalence "
        f"{arguments.output} --margin 3, which says how many more labels it takes"
    )


def _read_files(paths: Sequence[str], arguments: Namespace) -> list[pd.DataFrame]:
    options = given.options_of(arguments, *FILE_OPTIONS)
    return [read_labels(path, **options) for path in paths]


def _ties_file(arguments: Namespace) -> Path | None:
    if arguments.ties is None and arguments.output == "-":
        return None
    output = Path(arguments.output)
    path = Path(arguments.ties or output.with_name(f"{output.stem}_ties.csv"))
    # One that was written before, and filled in since, is no place for another.
    if arguments.third is None:
        refuse_existing(path, force=arguments.force)
    elif Path(arguments.third) == path:
        return None
    return path


def _given(labels: pd.DataFrame) -> str:
    """Say how many labels each annotator gave, and what became of the others."""
    lines = []
    # Nobody opened a comment that has no annotator.
    for name, rows in labels.fillna({col.ANNOTATOR: "nobody"}).groupby(col.ANNOTATOR):
        n = rows[col.STATUS].value_counts().drop(SUBMITTED, errors="ignore")
        rest = "".join(f", {k} {status}" for status, k in n.items())
        if rest:
            open_ = rows.loc[rows[col.LABEL].isna(), col.COMMENT_ID]
            rest += f" ({name_rows(open_.unique())})"
        lines.append(f"{name}: {rows[col.LABEL].notna().sum()} labels{rest}")
    return "\n".join(lines)


def _say_agreement(
    labels: pd.DataFrame,
    table: pd.DataFrame,
    codebook: Codebook | None,
    arguments: Namespace,
    say: Callable[..., None],
) -> None:
    submitted = labels[labels[col.LABEL].notna()]
    if not submitted.duplicated(col.COMMENT_ID).any():
        say("No comment has labels by two annotators: there is no agreement to tell.")
        return
    found = agreement(
        labels, table=table, codebook=codebook, random_state=arguments.seed
    )
    say(found)
    for row in found.kappas.to_dict("records"):
        # Where both gave one label throughout, chance explains all.
        kappa = "not defined" if pd.isna(row["kappa"]) else f"{row['kappa']:.3f}"
        say(
            f"Cohen's kappa of {row['annotator_a']} and {row['annotator_b']}: {kappa} "
            f"(n = {row['n_comments']} comments, {100 * row['observed']:.1f} % alike)"
        )


def run_agreement(arguments: Namespace) -> None:
    """Tell how far annotators agree."""
    found = agreement(
        pd.concat(_read_files(arguments.labels, arguments)),
        table=read_comments(arguments.comments) if arguments.comments else None,
        codebook=given.codebook_of(arguments),
        random_state=arguments.seed,
    )
    if arguments.json:
        given.print_table(found.to_frame(), arguments)
    else:
        print(found)


def run_check_labels(arguments: Namespace) -> None:
    """Rank the labels that a model or a comment with the same words speaks against."""
    given.check_output(arguments)
    codebook, table = given.codebook_of(arguments), given.read_source(arguments)
    with told_if_long("Predicting each comment by a model that has not seen it"):
        evaluation = evaluate(
            given.classifier_of(arguments),
            table,
            arguments.label_column,
            n_splits=arguments.folds,
            baselines=(),
            random_state=arguments.seed,
        )
    found = doubtful_labels(evaluation, codebook)
    tell(
        f"{len(found):,} of {evaluation.n_comments:,} labels are doubtful; read these "
        "comments again. Nothing was changed."
    )
    if arguments.output or arguments.json:
        given.write_table(found, arguments)
        return
    for place, row in enumerate(found.head(MOST_SHOWN).to_dict("records"), 1):
        print(
            f"{place:3}. {row.get(col.COMMENT_ID, '')} {row['given_label']}: "
            f"{row['doubt']}; {100 * row['label_quality']:.0f} % for the label given"
        )
        print(f"     {' '.join(row[col.TEXT].split())[:70]}")
        if row["rule"]:
            print(f"     {row['rule']}")
