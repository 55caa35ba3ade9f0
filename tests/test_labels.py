import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stancekit
from stancekit import Codebook, DataWarning, Position
from stancekit.labels import clean_labels, warn_of_odd_labels

texts = st.text(st.characters(codec="utf-8"), max_size=20)
positions = st.builds(
    Position,
    label=texts.filter(lambda label: clean_labels([label])[0] == label),
    definition=texts,
    title=texts,
    examples=st.lists(texts, max_size=2).map(tuple),
)
codebooks = st.builds(
    Codebook,
    positions=st.lists(
        positions, min_size=2, max_size=4, unique_by=lambda p: p.label
    ).map(tuple),
    question=texts,
    rules=st.lists(texts, max_size=2).map(tuple),
)


@given(codebooks)
def test_any_codebook_written_as_toml_is_read_back(codebook):
    assert Codebook.from_toml(codebook.to_toml()) == codebook


def test_the_hash_changes_with_any_word():
    first = Codebook((Position("pro"), Position("contra")))
    other = Codebook((Position("pro", "wants it"), Position("contra")))
    assert first.content_hash != other.content_hash
    assert first.content_hash == Codebook(first.positions).content_hash


def test_the_bundled_codebook():
    codebook = stancekit.load_codebook()
    assert codebook.no_position == "other"
    assert all(position.definition for position in codebook.positions)
    assert codebook.title("unknown") == "unknown"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": (Position("a"),)}, "two positions or more; found 1"),
        ({"positions": (Position("a"), Position(""))}, "empty label"),
        (
            {"positions": (Position("a"), Position("b")), "no_position": "c"},
            "none of the labels: 'a', 'b'",
        ),
    ],
)
def test_codebooks_that_are_none(arguments, message):
    with pytest.raises(ValueError, match=message):
        Codebook(**arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("position = ", "no TOML"),
        ("[[position]]\nname = 'a'", "not understood"),
        ("colour = 1\n[[position]]\nlabel = 'a'\n[[position]]\nlabel = 'b'", "colour"),
        ("position = ['a', 'b']", "not understood"),
    ],
)
def test_files_that_hold_no_codebook(tmp_path, text, message):
    path = tmp_path / "codebook.toml"
    path.write_text(text)
    with pytest.raises(stancekit.ReadError, match=f"codebook.toml: .*{message}"):
        Codebook.load(path)


def test_a_codebook_that_is_not_there(tmp_path):
    with pytest.raises(stancekit.ReadError, match="none.toml cannot be read: No such"):
        Codebook.load(tmp_path / "none.toml")


@pytest.mark.parametrize("label", ["none", "?", "NA", " pro", "pro "])
def test_a_codebook_has_no_label_that_data_would_lose(label):
    with pytest.raises(ValueError, match=r"not be found in data: .* other words"):
        Codebook((Position(label), Position("contra")))


def test_unknown_labels_are_named_with_their_rows_and_the_nearest_known():
    codebook = Codebook((Position("pro_support"), Position("other")))
    labels = pd.Series(["OTHER", "pro_suport", "?", "xyz", None], index=list("abcde"))
    with pytest.raises(ValueError, match="does not have") as found:
        codebook.check_labels(labels)
    assert (
        "'OTHER' (rows 'a'; nearest is 'other'), "
        "'pro_suport' (rows 'b'; nearest is 'pro_support'), 'xyz' (rows 'd'). It has"
    ) in str(found.value)
    codebook.check_labels(["other ", "NA", np.nan, "pro_support"])


def test_labels_alike_and_words_for_none_are_told():
    with pytest.warns(DataWarning) as told:
        warn_of_odd_labels(["Pro", "pro ", "pro", "other", "NULL", " ", "-", None])
    assert [str(each.message) for each in told] == [
        "3 labels count as missing: 'NULL', ' ', '-'.",
        "Labels alike but for case, blanks or '.0' count as different: 'Pro' and "
        "'pro'. If they are one position, write them alike.",
    ]
    assert {each.filename for each in told} == {__file__}


def test_numbers_that_were_saved_with_and_without_a_decimal_are_told():
    """A column of numbers becomes one of decimals where a label is missing."""
    with pytest.warns(DataWarning, match=r"'1' and '1\.0'\. If they are one position"):
        warn_of_odd_labels(["1", "1.0", "1.5", "v1.0", "v1"])


def test_plain_labels_are_nothing_to_tell():
    warn_of_odd_labels(["pro", "pro ", None, 3, float("nan")])
