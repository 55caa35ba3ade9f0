"""What pictures show: the numbers in them, not their pixels."""

import itertools
import sys

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.displays.canvas import COLOURS, looks
from stancekit.html_table import html_table

pyplot = pytest.importorskip("matplotlib.pyplot")

CODEBOOK = stancekit.Codebook(
    (stancekit.Position("pro", title="in favour"), stancekit.Position("anti"))
)


@pytest.fixture(autouse=True)
def _on_paper():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.fixture
def evaluation():
    """Twenty comments, sure and right in the first half, unsure in the second."""
    right = [True] * 9 + [False] + [True] * 5 + [False] * 5
    stance = np.array(["pro", "anti"] * 10)
    predicted = np.where(right, stance, np.where(stance == "pro", "anti", "pro"))
    sure = np.repeat([0.9, 0.55], 10)
    is_pro = predicted == "pro"
    rows = pd.DataFrame(
        {
            "text": "Erst reden!",
            "stance": stance,
            "predicted": predicted,
            "confidence": sure,
            "proba_anti": np.where(is_pro, 1 - sure, sure),
            "proba_pro": np.where(is_pro, sure, 1 - sure),
            "baseline_all <b>pro</b>": "pro",
            "group": [f"a{i % 4}" for i in range(20)],
            "fold": 0,
            "repeat": 0,
        }
    )
    return stancekit.Evaluation(rows, ("anti", "pro"), "articles")


def make_prevalence(by=None):
    rng = np.random.default_rng(0)
    pro = rng.random(240) < 0.4
    score = np.clip(np.where(pro, 0.8, 0.2) + rng.normal(0, 0.2, 240), 0.01, 0.99)
    stance = np.where(pro, "pro", "anti").astype(object)
    table = pd.DataFrame(
        {
            "article_id": [f"a{i % 24}" for i in range(240)],
            "stance": np.where(rng.random(240) < 0.6, stance, None),
            "site": ["north" if i % 2 else "south" for i in range(240)],
            "proba_pro": score,
            "proba_anti": 1 - score,
        }
    )
    return stancekit.estimate_prevalence(table, by=by)


def words_in(ax):
    return [text.get_text() for text in ax.texts]


def test_a_confusion_has_a_column_for_the_abstained(evaluation):
    display = stancekit.ConfusionDisplay.from_evaluation(
        evaluation, abstain_below=0.6, codebook=CODEBOOK
    )
    assert display.confusion.to_dict() == {
        "pro": {"pro": 5, "anti": 1},
        "anti": {"pro": 0, "anti": 4},
        "abstained": {"pro": 5, "anti": 5},
    }
    assert display.plot() is display
    cells = ["5\n50 %", "0\n0 %", "5\n50 %", "1\n10 %", "4\n40 %", "5\n50 %"]
    assert words_in(display.ax_) == cells
    named = [tick.get_text() for tick in display.ax_.get_xticklabels()]
    assert named == ["in favour", "anti", "abstained"]
    [first, _] = display.ax_.get_yticklabels()
    assert first.get_text() == "in favour (n = 10)"


def test_a_confusion_abstains_where_predictions_do():
    rng = np.random.default_rng(0)
    words = "alle reden über das Wetter von gestern und morgen in der Stadt".split()
    rows = [
        (f"a{i // 4}", " ".join([*rng.choice(words, 7), said]), label)
        for i, (said, label) in enumerate([("liefern", "pro"), ("reden", "anti")] * 20)
    ]
    rows += [(f"b{i}", "qui veut encore parler de tout cela", "pro") for i in (0, 1)]
    table = pd.DataFrame(rows, columns=["article_id", "text", "stance"])
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), C=1, cv=2)
    folds = [(np.arange(20), np.arange(20, 42))]
    evaluation = stancekit.evaluate(model, table, folds=folds, baselines=())
    scored = stancekit.predict_comments(
        table[20:], model.fit(table[:20], table["stance"][:20])
    )
    display = stancekit.ConfusionDisplay.from_evaluation(evaluation)
    assert scored["abstained"].sum() >= 2 > (scored["confidence"] < 0.4).sum()
    assert display.confusion["abstained"].sum() == scored["abstained"].sum()


def test_every_comment_of_a_repeat_is_in_a_confusion(evaluation):
    twice = pd.concat(
        [evaluation.predictions, evaluation.predictions.assign(repeat=1)],
        ignore_index=True,
    )
    evaluation = stancekit.Evaluation(twice, evaluation.labels, "articles")
    display = stancekit.ConfusionDisplay.from_evaluation(evaluation)
    assert display.confusion.to_numpy().sum() == 20


def test_reliability_shows_the_bins_and_how_many_they_hold(evaluation):
    display = stancekit.ReliabilityDisplay.from_evaluation(evaluation).plot()
    bins = evaluation.reliability
    points = display.ax_.lines[1].get_xydata()
    assert points == pytest.approx(bins[["confidence", "accuracy"]].to_numpy())
    assert words_in(display.ax_) == ["2"] * 10
    assert f"{evaluation.calibration_error:.3f}" in display.ax_.get_title(loc="left")
    assert (display.reliability["low"] <= bins["accuracy"]).all()
    assert (bins["accuracy"] <= display.reliability["high"]).all()


def test_risk_coverage_shows_the_error_that_is_left(evaluation):
    display = stancekit.RiskCoverageDisplay.from_evaluation(evaluation).plot()
    # Half are as sure as each other and have one error; all together have six.
    assert display.points["coverage"].tolist() == [0.5, 0.5, 1, 1, 1]
    assert display.points["error"].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.3, 0.3])
    assert words_in(display.ax_)[0] == "10 %\nfrom 90 %"
    assert words_in(display.ax_)[-1] == "30 %\nfrom 55 %"
    low, high = display.points.iloc[-1][["low", "high"]]
    found = evaluation.error_at(1.0)
    assert (low, high) == (found.low, found.high)


def test_contexts_are_compared_by_what_the_model_gains(evaluation):
    display = stancekit.ContextDisplay.from_evaluation(evaluation).plot()
    [gain] = evaluation.baselines["difference"]
    assert words_in(display.ax_) == [f"{gain:+.3f}"]
    [name] = display.ax_.get_yticklabels()
    assert name.get_text().startswith("all <b>pro</b> (0.")
    alone = stancekit.Evaluation(
        evaluation.predictions.drop(columns="baseline_all <b>pro</b>"),
        evaluation.labels,
        "articles",
    )
    with pytest.raises(ValueError, match="compares with no other model"):
        stancekit.ContextDisplay.from_evaluation(alone)


def test_shares_are_bars_with_naive_counts_beside_them():
    prevalence = make_prevalence()
    display = stancekit.SharesDisplay.from_prevalence(prevalence, codebook=CODEBOOK)
    ax = display.plot().ax_
    rows = prevalence.to_frame().set_index("label").loc[["pro", "anti"]]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx(rows["corrected"].tolist())
    [crosses] = [line for line in ax.lines if line.get_marker() == "x"]
    assert list(crosses.get_xdata()) == pytest.approx(rows["naive"].tolist())
    low, high = (round(100 * rows.loc["pro", end]) for end in ("low", "high"))
    assert words_in(ax)[0].endswith(f"[{low}, {high}]")
    assert "n = 240, " in ax.get_title(loc="left")


def test_shares_of_groups_have_a_panel_for_each_label():
    prevalence = make_prevalence(by="site")
    display = stancekit.SharesDisplay.from_prevalence(prevalence).plot()
    rows = prevalence.to_frame()
    for panel, label in zip(display.ax_, ["pro", "anti"], strict=True):
        assert panel.get_title(loc="left") == label
        corrected, *_, crosses = panel.lines
        of_label = rows[rows["label"] == label]
        assert list(corrected.get_ydata()) == pytest.approx([*of_label["corrected"]])
        assert list(crosses.get_ydata()) == pytest.approx([*of_label["naive"]])
    n = rows["n_labelled"].iloc[0]
    assert display.ax_[1].get_xticklabels()[0].get_text() == f"north ({n})"


def test_axes_of_ones_own_are_drawn_on(evaluation):
    figure, (left, right) = pyplot.subplots(1, 2)
    display = stancekit.ReliabilityDisplay.from_evaluation(evaluation).plot(left)
    assert display.ax_ is left
    assert display.figure_ is figure
    shares = stancekit.SharesDisplay.from_prevalence(make_prevalence(by="site"))
    assert shares.plot([left, right]).ax_[1] is right
    with pytest.raises(ValueError, match="needs 2 axes; ax= has 1"):
        shares.plot(left)


def test_without_matplotlib_the_extra_is_named(evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    display = stancekit.ReliabilityDisplay.from_evaluation(evaluation)
    with pytest.raises(ImportError, match=r"pip install 'stancekit\[plots\]'"):
        display.plot()


def test_a_position_looks_the_same_whatever_the_order_of_labels():
    assert looks(["b", "a", "c"]) == looks(["c", "b", "a"])
    many = looks(range(64)).values()
    assert len({(look.colour, look.hatch, look.marker) for look in many}) == 64


def test_the_first_colours_differ_in_grey():
    grey = []
    for colour in COLOURS[:5]:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04 else 0 for c in channels]
        y = np.dot(linear, [0.2126, 0.7152, 0.0722])
        grey.append(116 * np.cbrt(y) - 16)
    assert min(abs(a - b) for a, b in itertools.combinations(grey, 2)) > 11


def test_results_are_tables_in_notebooks(evaluation):
    shown = evaluation._repr_html_()
    assert f"{evaluation.macro_f1.estimate:.3f} [" in shown
    assert "all &lt;b&gt;pro&lt;/b&gt;" in shown
    assert "<b>" not in shown
    prevalence = make_prevalence()
    row = prevalence.to_frame().iloc[0]
    assert f"{100 * row['corrected']:.1f} [" in prevalence._repr_html_()
    labels = pd.DataFrame(
        {
            "comment_id": list("aabb"),
            "annotator": ["<i>", "Bo"] * 2,
            "label": ["<script>", "pro", "pro", "pro"],
        }
    )
    shown = stancekit.agreement(labels)._repr_html_()
    assert "Krippendorff" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    table = stancekit.read_comments(b"id,parent,text\n1,,Reden!\n2,9,Mit wem?\n")
    shown = stancekit.ReadReport.of(table)._repr_html_()
    assert "<td>orphans</td>\n      <td>1</td>" in shown
    assert "&lt;bytes&gt; (csv)" in shown


def test_a_long_table_is_cut_and_says_so():
    shown = html_table("days", pd.DataFrame({"n": range(1000), "text": "x" * 200}))
    assert shown.count("<tr>") < 60
    assert "1000 rows" in shown
    assert "x" * 200 in shown


def test_a_learning_curve_shows_its_numbers():
    score = {"macro_f1": [0.4, 0.5], "low": [0.3, 0.4], "high": [0.5, 0.6]}
    rows = pd.DataFrame({"n_labelled": [50, 100], **score, "n": 300, "n_groups": 9})
    ax = stancekit.LearningCurveDisplay.from_curve(rows).plot().ax_
    assert [text.get_text() for text in ax.texts] == ["0.40", "0.50"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["50", "100"]
    assert "300 comments of 9 groups" in ax.get_title(loc="left")
