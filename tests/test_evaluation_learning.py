"""How a model gets better with more labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

import stancekit
from stancekit.evaluation.baselines import make_baseline


class Counter(ClassifierMixin, BaseEstimator):
    """It keeps the rows it was trained on, and knows every label from 20 on."""

    parts: list = []  # noqa: RUF012  (clones share it)

    def fit(self, table, y):
        known = pd.notna(y)
        self.parts.append((set(table["comment_id"][known]), int((~known).sum())))
        self.classes_ = np.unique(y[known].astype(str))
        self.knows_ = known.sum() >= 20
        return self

    def predict(self, table):
        right = table["text"].to_numpy(dtype=object)
        return right if self.knows_ else np.full(len(table), "a", dtype=object)

    def predict_proba(self, table):
        said = self.predict(table)
        return (said[:, None] == self.classes_).astype(float)


@pytest.fixture
def table():
    """Ten articles of six comments, of which one has no label."""
    n = np.arange(60)
    return pd.DataFrame(
        {
            "comment_id": [f"c{i}" for i in n],
            "article_id": [f"a{i // 6}" for i in n],
            "text": np.where(n % 2, "a", "b"),
            "stance": np.where(n % 6 == 5, None, np.where(n % 2, "a", "b")),
        }
    )


def test_training_parts_grow_and_the_tested_comments_stay(table):
    Counter.parts.clear()
    curve = stancekit.learning_curve(Counter(), table, sizes=[10, 30], n_splits=2 + 1)
    assert curve["n_labelled"].tolist() == [10, 30]
    assert curve["n"].tolist() == [50, 50]
    assert curve["n_groups"].tolist() == [10, 10]
    assert curve.loc[0, "macro_f1"] < 0.5
    assert curve.loc[1, ["macro_f1", "low", "high"]].tolist() == [1, 1, 1]
    small, large = Counter.parts[:3], Counter.parts[3:]
    for (few, context), (many, same) in zip(small, large, strict=True):
        assert (len(few), len(many)) == (10, 30)
        assert few < many
        # Comments without a label stay as context.
        assert context == same > 0


def test_sizes_double_up_to_the_whole(table):
    both = [table, table.assign(article_id="b" + table["article_id"])]
    many = pd.concat(both * 2, ignore_index=True)
    many["comment_id"] = [f"c{i}" for i in range(len(many))]
    many["text"] += [f" wort{i}" for i in range(len(many))]
    curve = stancekit.learning_curve(make_baseline("words"), many, n_splits=2)
    assert curve["n_labelled"].tolist()[:2] == [50, 100]
    assert (curve["low"] <= curve["macro_f1"]).all()


def test_more_labels_than_there_are_are_refused(table):
    with pytest.raises(ValueError, match="80 labels are not between 4 and"):
        stancekit.learning_curve(make_baseline("words"), table, sizes=[80])
