"""Find what training and test folds share that they should not."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from stancekit import columns as col
from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.errors import LeakageWarning, name_rows
from stancekit.evaluation.crossfit import labels_of
from stancekit.evaluation.crossval import evaluate
from stancekit.evaluation.result import Evaluation
from stancekit.evaluation.shared_texts import near_duplicates, quotations
from stancekit.folds import split_comments, text_keys
from stancekit.intervals import Interval
from stancekit.threads import with_context

THREADS, AUTHORS = "threads", "authors"
NEAR_DUPLICATES, QUOTATIONS = "near-duplicates", "quotations"
TEXT_KINDS = (NEAR_DUPLICATES, QUOTATIONS)

NO_PAIRS = np.empty((0, 2), dtype=np.int64)
RANDOM, GROUPED = "random", "grouped"
# Enough to go and look.
N_EXAMPLES = 3
# Up to this share of the comments may share text across grouped folds unsaid: it
# cannot move a score by more.
ALLOWED_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class LeakageAudit:
    """What folds share, and what that does to the score.

    Parameters
    ----------
    shared : DataFrame
        One row for each kind ("threads", "authors", "near-duplicates", "quotations")
        and way to split ("random", "grouped"): ``kind``, ``folds``, ``n`` (labelled
        comments with such a partner in another fold), ``share`` (of all labelled
        comments) and ``examples`` (up to three pairs of ids).
    pairs : DataFrame
        All pairs of comments that share text across grouped folds: ``kind``,
        ``comment_id`` (for quotations, the one that quotes) and ``other_id``.
    random_score, grouped_score : Interval
        Macro-F1 on folds of single comments, and on folds that keep ``kept_whole``.
    difference : Interval
        The first minus the second: how much too good the random folds look.
    kept_whole : str
        "articles"; where they are too few, "threads" or "single comments".
    n_comments : int
        Labelled comments.
    """

    shared: pd.DataFrame
    pairs: pd.DataFrame
    random_score: Interval
    grouped_score: Interval
    difference: Interval
    kept_whole: str
    n_comments: int

    def to_frame(self) -> pd.DataFrame:
        """Return what is shared as a table; see ``shared``."""
        return self.shared.copy()

    def __repr__(self) -> str:
        return (
            f"<LeakageAudit: random minus grouped {self.difference}, "
            f"{self.n_comments} comments>"
        )

    def __str__(self) -> str:
        lines = [
            f"Macro-F1 on random folds   {self.random_score}",
            f"Macro-F1 on grouped folds  {self.grouped_score}",
            f"Random minus grouped       {self.difference}",
            f"{self.n_comments} labelled comments; grouped folds keep "
            f"{self.kept_whole} whole. With a partner in another fold:",
        ]
        lines += [
            f"  {row['kind']}, {row['folds']} folds: {row['n']} comments "
            f"({100 * row['share']:.1f} %)" + _as_examples(row["examples"])
            for row in self.shared.to_dict("records")
        ]
        return "\n".join(lines)


def audit_leakage(
    model: BaseEstimator,
    table: Any,
    label_column: str = col.STANCE,
    *,
    n_splits: int = 5,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> LeakageAudit:
    """Tell what random and grouped folds share, and how far it lifts the score.

    Four things that a labelled comment may have in common with one in another fold:
    its thread, its author, nearly its whole text, and a quoted passage. The first
    explains why folds keep articles whole; an author's habits are met again in
    practice, too, as long as the authors stay the same; shared text is what a model
    can recognise without understanding anything.

    Parameters
    ----------
    model : classifier
        Of single comments. Of a :class:`~stancekit.ConversationClassifier` its first
        classifier is taken: random folds would take its neighbours away.
    table : DataFrame
        Comments. Those without a label stand beside the others as context.
    label_column : str, default="stance"
        The human labels.
    n_splits, confidence_level, random_state
        As for :func:`evaluate`.

    Returns
    -------
    LeakageAudit

    Raises
    ------
    ValueError
        As :func:`evaluate`.

    Warns
    -----
    LeakageWarning
        If more than 1 % of the labelled comments share text across grouped folds.

    Notes
    -----
    Near-duplicates share half of their different runs of five words or more (exact
    Jaccard index [1]_, candidates from an inverted index of the runs). Quotations are
    lines that begin with ">" and passages in quotation marks, with four fifths of
    their runs in the other comment. Runs that stand in more than 50 comments are set
    phrases: they bring no two comments together, which keeps the cost linear. Texts
    and passages of fewer than five words do not count.

    References
    ----------
    .. [1] Broder, A. Z. (1997). On the resemblance and containment of documents.
       Compression and Complexity of Sequences, 21-29.

    Examples
    --------
    >>> from stancekit.classifier import StanceClassifier
    >>> from stancekit.datasets import load_corpus
    >>> audit = audit_leakage(
    ...     StanceClassifier(cv=2), load_corpus().head(100), n_splits=2
    ... )
    >>> audit.shared.query("kind == 'threads'")["n"].tolist()[1]
    0
    """
    table = with_context(table)
    y = labels_of(table, label_column)
    if isinstance(model, ConversationClassifier):
        model = StanceClassifier() if model.first is None else model.first

    def on_folds(groups: np.ndarray | None) -> Evaluation:
        split = split_comments(
            table, y, n_splits, groups=groups, random_state=random_state
        )
        return evaluate(
            model,
            table,
            label_column,
            folds=split.folds,
            baselines=(),
            confidence_level=confidence_level,
            random_state=random_state,
        )

    random, grouped = on_folds(np.arange(len(table))), on_folds(None)
    # Both evaluations hold the same comments in the same order.
    comments = grouped.predictions
    # Without ids their places in the index tell comments apart.
    named = table.get(col.COMMENT_ID, table.index.to_series())
    ids = named.to_numpy(dtype=object)[pd.notna(y)]
    links = _find_links(comments)
    across = {
        (kind, way): link.across(found.predictions[col.FOLD].to_numpy())
        for kind, link in links.items()
        for way, found in ((RANDOM, random), (GROUPED, grouped))
    }
    texts = {kind: across[kind, GROUPED] for kind in TEXT_KINDS}
    # Paired by the groups of the grouped folds: those of the others are comments.
    less = grouped.difference(random)
    audit = LeakageAudit(
        shared=_counts(across, ids),
        pairs=_named(texts, ids),
        random_score=random.macro_f1,
        grouped_score=grouped.macro_f1,
        # Not -x: a difference of 0 shall not be printed as -0.
        difference=replace(
            less, estimate=0 - less.estimate, low=0 - less.high, high=0 - less.low
        ),
        kept_whole=grouped.kept_whole,
        n_comments=len(comments),
    )
    # A comment may share text in both ways, and counts once.
    _warn(audit, len(np.unique(np.vstack(list(texts.values())))))
    return audit


def _counts(across: dict[tuple[str, str], np.ndarray], ids: np.ndarray) -> pd.DataFrame:
    """Return how many comments have a partner in another fold, with examples."""
    rows = []
    for (kind, way), pairs in across.items():
        n = len(np.unique(pairs))
        examples = [(ids[a], ids[b]) for a, b in pairs[:N_EXAMPLES]]
        rows.append((kind, way, n, n / len(ids), examples))
    return pd.DataFrame(rows, columns=["kind", "folds", "n", "share", "examples"])


def _named(pairs: dict[str, np.ndarray], ids: np.ndarray) -> pd.DataFrame:
    rows = [(kind, ids[a], ids[b]) for kind, some in pairs.items() for a, b in some]
    return pd.DataFrame(rows, columns=["kind", "comment_id", "other_id"])


def _as_examples(pairs: list[tuple[Any, Any]]) -> str:
    named = ", ".join(f"{a} and {b}" for a, b in pairs)
    return f", for instance {named}" if named else ""


def _warn(audit: LeakageAudit, n_sharing: int) -> None:
    """Say what to do where grouped folds share too much text."""
    if n_sharing <= ALLOWED_SHARE * audit.n_comments:
        return
    warnings.warn(
        f"{n_sharing} of {audit.n_comments} labelled comments share text with one in "
        f"another fold, although the folds keep {audit.kept_whole} whole; the score is "
        f"too good. They are, with their partners: "
        f"{name_rows(audit.pairs['comment_id'].unique())}; audit.pairs has them all. "
        "Keep one of each near-duplicate, cut what is quoted, or give the comments "
        "that belong together one article_id.",
        LeakageWarning,
        stacklevel=3,
    )


@dataclass(frozen=True, eq=False)
class Links:
    """Which comments have something in common: a key that is not empty, or as pairs."""

    keys: np.ndarray | None = None
    pairs: np.ndarray = field(default_factory=NO_PAIRS.copy)

    def across(self, fold: np.ndarray) -> np.ndarray:
        """Return linked pairs of rows in different folds, shape (m, 2).

        Of the comments with one key, each comes with one partner, not with all.

        >>> links = Links(keys=np.array(["a", "a", "b", "b"], dtype=object))
        >>> links.across(np.array([0, 1, 1, 1])).tolist()
        [[0, 1]]
        """
        differ = fold[self.pairs[:, 0]] != fold[self.pairs[:, 1]]
        pairs = self.pairs[differ]
        if self.keys is not None:
            same = _partners(self.keys, fold)
            pairs = np.unique(np.sort(np.vstack([pairs, same]), axis=1), axis=0)
        return pairs


def _find_links(comments: pd.DataFrame) -> dict[str, Links]:
    """Return what comments have in common, by kind; no authors where none are known."""
    texts = comments[col.TEXT].tolist()
    links = {THREADS: Links(comments[col.THREAD_ID].to_numpy(dtype=object))}
    if col.AUTHOR in comments.columns:
        links[AUTHORS] = Links(comments[col.AUTHOR].to_numpy(dtype=object))
    # Copies of a set phrase stand in too many comments to be compared in pairs.
    links[NEAR_DUPLICATES] = Links(text_keys(texts), near_duplicates(texts))
    links[QUOTATIONS] = Links(pairs=quotations(texts))
    return links


def _partners(keys: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return each row with one of the same key in another fold, if there is one."""
    rows = pd.DataFrame({"key": keys, "fold": fold, "row": np.arange(len(keys))})
    rows = rows[rows["key"].notna() & (rows["key"] != "")]
    # One row of each fold in which the key stands; two of them are enough, since at
    # least one of the two is in another fold than any given row.
    firsts = rows.drop_duplicates(["key", "fold"])
    place = firsts.groupby("key").cumcount()
    found = [
        rows.merge(firsts[place == n], on="key", suffixes=("", "_partner"))
        for n in (0, 1)
    ]
    pairs = pd.concat(found, ignore_index=True)
    pairs = pairs[pairs["fold"] != pairs["fold_partner"]]
    return pairs[["row", "row_partner"]].to_numpy(dtype=np.int64)
