"""A page shows what is so, as text, and an edited one is refused."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stancekit
from stancekit.cli import main
from stancekit.errors import DataWarning, ReadError
from stancekit.report import verify_report, write_report
from stancekit.report.numbers import page_numbers
from stancekit.report.page import render_page
from stancekit.report.shown import Settings, rows_to_show
from stancekit.threads import add_context

pytest.importorskip("jinja2")

REPORT = Path(stancekit.__file__).parent / "report"


@pytest.fixture(scope="module")
def comments(corpus):
    """The comments of three articles that the small model has not seen."""
    articles = corpus["article_id"].drop_duplicates()[5::40]
    table = corpus[corpus["article_id"].isin(articles)].reset_index(drop=True)
    return table.drop(columns="stance")


@pytest.fixture(scope="module")
def labelled(corpus, comments):
    stance = corpus.set_index("comment_id")["stance"].astype(object)
    given = comments["comment_id"].map(stance)
    return comments.assign(stance=given.where(comments.index % 2 == 0))


@pytest.fixture(scope="module")
def codebook():
    return stancekit.load_codebook()


class Page(HTMLParser):
    """The elements, attributes and text of a page, as a browser reads it."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def write(folder, table, model, **options):
    [path, *_] = write_report(table, folder / "page.html", model, force=True, **options)
    return path.read_text(encoding="utf-8")


def numbers_in(page):
    return json.loads(re.search(r'id="numbers">(.*?)</script>', page)[1])


def edited(folder, old, new):
    """The page with one place changed that stands there."""
    path = folder / "page.html"
    page = path.read_text(encoding="utf-8")
    assert old in page
    (folder / "edited.html").write_text(page.replace(old, new, 1), encoding="utf-8")
    return folder / "edited.html"


def test_every_comment_stands_below_the_one_it_answers(tmp_path, comments, small_model):
    page = write(tmp_path, comments, small_model)
    items = re.findall(
        r'<li id="c(\d+)" aria-level="(\d)">.*?(?=<li id|</ol>)', page, re.S
    )
    assert len(items) == len(comments)
    order = [name for name, *_ in numbers_in(page)["comments"]]
    parents = comments.set_index("comment_id")["parent_id"]
    for place, name in enumerate(order):
        if isinstance(parents[name], str):
            parent = order.index(parents[name])
            assert parent < place
            assert f'<a href="#c{parent}"' in page
    shown = " ".join(Page(page).text.split())
    for text in comments["text"]:
        assert " ".join(text.split()) in shown


def test_the_numbers_are_those_of_the_library(tmp_path, comments, small_model):
    numbers = numbers_in(write(tmp_path, comments, small_model))
    scored = stancekit.predict_comments(comments, small_model).set_index("comment_id")
    labels = [label for label, *_ in numbers["codebook"]["positions"]]
    for name, position, probability, why in numbers["comments"]:
        assert labels[position] == scored.loc[name, "predicted"]
        assert probability == pytest.approx(scored.loc[name, "confidence"], abs=1e-4)
        assert (why > 0) == scored.loc[name, "abstained"]
        few = scored.loc[name, "known"] < small_model.known_bound_
        assert (why == 2) == (few and why > 0)
    counts = scored["predicted"].value_counts()
    assert numbers["counts"] == [counts[label] for label in labels]
    assert numbers["n_abstained"] == scored["abstained"].sum()


def test_without_labels_counts_carry_a_warning(tmp_path, comments, small_model):
    shown = Page(write(tmp_path, comments, small_model)).text
    assert "no shares to publish" in shown
    assert "interval" not in shown


def test_with_labels_there_are_shares_with_intervals(tmp_path, labelled, small_model):
    page = write(tmp_path, labelled, small_model)
    scored = stancekit.predict_comments(labelled, small_model)
    found = stancekit.estimate_prevalence(scored).to_frame().set_index("label")
    numbers = numbers_in(page)
    for (label, *_), row in zip(
        numbers["codebook"]["positions"], numbers["shares"]["rows"], strict=True
    ):
        expected = found.loc[label, ["corrected", "low", "high"]].tolist()
        assert row == pytest.approx(expected, abs=1e-4)
        assert f"{100 * row[1]:.0f} % – {100 * row[2]:.0f} %" in page
    assert "no shares to publish" not in page
    assert "label by people" in page


def test_labels_that_the_model_was_trained_on_do_not_tell_its_errors(
    tmp_path, small_corpus, small_model
):
    few = small_corpus.head(120)
    with pytest.warns(DataWarning, match="cross-fitted on the labelled comments"):
        page = write(tmp_path, few, small_model)
    assert "120 of these comments were in the training" in page
    assert len(numbers_in(page)["shares"]["rows"]) == len(small_model.classes_)


def test_labels_that_allow_no_shares_leave_a_page(tmp_path, comments, small_model):
    page = write(tmp_path, comments.assign(stance="for"), small_model)
    assert "no shares could be estimated" in page
    assert "no shares to publish" in page


HOSTILE = [
    "<script>alert(1)</script>",
    "</script></style></textarea><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }} {% raw %}",
    "\u202eabc\u202c \u2066 \u200f",
    "]]><!-- --!> <svg onload=alert(1)>",
]


def test_hostile_comments_are_text(tmp_path, small_model):
    table = pd.DataFrame(
        {
            "comment_id": [f"{text}{i}" for i, text in enumerate(HOSTILE)],
            "parent_id": [None, *(f"{text}{i}" for i, text in enumerate(HOSTILE[:-1]))],
            "text": HOSTILE,
            "author": HOSTILE,
            "headline": HOSTILE,
            "article_id": HOSTILE[0],
            "created_at": HOSTILE[0],
            "lang": HOSTILE[3],
            "stance": HOSTILE[3],
        }
    )
    table.attrs["read_report"] = {
        **dict.fromkeys(("rows", "top_level", "replies"), 1),
        **dict.fromkeys("orphans duplicates cycles_cut deleted removed".split(), 0),
        **{"without_text": 0, "claimed": None, "skipped": 0, "skipped_lines": []},
        **{"source": HOSTILE[1], "format": HOSTILE[0], "guesses": HOSTILE},
        "warnings": HOSTILE,
    }
    content = write(tmp_path, table, small_model)
    page = Page(content)
    assert page.tags.count("script") == 3
    assert not {"img", "iframe", "object", "link", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value for name, value in page.attributes if name in ("href", "src")]
    assert all(link.startswith("#") for link in links)
    for text in HOSTILE:
        assert text in page.text
    assert "49" not in page.text.split("raw")[0][-200:]
    assert verify_report(tmp_path / "page.html", table, small_model) == len(table)


def test_deep_and_long_comments_are_shown(tmp_path, small_model):
    n = 1000
    table = pd.DataFrame(
        {
            "comment_id": [str(i) for i in range(n)],
            "parent_id": [None, *(str(i) for i in range(n - 1))],
            "text": ["Erst reden! " * 9000, *(["Mit wem?"] * (n - 1))],
        }
    )
    page = write(tmp_path, table, small_model)
    assert page.count("<li id=") == n
    assert Page(page).text.count("Erst reden! ") == 9000
    # Browsers give up on what is nested some hundred times.
    depth = deepest = 0
    for closing in re.findall(r"<(/?)(?:ol|section|main|div)\b", page):
        depth += -1 if closing else 1
        deepest = max(deepest, depth)
    assert deepest < 10


@pytest.fixture(scope="module")
def five_thousand(corpus):
    table = pd.concat([corpus, corpus], ignore_index=True).head(5000)
    again = table.index >= len(corpus)
    for column in ("comment_id", "parent_id", "article_id"):
        table[column] = table[column].where(~again, "x" + table[column].astype(object))
    return table.drop(columns="stance")


def test_five_thousand_comments_are_small_enough(tmp_path, five_thousand, small_model):
    page = write(tmp_path, five_thousand, small_model)
    n_bytes = sum(len(text.encode()) for text in five_thousand["text"])
    assert page.count("<li id=") == 5000
    assert len(page.encode()) <= 1_000_000 + 3 * n_bytes


def test_of_too_many_comments_whole_threads_are_drawn(comments):
    table = add_context(comments)
    rows = rows_to_show(table, most=60)
    threads = table["thread_id"].iloc[rows]
    assert 30 < len(rows) <= 60
    assert (
        threads.value_counts()
        .eq(table["thread_id"].value_counts()[threads.unique()])
        .all()
    )
    assert rows == rows_to_show(table, most=60)
    assert len(rows_to_show(table, most=1)) == 1


def test_what_a_page_leaves_out_stands_beside_it(
    tmp_path, comments, small_model, monkeypatch
):
    monkeypatch.setattr("stancekit.report.shown.rows_to_show.__defaults__", (20,))
    page, table = write_report(comments, tmp_path / "page.html", small_model)
    content = page.read_text(encoding="utf-8")
    n_shown = content.count("<li id=")
    assert n_shown <= 20
    assert f"Shown are {n_shown} of {len(comments)} comments" in content
    assert f'href="{table.name}"' in content
    assert len(stancekit.read_comments(table)) == len(comments)
    assert verify_report(page, comments, small_model) == n_shown
    elsewhere = edited(tmp_path, f'"beside": "{table.name}"', '"beside": "javascript:"')
    with pytest.raises(ValueError, match="table beside it: 'javascript:' in the page"):
        verify_report(elsewhere, comments, small_model)
    page.unlink()
    with pytest.raises(FileExistsError, match=table.name):
        write_report(comments, page, small_model)
    assert not page.exists()


def test_a_page_agrees_with_its_comments(tmp_path, labelled, small_model, codebook):
    write(tmp_path, labelled, small_model, codebook=codebook, language="de")
    given = {"codebook": codebook}
    path = tmp_path / "page.html"
    assert verify_report(path, labelled, small_model, **given) == len(labelled)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert verify_report(path, labelled, small_model, **given) == len(labelled)


def test_an_edited_page_is_refused(tmp_path, labelled, small_model):
    numbers = numbers_in(write(tmp_path, labelled, small_model))
    [(first, k, p, why), (second, *_)] = numbers["comments"][:2]
    share = numbers["shares"]["rows"][0]
    text = labelled["text"][0].split()[0]
    changes = {
        "count": (f'"counts": [{numbers["counts"][0]}', '"counts": [999'),
        "share": (json.dumps(share), json.dumps([share[0] + 0.01, *share[1:]])),
        "label": (f'["{first}", {k},', f'["{first}", {(k + 1) % 4},'),
        "probability": (f"{k}, {p}, {why}]", f"{k}, {p + 0.01}, {why}]"),
        "order": (f'[["{first}", ', f'[["{second}", '),
        "share shown": (f"{100 * share[0]:.0f} %<", "99 %<"),
        "label shown": ("</svg><b>", "</svg><b>un"),
        "word": (text, "Nein"),
        "bar": ('<rect width="', '<rect width="1'),
        "added": ("</main>", "<p>Alle sind dafür.</p></main>"),
        "script": ('"use strict";', '"use strict"; alert(1);'),
        "hash of the model": (numbers["model"]["sha256"], "0" * 64),
        "abstained": (f"{p}, {why}]", f"{p}, {why + 0.0001}]"),
        "hidden": (f'["{first}", {k},', f'["{first}", {k - 5},'),
        "damaged": (f'["{first}", {k},', f'["{first}", 77,'),
        "another threshold": ('"abstain_below": 0.4', '"abstain_below": 0.6'),
    }
    refused = []
    for name, change in changes.items():
        page = edited(tmp_path, *change)
        with contextlib.suppress(ValueError):
            verify_report(page, labelled, small_model)
            continue
        refused.append(name)
    assert refused == list(changes)
    label = numbers["codebook"]["positions"][0][0]
    page = edited(tmp_path, *changes["count"])
    with pytest.raises(ValueError, match=f"counts, {label}: 999 in the page"):
        verify_report(page, labelled, small_model)


def test_a_page_of_other_comments_or_another_model_is_refused(
    tmp_path, comments, small_model, small_corpus
):
    write(tmp_path, comments, small_model)
    path = tmp_path / "page.html"
    other = comments.assign(text=comments["text"].where(comments.index > 0, "Nein"))
    with pytest.raises(ValueError, match="comments_sha256"):
        verify_report(path, other, small_model)
    with pytest.raises(ValueError, match="comments"):
        verify_report(path, comments.head(20), small_model)
    half = small_corpus.iloc[::2]
    model = stancekit.StanceClassifier(stancekit.CommentFeatures(), cv=2)
    with pytest.raises(ValueError, match="does not agree"):
        verify_report(path, comments, model.fit(half, half["stance"]))


def test_what_is_no_page_or_of_another_version_is_told(tmp_path, comments, small_model):
    page = write(tmp_path, comments, small_model)
    made_by = re.search('"stancekit": "[^"]+"', page)[0]
    old = edited(tmp_path, made_by, '"stancekit": "0"')
    with pytest.raises(ReadError, match="written by stancekit 0;"):
        verify_report(old, comments, small_model)
    (tmp_path / "none.html").write_text("<p>Reden!</p>")
    with pytest.raises(ReadError, match="no page that stancekit wrote"):
        verify_report(tmp_path / "none.html", comments, small_model)


def test_no_name_is_left_in_a_pseudonymised_page(tmp_path, small_model):
    table = pd.DataFrame(
        {
            "comment_id": list("abc"),
            "parent_id": [None, "a", "b"],
            "author": ["Ulf aus E.", "Kim Probst", "Ulf aus E."],
            "text": ["Erst reden!", "@Ulf aus E.: Mit wem?", "@Kim Probst Mit allen."],
        }
    )
    page = write(tmp_path, table, small_model, pseudonymise=True)
    assert "Ulf" not in page
    assert "Kim" not in page
    assert "@author-1: Mit wem?" in page
    # The same each time: whoever has the comments can check it.
    assert page == write(tmp_path, table, small_model, pseudonymise=True)
    assert verify_report(tmp_path / "page.html", table, small_model) == 3
    page = write(tmp_path, table, small_model, pseudonymise=True, authors=False)
    assert "author-1</bdi>" not in page
    page = write(tmp_path, table, small_model, authors=False)
    assert "Kim Probst</bdi>" not in page
    with pytest.raises(ValueError, match=r"does not end in \.html"):
        write_report(table, tmp_path / "page.csv", small_model)


def test_predictions_are_those_of_the_texts_with_names(tmp_path, comments, small_model):
    """Names in a text are words to the model: they are hidden afterwards."""
    plain = numbers_in(write(tmp_path, comments, small_model))
    hidden = numbers_in(write(tmp_path, comments, small_model, pseudonymise=True))
    assert plain["comments"] == hidden["comments"]


def test_the_page_speaks_both_languages(tmp_path, comments, small_model):
    words = tomllib.loads((REPORT / "words.toml").read_text("utf-8"))
    assert words["en"].keys() == words["de"].keys()
    template = (REPORT / "page.html").read_text("utf-8")
    used = set(re.findall(r"\bwords\.(\w+)", template))
    used |= {"rows", "top_level", "replies", "claimed", "skipped"}
    assert used <= words["en"].keys()
    page = write(tmp_path, comments, small_model, language="de")
    assert '<html lang="de">' in page
    shown = Page(page).text
    assert words["de"]["counts_warning"] in shown
    for name, said in words["en"].items():
        if len(said) > 12 and said != words["de"][name]:
            assert said not in shown
    with pytest.raises(ValueError, match="language='fr' is none of en, de"):
        write(tmp_path, comments, small_model, language="fr")


def test_words_that_carried_a_decision_are_marked(tmp_path, small_model):
    table = pd.DataFrame(
        {
            "comment_id": ["a", "b"],
            "parent_id": [None, "a"],
            "text": ["Erst <reden>!", "Mit wem?"],
            "author": ["Kim", "Bo"],
        }
    )

    def marker(model, scored):
        assert "parent_text" in scored
        return {"a": ([(5, 12)], []), "b": ([(0, 3), (4, 7)], [(0, 4)])}

    page = write(tmp_path, table, small_model, marker=marker)
    assert "Erst <mark>&lt;reden&gt;</mark>!" in page
    assert "<mark>Mit</mark> <mark>wem</mark>?" in page
    assert '<q dir="auto">Erst</q>' in page
    path = tmp_path / "page.html"
    assert verify_report(path, table, small_model, marker=marker) == 2
    moved = edited(tmp_path, "[[0, 3], [4, 7]]", "[[0, 3], [4, 8]]")
    with pytest.raises(ValueError, match="marks"):
        verify_report(moved, table, small_model, marker=marker)


def test_few_known_words_are_told_apart_from_doubt(comments, small_model):
    numbers, shown = page_numbers(comments, small_model, None, Settings())
    numbers["model"]["is_default"] = False
    numbers["comments"][0][2:] = [0.9, 2]
    assert b"abstained: few known words" in render_page(numbers, shown)


def test_comments_without_ids_text_or_any_row(tmp_path, small_model):
    page = write(tmp_path, ["Erst reden!", None, "Liefern!"], small_model)
    assert page.count("<li id=") == 3
    assert "no text: deleted, removed or empty" in page
    assert numbers_in(page)["n_silent"] == 1
    table = pd.DataFrame({"text": np.array([], dtype=object)})
    assert "<li id=" not in write(tmp_path, table, small_model)


def test_without_jinja2_the_extra_is_named(
    tmp_path, comments, small_model, monkeypatch
):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"pip install 'stancekit\[report\]'"):
        write_report(comments, tmp_path / "page.html", small_model)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory, comments, small_model, codebook):
    folder = tmp_path_factory.mktemp("report")
    stancekit.write_comments(comments, folder / "comments.csv")
    stancekit.save_model(small_model, folder / "small.stance", codebook=codebook)
    return folder


def test_the_command_writes_a_page_and_checks_it(on_disk, capsys):
    source, page = str(on_disk / "comments.csv"), str(on_disk / "page.html")
    model = ["--model", str(on_disk / "small.stance")]
    command = ["report", source, "-o", page, *model, "--language", "de", "--no-authors"]
    assert main(command) == 0
    assert "before you publish it" in capsys.readouterr().err
    content = Path(page).read_text(encoding="utf-8")
    assert "support Ukraine" in content
    assert str(on_disk) not in content
    assert main(command) == 1
    assert "exists and is kept" in capsys.readouterr().err
    assert main(["verify", page, source, *model]) == 0
    assert "every number and word is right" in capsys.readouterr().out
    # Under another name the comments are the same.
    other = shutil.copy(source, on_disk / "other.csv")
    assert main(["verify", page, str(other), *model]) == 0
    edited(on_disk, "support Ukraine", "support nobody")
    assert main(["verify", str(on_disk / "edited.html"), source, *model]) == 1
    assert "Do not use it" in capsys.readouterr().err


def test_predict_writes_a_page_too(on_disk, capsys):
    source, page = str(on_disk / "comments.csv"), str(on_disk / "predicted.html")
    model = ["--model", str(on_disk / "small.stance")]
    assert main(["predict", source, "-o", page, *model, "--language", "de"]) == 0
    assert '<html lang="de">' in Path(page).read_text(encoding="utf-8")
    assert main(["verify", page, source, *model]) == 0


def browser():
    """Chromium and what drives it, or None."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    asked = 'require("playwright-core"); require("axe-core")'
    if not found or not shutil.which("node"):
        return None
    drives = subprocess.run(["node", "-e", asked], capture_output=True)
    return found if drives.returncode == 0 else None


def use(page, *more):
    """What a reader meets on a page, in a real browser."""
    script = Path(__file__).with_name("browser.cjs")
    command = ["node", str(script), browser(), str(page), str(page.parent), *more]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


needs_browser = pytest.mark.skipif(
    not browser(),
    reason="needs chromium, and playwright-core and axe-core where node finds them",
)


@needs_browser
def test_a_reader_filters_searches_follows_and_corrects(
    tmp_path, labelled, small_model, codebook
):
    page = write(tmp_path, labelled, small_model, codebook=codebook, language="de")
    numbers = numbers_in(page)
    seen = use(tmp_path / "page.html")
    assert seen["console"] == seen["requests"] == seen["axe"] == seen["too_wide"] == []
    assert seen["all"] == len(labelled)
    assert seen["without_first_position"] == len(labelled) - numbers["counts"][0]
    assert len(labelled) > seen["found"] >= labelled["text"].str.contains("Reden").sum()
    assert seen["abstained"] == numbers["n_abstained"]
    assert seen["followed"] == seen["answers"]
    assert seen["next"] == f"#c{int(seen['followed'][2:]) + 1}"
    labels = stancekit.read_labels(seen["corrections"])
    expected = [numbers["comments"][0][0], 'Ina "I." Ö.', "negotiation_first"]
    assert labels[["comment_id", "annotator", "label"]].to_numpy().tolist() == [
        expected
    ]
    for name in ("1280-light.png", "390-dark.png", "print.pdf"):
        assert (tmp_path / name).stat().st_size > 10_000


@needs_browser
def test_a_hostile_page_runs_nothing_and_a_large_one_opens_fast(
    tmp_path, five_thousand, small_model
):
    table = five_thousand.copy()
    table.loc[: len(HOSTILE) - 1, "text"] = HOSTILE
    table.loc[: len(HOSTILE) - 1, "author"] = HOSTILE
    write(tmp_path, table, small_model)
    seen = use(tmp_path / "page.html", "quick")
    assert seen["console"] == seen["requests"] == seen["too_wide"] == []
    assert seen["opened_in"] < 2  # seconds
