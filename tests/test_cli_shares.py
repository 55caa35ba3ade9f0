"""Shares on the command line: groups, differences, how many more, a paragraph."""

import re

import pandas as pd
import pytest

import stancekit
from stancekit.cli import main, shares


@pytest.fixture(scope="module")
def command(corpus, small_corpus, small_model, tmp_path_factory):
    """Shares of some articles that a model has not seen; half of them labelled."""
    folder = tmp_path_factory.mktemp("shares")
    stancekit.save_model(small_model, folder / "small.stance")
    other = corpus[~corpus["article_id"].isin(small_corpus["article_id"])]
    articles = other["article_id"].unique()[:14]
    few = other[other["article_id"].isin(articles)].reset_index(drop=True)
    few["outlet"] = few["article_id"].map(dict(zip(articles, "ab" * 7, strict=True)))
    few["stance"] = few["stance"].astype(object)
    few.loc[few.index[::2], "stance"] = None
    few.loc[few.index[1::60], "outlet"] = "c"
    few.loc[few.index[3::60], "outlet"] = "d"
    stancekit.write_comments(few, folder / "labelled.csv")
    model = f"--model={folder / 'small.stance'}"
    return ["prevalence", str(folder / "labelled.csv"), model]


def test_groups_differences_and_what_more_labels_would_give(command, capsys):
    options = ["--by", "outlet", "--min-labelled", "8", "--pool"]
    options += ["--compare", "a", "b", "--margin", "1", "--methods", "de"]
    assert main([*command, *options]) == 0
    told = capsys.readouterr().out
    assert re.search(r"\n +all +pro_support ", told)
    assert "as each has fewer than 8 labelled comments: 'c', 'd'." in told
    assert re.search(r"a \(\d+ labelled\) less b \(\d+ labelled\), in points", told)
    assert "How many more? Half-widths in points with the" in told
    assert "± 1 points are not sure to be reached, even with all comments" in told
    assert "small.stance, an anderen Kommentaren trainiert, sagte sie voraus." in told
    assert "nan" not in told


def test_the_stop_rule_says_when_to_stop(command, capsys):
    assert main([*command, "--margin", "45"]) == 0
    assert "Stop: every interval is within ± 45 points." in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["csv", "xlsx", "tex"])
def test_shares_are_written_wide(command, tmp_path, capsys, ending):
    path = tmp_path / f"shares.{ending}"
    options = ["--by", "outlet", "--wide", "-o", str(path)]
    assert main([*command, *options]) == 0
    assert "riting" not in capsys.readouterr().out
    if ending == "tex":
        assert r"\begin{tabular}" in path.read_text()
        assert main([*command, *options]) == 1
        assert "exists and is kept" in capsys.readouterr().err
        return
    found = pd.read_csv(path) if ending == "csv" else pd.read_excel(path)
    assert found["group"].tolist() == ["all", "a", "b", "c", "d"]
    assert {"pro_support", "pro_support_low", "pro_support_high"} <= set(found)


def test_the_agreement_of_annotators_is_part_of_the_paragraph(
    command, tmp_path, capsys
):
    ids = pd.read_csv(command[1])["comment_id"][:20]
    for name, n in (("anna", 12), ("ben", 14)):
        given = ["other"] * n + ["pro_support"] * (20 - n)
        labels = pd.DataFrame({"comment_id": ids, "annotator": name, "label": given})
        labels.to_csv(tmp_path / f"{name}.csv", index=False)
    files = [f"--annotators={tmp_path / name}.csv" for name in ("anna", "ben")]
    assert main([*command, "--methods", "en", *files]) == 0
    assert "alpha of 2 annotators on 20 comments is 0." in capsys.readouterr().out


def test_groups_that_are_not_there_are_named(command, capsys):
    options = ["--by", "outlet", "--compare", "a", "z"]
    assert main([*command, *options]) == 1
    assert "no group 'z'; there are 'a', 'b', 'c', 'd'" in capsys.readouterr().err
    assert main([*command, "--by", "outlet", "--min-labelled", "900"]) == 1
    assert "--min-labelled 900, but no group has so many" in capsys.readouterr().err


def test_a_column_that_is_not_there_is_named_before_the_training(
    command, capsys, monkeypatch
):
    monkeypatch.setattr(shares, "cross_fit", None)
    assert main([*command[:-1], "--by", "outlets"]) == 1
    assert "Column 'outlets' is missing" in capsys.readouterr().err


def test_where_all_is_labelled_no_further_labels_are_spoken_of(tmp_path, capsys):
    texts = [f"{word} {i}" for i in range(20) for word in ("reden", "liefern")]
    table = pd.DataFrame({"text": texts, "stance": ["talks", "arms"] * 20})
    path = tmp_path / "labelled.csv"
    stancekit.write_comments(table, path)
    assert main(["prevalence", str(path), "--classifier", "single"]) == 0
    told = capsys.readouterr().out
    assert "All 40 comments are labelled" in told
    assert "How many more" not in told
