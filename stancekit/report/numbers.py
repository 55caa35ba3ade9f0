"""Compute every number that a page shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.datasets import default_model, load_codebook
from stancekit.displays.canvas import titles_of
from stancekit.explanation import explain
from stancekit.explanation.marking import carrying
from stancekit.labels import Codebook, clean_labels
from stancekit.persistence import versions
from stancekit.persistence.arrays import pack
from stancekit.prevalence import estimate_prevalence
from stancekit.readers.report import REPORT
from stancekit.report.shown import Settings, rows_to_show, without_names
from stancekit.scoring import predict_comments, unseen_predictions
from stancekit.threads import add_context, has_no_text

Numbers = dict[str, Any]
# Where marked words begin and end in a text, and which of the text it answers.
Span = tuple[int, int]
# Takes the model and comments; returns for some ids the spans in text and parent text.
Marker = Callable[[Any, pd.DataFrame], Mapping[str, tuple[Sequence[Span], ...]]]
# Of probabilities and shares; a page shows two digits.
DIGITS = 4
# Why a model abstains; 1 is that it is not sure.
SURE, UNKNOWN_WORDS = 0, 2


def page_numbers(
    table: Any,
    model: Any,
    codebook: Codebook | None,
    settings: Settings,
    marker: Marker | None = None,
) -> tuple[Numbers, pd.DataFrame]:
    """Return what a page says of comments, as JSON has it, and all it may show."""
    read, is_default = getattr(table, "attrs", {}).get(REPORT), model is None
    if is_default:
        model, codebook = default_model(), codebook or load_codebook()
    scored = predict_comments(table, model, abstain_below=settings.abstain_below)
    scored = add_context(scored)
    labels = list(titles_of(map(str, model.classes_), codebook))
    spoken = scored[~has_no_text(scored)]
    predicted = [str(label) for label in spoken[col.PREDICTED]]
    rows = rows_to_show(scored)
    chosen = scored.iloc[rows]
    shown = without_names(scored, settings)
    numbers = {
        "settings": asdict(settings),
        "versions": versions(),
        "read": read and {**read, "source": Path(read["source"]).name},
        "model": _describe_model(model) | {"is_default": is_default},
        "codebook": _describe_codebook(codebook, labels),
        "comments_sha256": _hash_of(shown),
        "n": len(spoken),
        "n_silent": len(scored) - len(spoken),
        "n_in_training": int(spoken.get(col.IN_TRAINING, pd.Series(dtype=int)).sum()),
        "n_abstained": int(spoken[col.ABSTAINED].sum()),
        "counts": [predicted.count(label) for label in labels],
        "shares": _shares(scored, model, labels, settings),
        "comments": _comments(chosen, labels, model),
    }
    if marker is not None:
        # Where a name was replaced, the spans are of another text.
        same = chosen[col.TEXT].eq(shown[col.TEXT].iloc[rows])
        numbers["marks"] = _marks(marker(model, scored), chosen[same.fillna(False)])
    return numbers, shown


def _comments(chosen: pd.DataFrame, labels: list[str], model: Any) -> list[list[Any]]:
    """Return id, position, probability and whether the model abstains, of each."""
    place_of = {label: place for place, label in enumerate(labels)}
    places = [place_of.get(str(label), -1) for label in chosen[col.PREDICTED]]
    confidence = chosen[col.CONFIDENCE].astype(float).round(DIGITS)
    abstained = chosen[col.ABSTAINED].fillna(False).astype(int)
    # Of how few known words a model abstains, its first pass has learnt.
    bound = getattr(getattr(model, "first_", model), "known_bound_", 0.0)
    known = chosen.get(col.KNOWN, pd.Series(1.0, chosen.index)).astype(float)
    why = abstained.mask((known < bound) & (abstained != SURE), UNKNOWN_WORDS)
    rows = zip(ids_of(chosen), places, confidence, why, strict=True)
    return [
        [name, place, p, int(reason)] if place >= 0 else [name, -1, 0, SURE]
        for name, place, p, reason in rows
    ]


def ids_of(table: pd.DataFrame) -> list[str]:
    """Return the ids of comments, the numbers of the rows where there are none."""
    return [str(name) for name in table.get(col.COMMENT_ID, table.index.to_series())]


def _shares(
    scored: pd.DataFrame, model: Any, labels: list[str], settings: Settings
) -> Numbers | None:
    """Return the shares where there are labels; why not, where they do not allow it."""
    column = settings.label_column
    if column not in scored.columns or pd.isna(clean_labels(scored[column])).all():
        return None
    try:
        unseen = unseen_predictions(scored, model, column)
        found = estimate_prevalence(unseen, column)
    except ValueError as error:
        return {"impossible": str(error)}
    rows = found.to_frame().set_index("label")[["corrected", "low", "high"]]
    first = found.to_frame().iloc[0]
    # Cross-fitted models know nothing of a position that no comment has.
    rows = rows.rename(index=str).reindex(labels).round(DIGITS).astype(object)
    return {
        "rows": rows.where(rows.notna(), None).to_numpy().tolist(),
        "n_labelled": int(first["n_labelled"]),
        "n": int(first["n"]),
        "level": found.confidence_level,
        "notes": list(found.notes),
    }


def _marks(spans: Any, chosen: pd.DataFrame) -> Numbers:
    return {
        name: [[[int(a), int(b)] for a, b in text] for text in spans[name]]
        for name in ids_of(chosen)
        if name in spans
    }


def _describe_model(model: Any) -> Numbers:
    found = {"kind": type(model).__name__, "n_labelled": None, "sha256": None}
    if hasattr(model, "to_state"):
        settings, arrays = model.to_state()
        found["n_labelled"] = settings["n_labelled"]
        found["sha256"] = hashlib.sha256(pack(arrays)[0]).hexdigest()
    return found


def _describe_codebook(codebook: Codebook | None, labels: list[str]) -> Numbers:
    """Return the positions that the model knows, with what the codebook says."""
    known = {p.label: p for p in codebook.positions} if codebook else {}
    return {
        "question": codebook.question if codebook else "",
        "hash": codebook.content_hash if codebook else None,
        "positions": [
            [x, known[x].title or x, known[x].definition] if x in known else [x, x, ""]
            for x in labels
        ],
    }


def _hash_of(shown: pd.DataFrame) -> str:
    """Return a hash of ids and texts as they are shown."""
    # Of the names behind pseudonyms it must tell nothing, not even whether a guess is
    # right.
    columns = [
        c for c in (col.COMMENT_ID, col.PARENT_ID, col.TEXT) if c in shown.columns
    ]
    rows = shown[columns].astype(object).where(shown[columns].notna(), None)
    content = json.dumps(rows.to_numpy().tolist())
    return hashlib.sha256(content.encode()).hexdigest()


def carrying_words(
    model: Any, table: pd.DataFrame
) -> dict[str, tuple[list[Span], list[Span]]]:
    """Return for each comment what carried its label: in its text, in its parent's."""
    found: dict[str, tuple[list[Span], list[Span]]] = {}
    for why in explain(model, table):
        spans: dict[str, list[Span]] = {"own": [], "parent": []}
        for block in why.blocks:
            if block.name in spans:
                lead = block.weights[:, why.first] - block.weights[:, why.second]
                words = carrying(lead) & (lead > 0)
                starts, ends = block.starts[words], block.ends[words]
                spans[block.name] = list(
                    zip(map(int, starts), map(int, ends), strict=True)
                )
        found[str(why.comment_id)] = spans["own"], spans["parent"]
    return found
