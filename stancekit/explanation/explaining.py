"""Explain what a classifier says of comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.classifier import TargetClassifier
from stancekit.errors import name_rows
from stancekit.explanation.result import Explanation
from stancekit.explanation.scene import Scene, around, without_neighbours
from stancekit.explanation.weights import Block, Facts, check_explainable, weigh
from stancekit.threads import check_comments, has_no_text, with_context, with_replies

# Kernels differ by so little in single precision; it is nothing to be told of.
ROUNDING = 1e-5


@overload
def explain(model: Any, table: Any, rows: int | str) -> Explanation: ...
@overload
def explain(
    model: Any, table: Any, rows: Sequence[int] | Sequence[str] | None = None
) -> list[Explanation]: ...
def explain(
    model: Any, table: Any, rows: int | str | Sequence[Any] | None = None
) -> Explanation | list[Explanation]:
    """Say which words and which facts of the thread carried a decision.

    The model is linear in the words, so this is no approximation: what is shown adds
    up to the decision value. A word is what stands between white space. It gets all
    n-grams of characters in it, which never cross white space, and half of each pair
    of words that it shares with another.

    Parameters
    ----------
    model : StanceClassifier, ConversationClassifier or TargetClassifier
        A trained classifier.
    table : DataFrame or sequence of str
        Comments, as :func:`~stancekit.check_comments` takes them. As for predictions,
        give whole articles.
    rows : int, str or sequence of these, optional
        Which comments: positions in the table, comment ids, or a mask of the table. By
        default all that have a text.

    Returns
    -------
    Explanation or list of Explanation
        One explanation where `rows` is one row, else a list.

    Raises
    ------
    TypeError
        If the model is another one, or the comments are no comment table.
    ValueError
        If there is no such row, or it has no text.

    Examples
    --------
    >>> from stancekit import StanceClassifier
    >>> texts = ["Erst reden!", "Reden, nicht schießen", "Liefern!", "Mehr liefern"]
    >>> labels = ["talks", "talks", "arms", "arms"]
    >>> model = StanceClassifier(cv=2).fit(texts, labels)
    >>> why = explain(model, ["Wir müssen reden"], 0)
    >>> why.label, why.other
    ('talks', 'arms')
    >>> why.to_frame().query("block == 'own'")["text"].tolist()
    ['Wir', 'müssen', 'reden']
    """
    checked = check_comments(table)
    at = _positions(rows, checked)
    context = with_replies(with_context(checked))
    if isinstance(model, TargetClassifier):
        of_row = {row: each for each, own in model.rows_of(context) for row in own}
        found = [_explain_rows(of_row[row], checked, context, [row])[0] for row in at]
    else:
        found = _explain_rows(model, checked, context, at)
    return found[0] if isinstance(rows, (int, str, np.integer)) else found


def _explain_rows(
    model: Any, checked: pd.DataFrame, context: pd.DataFrame, at: list[int]
) -> list[Explanation]:
    check_explainable(model)
    # Comments of other articles change nothing, and would take time.
    near = around(context, at)
    told = model.predict_log_proba(context[near])[(np.cumsum(near) - 1)[at]]
    alone = model.predict_log_proba(without_neighbours(context.iloc[at]))
    scenes = [Scene(model, checked, context, row) for row in at]
    weighed = weigh(model, context.iloc[at])
    return [
        _explain_row(*each) for each in zip(scenes, told, alone, weighed, strict=True)
    ]


def _explain_row(
    scene: Scene,
    told: np.ndarray,
    alone: np.ndarray,
    weighed: tuple[list[Block], Facts],
) -> Explanation:
    """Put together what is known of a comment, from its log-probabilities (K,) on."""
    blocks, facts = weighed
    linear = sum(facts.values()) + sum(block.weights.sum(axis=0) for block in blocks)
    # What leaning towards the shares and the cap of the surest take back.
    facts["caution"] = alone - linear
    facts["thread"] = told - alone
    facts["decision"] = np.log(scene.model.decision_weights_)
    label = int(scene.model.decide(np.exp(told)[None])[0])
    others = [other for other in np.argsort(-told, kind="stable") if other != label]
    return Explanation(
        scene.comment_id,
        scene.model.classes_.tolist(),
        np.exp(told),
        tuple(blocks),
        {name: fact for name, fact in facts.items() if np.ptp(fact) > ROUNDING},
        label,
        int(others[0]),
        scene,
    )


def _positions(rows: Any, table: pd.DataFrame) -> list[int]:
    """Return where the chosen comments stand in the table."""
    silent = has_no_text(table)
    if rows is None:
        return np.flatnonzero(~silent).tolist()
    chosen: Any = [rows] if isinstance(rows, (int, str, np.integer)) else list(rows)
    ids = table.get(col.COMMENT_ID, pd.Series(dtype="str")).tolist()
    place_of = {name: place for place, name in enumerate(ids)}
    if chosen and np.asarray(chosen).dtype == bool:
        chosen = np.flatnonzero(chosen).tolist()
    places: list[int] = [
        place_of.get(row, -1) if isinstance(row, str) else int(row) for row in chosen
    ]
    wrong = [
        row for row, at in zip(chosen, places, strict=True) if not 0 <= at < len(table)
    ]
    if wrong:
        raise ValueError(
            f"rows= names comments that are not there: {name_rows(wrong)}. Give "
            f"comment ids of the table, or positions from 0 to {len(table) - 1}."
        )
    mute = [row for row, at in zip(chosen, places, strict=True) if silent[at]]
    if mute:
        raise ValueError(
            f"These comments have no text, so nothing in it explains: "
            f"{name_rows(mute)}. Leave them out."
        )
    return places
