"""Estimate shares, and say what to write of them and how many more labels to give."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from stancekit.annotation import Agreement, agreement, read_labels
from stancekit.cli import given
from stancekit.cli.telling import tell, told_if_long
from stancekit.errors import name_rows
from stancekit.evaluation import cross_fit
from stancekit.files import refuse_existing
from stancekit.prevalence import Prevalence, estimate_prevalence, labels_needed
from stancekit.prevalence.grouping import group_rows
from stancekit.scoring import predict_comments, unseen_predictions

# What is told of further labels holds in nine of ten cases.
ASSURANCE = 0.9
MORE = (50, 200)


def run_prevalence(arguments: Namespace) -> None:
    """Estimate the share of each position, corrected for the classifier's errors."""
    as_latex = Path(arguments.output or "").suffix.lower() == ".tex"
    if as_latex:
        refuse_existing(arguments.output, force=arguments.force)
    else:
        given.check_output(arguments)
    table = given.read_source(arguments)
    group_rows(table, arguments.by)  # it may be missing; training takes minutes
    agreed = None
    if arguments.annotators:
        labels = pd.concat([read_labels(path) for path in arguments.annotators])
        agreed = agreement(labels, table=table, random_state=arguments.seed)
    with told_if_long("Predicting each comment and estimating shares"):
        found = estimate_prevalence(
            _score_unseen(table, arguments),
            arguments.label_column,
            by=arguments.by,
            unit=arguments.unit,
            min_labelled=arguments.min_labelled,
            pool=arguments.pool,
        )
    as_table = arguments.json or arguments.output == "-"
    say = partial(print, file=sys.stderr if as_table else sys.stdout)
    if as_latex:
        given.write_text(f"{found.to_latex()}\n", arguments)
    elif arguments.output or arguments.json:
        given.write_table(found.to_frame(wide=arguments.wide), arguments)
    else:
        print(found)
    if arguments.output or arguments.json:
        # A table has no place for them, and without them its shares mislead.
        for note in found.notes:
            tell(f"stancekit: note: {note}")
    _say_more(found, agreed, arguments, say)


def _say_more(
    found: Prevalence,
    agreed: Agreement | None,
    arguments: Namespace,
    say: Callable[..., None],
) -> None:
    """Say what else was asked for, and on a screen how many more labels to give."""
    if arguments.compare:
        say(_difference(found, *arguments.compare))
    if arguments.margin or not (arguments.output or arguments.json):
        say(*_outlook(found.overall or found, arguments.margin), sep="\n")
    if arguments.methods:
        kind = given.CLASSIFIERS[arguments.classifier].__name__
        model = Path(arguments.model).name if arguments.model else kind
        language = arguments.methods
        text = found.methods_text(model=model, agreement=agreed, language=language)
        say(f"\n{text}")


def _score_unseen(table: pd.DataFrame, arguments: Namespace) -> pd.DataFrame:
    """Predict each comment with a model that was not trained on it."""
    if not arguments.model:
        return cross_fit(given.classifier_of(arguments), table, arguments.label_column)
    model = given.model_of(arguments)
    scored = predict_comments(table, model)
    if arguments.label_column not in table.columns:
        return scored  # estimate_prevalence says what is missing
    # A model looks better on what it was trained on, and shares would be off by that.
    return unseen_predictions(scored, model, arguments.label_column)


def _difference(found: Prevalence, first: str, second: str) -> str:
    """Return the difference of two groups as lines of text."""
    # Groups may be numbers; what was typed are words.
    named = {str(group): group for group in found.shares["group"].unique()}
    a, b = (named.get(name, name) for name in (first, second))
    rows = found.difference(a, b)
    labelled = found.shares.drop_duplicates("group").set_index("group")["n_labelled"]
    level = f"{100 * found.confidence_level:g} %"
    lines = [
        f"\n{first} ({labelled[a]} labelled) less {second} ({labelled[b]} labelled), "
        f"in points, with {level} intervals:"
    ]
    width = max(len(str(label)) for label in rows["label"])
    for row in rows.to_dict("records"):
        ends = f"[{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"
        lines.append(f"{row['label']:>{width}} {100 * row['difference']:+.1f} {ends}")
    return "\n".join(lines)


def _outlook(found: Prevalence, margin: float | None) -> Iterator[str]:
    """Say what more labels would give, what the model saves, and when to stop."""
    n, n_labelled = found.shares.loc[0, ["n", "n_labelled"]].tolist()
    if n == n_labelled and margin is None:
        yield f"\nAll {n:,} comments are labelled: none is left to label."
        return
    points = (margin or 3) / 100
    expected = labels_needed(found, margin=points, more=MORE)
    plan = labels_needed(found, margin=points, assurance=ASSURANCE, more=MORE)
    yield (
        f"\nHow many more? Half-widths in points with the {n_labelled:,} labels of now "
        f"(n = {n:,} comments), and with {MORE[0]} and {MORE[1]} more, to be expected "
        "and, in brackets, not exceeded in nine of ten cases; labels that the model "
        "saves:"
    )
    shown = pd.DataFrame({"label": plan["label"], "now": _points(plan["half_width"])})
    for k in MORE:
        column = f"half_width_{k}_more"
        shown[f"+{k}"] = _points(expected[column]) + _points(plan[column], " ({:.1f})")
    saved = ["labels_saved", "labels_saved_low", "labels_saved_high"]
    shown["saved"] = [
        f"{a:z.0f} [{low:z.0f}, {high:z.0f}]" for a, low, high in plan[saved].to_numpy()
    ]
    yield shown.to_string(index=False)
    useless = plan.loc[plan["labels_saved"] < 0.5, "label"]
    if len(useless) == len(plan):
        yield "Labels alone would do as well or better: the model saves none."
    elif len(useless):
        yield f"Labels alone would do as well or better for: {name_rows(useless)}."
    if margin:
        yield _stop(plan, margin)


def _points(shares: pd.Series, form: str = "{:.1f}") -> pd.Series:
    return (100 * shares).map(form.format)


def _stop(plan: pd.DataFrame, margin: float) -> str:
    """Say by the user's rule whether to stop."""
    if not (needed := plan["more_labels"].max()):
        return f"Stop: every interval is within ± {margin:g} points."
    most = plan.loc[plan["more_labels"].idxmax()]
    if plan["reachable"].all():
        go_on = (
            f"Go on: {needed:,} more labels, drawn at random, bring every interval "
            f"within ± {margin:g} points in nine of ten cases ({most['label']} takes "
            "most)"
        )
        # So far ahead plans were kept less often, in simulations.
        n = int(most["n_labelled"])
        return go_on + (f"; label {n:,} first, then look again." if needed > n else ".")
    far = plan.loc[plan["half_width_then"].idxmax()]
    return (
        f"± {margin:g} points are not sure to be reached, even with all comments "
        f"labelled: {far['label']} may then have ± {100 * far['half_width_then']:.1f}, "
        "as far as the articles or threads differ."
    )
