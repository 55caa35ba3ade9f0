import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

import stancekit
from stancekit import explain, typical_words
from stancekit.cli import main
from stancekit.conversation.classifier import _inputs
from stancekit.datasets import data_path

PAGE = str(data_path("sample_page.txt"))
BESIDE = ("caution", "thread", "decision")


class Hint:
    """An encoder that knows which texts have one of the labels."""

    def __init__(self, table):
        self.known = set(table["text"][table["stance"] == "other"])

    def encode(self, texts):
        return np.array([[float(text in self.known)] for text in texts])


@pytest.fixture(scope="module")
def rich_model(small_corpus):
    """Looks at openings, shape and what an encoder gives beside the words."""
    features = stancekit.CommentFeatures(opening_weight=0.5, shape_weight=0.3)
    encoder = Hint(small_corpus)
    model = stancekit.StanceClassifier(features, C=0.1, cv=2, encoder=encoder)
    return model.fit(small_corpus, small_corpus["stance"])


@pytest.fixture(scope="module")
def talking_model(small_corpus):
    first = stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2)
    model = stancekit.ConversationClassifier(first)
    return model.fit(small_corpus, small_corpus["stance"])


@pytest.fixture(scope="module", params=["small_model", "rich_model", "talking_model"])
def model(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def explanations(model, small_corpus):
    return explain(model, small_corpus)


def linear_scores(model, table):
    """Log-odds of the labels, up to a constant, as the models' scorers give them."""
    first = model.first_ if is_talking(model) else model
    scores = first.scorer_.score(table)[0] + first.encode(table) @ first.encoder_coef_
    proba = first.calibration_.probabilities(scores)
    if not is_talking(model):
        return np.log(proba)
    return model.field_.scores(_inputs(table, proba, model.field_.shares)).T


def is_talking(model):
    return isinstance(model, stancekit.ConversationClassifier)


def test_what_is_shown_adds_up_to_the_scores_of_the_linear_model(
    model, explanations, small_corpus
):
    table = stancekit.add_context(small_corpus)
    assert len(explanations) == len(table)
    for why, scores in zip(explanations, linear_scores(model, table), strict=True):
        beside = sum(fact for name, fact in why.facts.items() if name in BESIDE)
        beside = beside + np.zeros(len(why.labels))
        shown = why.value - (beside[why.first] - beside[why.second])
        assert shown == pytest.approx(scores[why.first] - scores[why.second], abs=1e-5)


def test_all_adds_up_to_the_decision_value(model, explanations, small_corpus):
    decided = model.decision_function(small_corpus)
    predicted = model.predict(small_corpus)
    for row, why in enumerate(explanations):
        assert why.label == predicted[row]
        value = decided[row, why.first] - decided[row, why.second]
        assert value > 0
        assert why.value == pytest.approx(value, abs=1e-5)
        if row % 20 == 0:
            frame = why.to_frame()
            assert frame["weight"].sum() == pytest.approx(value, abs=1e-5)
            assert {*zip(frame["label"], frame["other"], strict=True)} == {
                (why.label, why.other)
            }


def test_the_other_label_is_the_most_probable_one_beside_it(small_model, small_corpus):
    proba = small_model.predict_proba(small_corpus)
    for row, why in enumerate(explain(small_model, small_corpus)):
        others = np.delete(proba[row], why.first)
        assert why.proba[why.second] == pytest.approx(others.max())


def test_each_text_and_each_fact_is_a_block_of_its_own(rich_model, small_corpus):
    frames = [why.to_frame() for why in explain(rich_model, small_corpus.head(30))]
    blocks = set(pd.concat(frames)["block"])
    assert {"own", "parent", "opening", "bias", "encoder", "decision"} <= blocks
    assert {"shape: is_reply", "shape: has_question"} <= blocks


def test_against_another_label_the_weights_are_of_those_two(small_model, small_corpus):
    why = explain(small_model, small_corpus, 0)
    third = next(x for x in why.labels if x not in (why.label, why.other))
    assert why.versus(third).other == third
    there, back = why.versus(third), why.versus(why.label, label=third)
    assert there.value == pytest.approx(-back.value)
    with pytest.raises(ValueError, match="Give two of the labels"):
        why.versus("nonsense")
    with pytest.raises(ValueError, match="Give two of the labels"):
        why.versus(why.label)


def test_rows_are_positions_or_ids(small_model, forest):
    before = forest.copy()
    forest.index = [7, 7, 7, 8, 8]
    by_id, by_place = (explain(small_model, forest, row) for row in ("b", 1))
    assert by_id.comment_id == by_place.comment_id == "b"
    pd.testing.assert_frame_equal(by_id.to_frame(), by_place.to_frame())
    found = explain(small_model, forest, ["e", "a"])
    assert [why.comment_id for why in found] == ["e", "a"]
    # The fourth comment has no text.
    assert [why.comment_id for why in explain(small_model, forest)] == list("abce")
    assert explain(small_model, forest, []) == []
    [masked] = explain(small_model, forest, forest["text"] == "Mit wem?")
    assert masked.comment_id == "b"
    pd.testing.assert_frame_equal(forest.reset_index(drop=True), before)


@pytest.mark.parametrize("row", ["nobody", 5, -1])
def test_a_row_that_is_not_there(small_model, forest, row):
    with pytest.raises(ValueError, match=f"not there: {row!r}.*from 0 to 4"):
        explain(small_model, forest, row)


def test_a_comment_without_text_has_nothing_to_explain(small_model, forest):
    with pytest.raises(ValueError, match="no text.*'d'"):
        explain(small_model, forest, ["a", "d"])


def test_other_models_and_untrained_ones():
    with pytest.raises(TypeError, match="LogisticRegression cannot be explained"):
        explain(LogisticRegression(), ["ja"])
    with pytest.raises(NotFittedError):
        explain(stancekit.StanceClassifier(), ["ja"])
    with pytest.raises(NotFittedError):
        typical_words(stancekit.ConversationClassifier(), ["ja"])


AWKWARD = ["a\u0308", "👩🏽‍🚀", "שלום", "مرحبا", "\u200b", "\u202e", "ß", "İ", "Σς"]
pieces = st.sampled_from([*AWKWARD, " ", "\u2028", "-", "_", "Waffen", "reden"])
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(pieces).map(
    "".join
)


@settings(max_examples=60)
@given(text=texts.filter(str.strip))
def test_marked_spans_lie_in_the_text_and_do_not_overlap(small_model, text):
    why = explain(small_model, [text], 0)
    frame = why.to_frame()
    own = frame[frame["block"] == "own"]
    assert (own["start"] < own["end"]).all()
    assert (own["end"].to_numpy()[:-1] <= own["start"].to_numpy()[1:]).all()
    assert own["text"].tolist() == text.split()
    for start, end, word in own[["start", "end", "text"]].itertuples(index=False):
        assert text[start:end] == word
    pieces = why.sums(whole=True)[0].pieces
    assert "".join(piece.text for piece in pieces) == text


HOSTILE = [
    "<script>alert(1)</script>",
    "</div></p></mark><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "&lt;b&gt; &amp;",
    "\u202eevil\u202c <a href='javascript:alert(1)'>x</a>",
]


class Read(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_and_labels_are_shown_as_text(text):
    labels = ["<b>a</b>", "</p>b"] * 4
    texts = ["Erst reden", "Mehr liefern"] * 4
    model = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    table = pd.DataFrame(
        {"comment_id": ["1", "2"], "parent_id": [None, "1"], "text": [text, text]}
    )
    page = explain(model, table, "2")._repr_html_()
    read = Read(page)
    assert set(read.tags) <= {"div", "style", "p", "b", "mark"}
    assert set(read.attributes) <= {"class", "dir", "title"}
    assert text in read.text
    assert "<b>a</b>" in read.text
    assert 'dir="auto"' in page
    assert "http" not in page


@pytest.mark.parametrize(
    "piece", ["& ", "<", "👍", "a ", "Waffen liefern statt reden "]
)
def test_an_explanation_is_small(talking_model, piece):
    text = (piece * 2000)[:2000]
    table = pd.DataFrame(
        {"comment_id": ["1", "2"], "parent_id": [None, "1"], "text": [text, text]}
    )
    page = explain(talking_model, table, "2")._repr_html_()
    assert len(page.encode()) <= 20_000
    assert "… (1,700 more characters)" in page  # of the parent
    longer = explain(talking_model, [text + "x" * 1234], 0)._repr_html_()
    assert len(longer.encode()) <= 20_000
    assert "… (1,234 more characters)" in longer


def test_a_page_of_its_own_holds_the_whole_text(small_model, tmp_path):
    text = "Waffen liefern & reden, " * 200
    path = tmp_path / "why.html"
    why = explain(small_model, [text], 0)
    why.to_html(path)
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert text in Read(page).text
    assert not re.search("<script|src=|href=|http", page)
    with pytest.raises(FileExistsError):
        why.to_html(path)
    why.to_html(path, force=True)


def test_in_the_terminal_the_carrying_words_are_marked(small_model):
    shown = str(explain(small_model, ["Bitte Waffenstillstand \x1b[31m\x07 jetzt"], 0))
    assert shown.startswith("Why ")
    assert re.search(r"\[[+-]Waffenstillstand\]", shown)
    assert "in all" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def relabelled(model, table, row, text):
    edited = table.copy()
    edited.loc[row, "text"] = text
    return model.predict(edited)[row]


def test_flips_really_flip(model, small_corpus):
    table = small_corpus[small_corpus["article_id"] == small_corpus["article_id"][0]]
    found = [why.flips() for why in explain(model, table, range(12))]
    assert any(found)
    for row, flip in enumerate(found):
        if flip is None:
            continue
        assert flip.text == table["text"][row]
        assert flip.label != flip.new_label
        assert relabelled(model, table, row, flip.edited) == flip.new_label
        kept = flip.edited.split()
        assert len(kept) + len(flip.removed) == len(flip.text.split())
        assert sorted([*kept, *flip.removed]) == sorted(flip.text.split())


def test_one_word_that_decides_is_found():
    texts = ["Jetzt reden", "Endlich reden", "Jetzt liefern", "Endlich liefern"] * 5
    labels = ["talks", "talks", "arms", "arms"] * 5
    model = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    why = explain(model, ["Jetzt liefern liefern  und reden"], 0)
    assert why.label == "arms"
    flip = why.flips()
    assert flip.new_label == "talks"
    assert set(flip.removed) == {"liefern"}
    assert flip.edited in ("Jetzt liefern  und reden", "Jetzt und reden")
    assert "Without: liefern" in str(flip)


def test_where_no_few_words_decide_there_is_no_flip(small_model):
    # One word always stays.
    assert explain(small_model, ["Waffenstillstand"], 0).flips() is None


@pytest.fixture
def thread():
    """B asks A, twice; C answers B."""
    return pd.DataFrame(
        {
            "comment_id": list("abcd"),
            "parent_id": [None, "a", "b", None],
            "article_id": "1",
            "author": ["Ilse", "Bo", "Cem", "Bo"],
            "text": [
                "Endlich Waffen liefern, die Ukraine braucht Luftabwehr!",
                "Und dann?",
                "Verhandeln, was sonst. Ein Waffenstillstand!",
                "Diplomatie statt Panzer, beide Seiten an den Tisch.",
            ],
        }
    )


def test_sentences_say_what_the_thread_added(talking_model, thread):
    why = explain(talking_model, thread, "b")
    said = why.sentences()
    assert [s.partition(":")[0] for s in said] == [
        "By itself",
        "With the position of the comment it answers",
        "With the position of 1 reply to it",
        "With the position of 1 other comment by its author",
    ]
    percents = [re.findall(r"[<>]?\d+ %", sentence) for sentence in said]
    for before, after in pairwise(percents):
        assert before[-1] == after[0]
    assert f"({percents[-1][-1]})" in str(why).splitlines()[0]
    added = sum(float(re.search(r"\((.*)\)", s)[1]) for s in said[1:])
    thread_fact = why.facts["thread"]
    assert added == pytest.approx(
        thread_fact[why.first] - thread_fact[why.second], abs=0.02
    )
    assert all(sentence in why._repr_html_() for sentence in said[:1])


def test_comments_by_themselves_have_no_sentences(talking_model, small_model, thread):
    assert explain(talking_model, ["Erst reden!"], 0).sentences() == []
    assert explain(small_model, thread, "b").sentences() == []


def rows_of(words, n_articles):
    return pd.DataFrame({"text": words, "article_id": [str(n) for n in n_articles]})


def test_typical_words_are_words_and_phrases_as_people_write_them():
    arms = [f"Marschflugkörper liefern, {x}" for x in "abcdefgh"]
    talks = [f"An den Tisch, {x}" for x in "abcdefgh"]
    table = rows_of(arms + talks, [*range(8), *range(8)])
    labels = ["arms"] * 8 + ["talks"] * 8
    model = stancekit.StanceClassifier(cv=2).fit(table, labels)
    found = typical_words(model, table, n=3)
    assert found["label"].drop_duplicates().tolist() == ["arms", "talks"]
    assert (found["weight"] > 0).all()
    assert (found["n_articles"] == 8).all()
    for words, example in zip(found["words"], found["example"], strict=True):
        assert words in example
    used = " ".join(found["words"]).split()
    assert len(used) == len(set(used))
    assert {"Marschflugkörper", "liefern"} & set(used)
    assert {"Tisch"} & set(used)


def test_a_word_of_fewer_than_five_articles_is_not_typical():
    texts = ["Panzer rollen"] * 8 + ["Reden hilft"] * 8
    labels = ["arms"] * 8 + ["talks"] * 8
    # The first stands under four articles, the second under eight.
    table = rows_of(texts, [0, 0, 1, 1, 2, 2, 3, 3, *range(4, 12)])
    model = stancekit.StanceClassifier(cv=2).fit(table, labels)
    assert set(typical_words(model, table)["label"]) == {"talks"}
    assert typical_words(model, table.head(8)).empty
    assert typical_words(model, table.head(0)).empty


def test_links_and_names_are_no_words():
    texts = [
        f"{text} {x}"
        for x in "abcdef"
        for text in ("@Bo http://reden.de/x Frieden", "Panzer www.liefern.de u/bo")
    ]
    labels = ["talks", "arms"] * 6
    model = stancekit.StanceClassifier(cv=2).fit(texts, labels)
    assert set(typical_words(model, texts)["words"]) == {"Frieden", "Panzer"}


@pytest.fixture(scope="module")
def model_file(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("explained") / "small.stance"
    stancekit.save_model(small_model, path)
    return str(path)


def test_the_command_marks_words_in_the_tree(model_file, capsys):
    assert main(["explain", PAGE, "--model", model_file]) == 0
    out = capsys.readouterr().out
    assert len(re.findall(r"^(?:>\d| ?\d)\d? % ", out, flags=re.M)) == 12
    assert out.count("└") == 7
    assert re.search(r"\[\+\S+\]", out)
    assert re.search(r"not \w+: [+-]\d+\.\d the comment, ", out)
    assert "\033" not in out


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_on_a_terminal_marks_are_colours(
    model_file, capsys, monkeypatch, no_color, coloured
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["explain", PAGE, "--model", model_file]) == 0
    out = capsys.readouterr().out
    assert ("\033[1;34m" in out) == coloured
    assert ("[+" in out) != coloured


def test_on_a_terminal_positions_have_the_colours_of_the_pictures(
    model_file, capsys, monkeypatch
):
    command = ["predict", PAGE, "--model", model_file]
    assert main(command) == 0
    plain = capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "xterm")
    assert main(command) == 0
    coloured = capsys.readouterr().out
    assert re.sub(r"\033\[[\d;]*m", "", coloured) == plain
    behind = {label: rest for rest, label in re.findall(r"(48;[\d;]+)m(\w+)", coloured)}
    assert len(behind) == len(set(behind.values())) > 1
    assert "\033" not in plain


def test_the_command_gives_the_weights_of_the_library(
    model_file, small_model, tmp_path, capsys
):
    assert main(["explain", PAGE, "--model", model_file, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = explain(small_model, stancekit.read_comments(PAGE))
    sums = pd.DataFrame(rows).groupby("comment_id")["weight"].sum()
    for why in found:
        assert sums[why.comment_id] == pytest.approx(why.value, abs=1e-5)
    path = tmp_path / "weights.csv"
    assert main(["explain", PAGE, "--model", model_file, "-o", str(path)]) == 0
    assert len(pd.read_csv(path)) == len(rows)
    assert main(["explain", PAGE, "--model", model_file, "-o", str(path)]) == 1


def test_the_command_shows_comments_without_text(model_file, tmp_path, capsys):
    path = tmp_path / "few.csv"
    path.write_text("id,parent,text\n1,,Erst reden!\n2,1,\n")
    assert main(["explain", str(path), "--model", model_file]) == 0
    assert "  –" in capsys.readouterr().out
