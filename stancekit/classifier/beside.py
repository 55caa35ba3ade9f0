"""Train on other people's labelled comments beside one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.classifier.stance import StanceClassifier
from stancekit.features import CommentFeatures
from stancekit.folds import group_ids
from stancekit.threads import with_context, with_replies

# What a comment brings of its thread, once the thread's other rows are gone.
BROUGHT = (
    *(col.TEXT, col.HEADLINE, col.LANG, col.ARTICLE_ID, col.REPLIES_TEXT),
    *col.CONTEXT_COLUMNS,
)


class BesideClassifier(StanceClassifier):
    """Trains on the labelled comments given to `fit` and on others beside them.

    The others have the column ``stance``, and each of them counts `others_weight`,
    one's own counting 1.
    """

    def __init__(
        self,
        others: pd.DataFrame | None = None,
        others_weight: float = 1.0,
        features: CommentFeatures | None = None,
        *,
        C: float | None = None,
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        super().__init__(features, C=C, cv=cv, n_jobs=n_jobs, random_state=random_state)
        self.others = others
        self.others_weight = others_weight

    def fit(
        self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None
    ) -> BesideClassifier:
        """Train on both; `groups` and `sample_weight` are not taken."""
        self._fit(super().fit, X, y)
        return self

    def fit_plain(self, X: Any, y: Any) -> StanceClassifier:
        """Train on both and return the model without the others, as it is saved."""
        kept = StanceClassifier().get_params(deep=False)
        plain = StanceClassifier(**{name: getattr(self, name) for name in kept})
        return self._fit(plain.fit, X, y)

    def _fit(self, fit: Any, X: Any, y: Any) -> Any:
        others = self.others[self.others[col.STANCE].notna()]  # type: ignore[index]
        tables = {"own": with_context(X), "others": with_context(others)}
        labels = [np.asarray(y, dtype=object), others[col.STANCE].astype(object)]
        weights = np.repeat([1.0, self.others_weight], [len(each) for each in labels])
        parts = [_brought(table, name) for name, table in tables.items()]
        joined = pd.concat(parts, ignore_index=True)
        return fit(joined, np.concatenate(labels), sample_weight=weights)


def _brought(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return what comments bring, under articles that are no other table's."""
    articles = [f"{name} {group}" for group in group_ids(table)]
    table = with_replies(table).assign(**{col.ARTICLE_ID: articles})
    return table.reindex(columns=list(BROUGHT))
