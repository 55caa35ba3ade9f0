import hashlib
import hmac
import re
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NAMES

from stancekit.readers import read_comments
from stancekit.threads import add_context, pseudonymise

STRINGS = pd.Series(["x"], dtype="str").dtype
TOKEN = re.compile(r"author-[0-9a-f]{12}")
AUTHORS = [
    *("Anna", "Anna B. alias C. D.", "88181 (Profil gelöscht)", "Otto-Emil Krug"),
    *("@kim", "x", None, "[deleted]", "Frau @x"),
]


def comments(texts, authors=AUTHORS):
    n = max(len(texts), len(authors))
    return pd.DataFrame(
        {
            "comment_id": [str(i) for i in range(n)],
            "author": [*authors, *[None] * (n - len(authors))],
            "text": [*texts, *[""] * (n - len(texts))],
        }
    )


def hidden_text(text):
    table = pseudonymise(comments([text]), "geheim")
    names = dict(zip(table["author"], AUTHORS, strict=True))
    return TOKEN.sub(lambda match: f"<{names[match[0]]}>", table["text"][0])


def test_token_is_the_start_of_the_hmac_of_the_name():
    table = pseudonymise(comments([]), "geheim")
    digest = hmac.new(b"geheim", b"Anna", hashlib.sha256).hexdigest()
    assert table["author"][0] == f"author-{digest[:12]}"


def test_same_salt_same_token_in_any_table():
    first = pseudonymise(comments([]), "geheim")["author"]
    second = pseudonymise(comments([], ["Kim", "Anna"]), b"geheim")["author"]
    assert first[0] == second[1]
    assert first[0] != pseudonymise(comments([]), "anders")["author"][0]
    assert first.iloc[:6].is_unique


def test_missing_and_deleted_authors_stay():
    table = pseudonymise(comments([]), "geheim")
    assert pd.isna(table["author"][6])
    assert table["author"][7] == "[deleted]"


@pytest.mark.parametrize("name", ["NA", "Gast", "anonym", "[Removed]", "n/a", "-"])
def test_names_of_nobody_stay_and_are_found_nowhere(name):
    table = pseudonymise(comments([f"@{name} Ja."], [name]), "geheim")
    assert table["author"][0] == name
    assert table["text"][0] == f"@{name} Ja."


def test_a_number_behind_a_word_for_nobody_can_lead_to_the_person():
    assert TOKEN.fullmatch(
        pseudonymise(comments([], ["Gast 4711"]), "geheim")["author"][0]
    )


def test_many_names_and_mentions_take_a_time_that_grows_with_the_text():
    names = ["x" * size for size in range(1, 401)]
    table = comments(["@x @ " * 200_000], names)
    start = time.perf_counter()
    hidden = pseudonymise(table, "geheim")
    assert time.perf_counter() - start < 20  # by lengths of names: minutes
    assert hidden["text"][0].count("@author-") == 200_000


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("@Anna: Ja.", "@<Anna>: Ja."),
        ("@Anna Ja.", "@<Anna> Ja."),
        ("Ja, @Anna!", "Ja, @<Anna>!"),
        ("@Anna B. alias C. D. Nein.", "@<Anna B. alias C. D.> Nein."),
        ("@Anna\u00a0B. alias C. D.: Nein.", "@<Anna B. alias C. D.>: Nein."),
        ("@Anna B. Nein.", "@<Anna> B. Nein."),
        ("@88181 (Profil gelöscht) Ja.", "@<88181 (Profil gelöscht)> Ja."),
        ("@Otto-Emil Krug, @Anna", "@<Otto-Emil Krug>, @<Anna>"),
        ("@kim und /u/kim und u/kim", "@<@kim> und /u/<@kim> und u/<@kim>"),
        ("https://a.example/@kim?x", "https://a.example/@<@kim>?x"),
        ("@Annabelle, @Anna-Lena", "@Annabelle, @Anna-Lena"),
        ("@anna", "@anna"),
        ("Anna sagt das.", "Anna sagt das."),
        ("mail@Anna.example", "mail@Anna.example"),
        ("@ Anna @", "@ Anna @"),
        ("@x @x", "@<x> @<x>"),
        ("@Frau @x Ja.", "@<Frau @x> Ja."),
        ("@Lea", "@Lea"),
    ],
)
def test_mentions(text, hidden):
    assert hidden_text(text) == hidden


def test_parents_are_replaced_alike():
    table = comments(["@Anna Ja.", "@x Nein."]).assign(
        parent_id=[None, "0"] + 7 * [None]
    )
    table = pseudonymise(add_context(table), "geheim")
    assert table["parent_author"][1] == table["author"][0]
    assert table["parent_text"][1] == table["text"][0] == f"@{table['author'][0]} Ja."
    assert pd.isna(table["parent_text"][0])


def test_author_of_a_parent_that_is_not_in_the_table_is_known_too():
    table = comments(["@Lea Ja."]).assign(parent_author=["Lea"] + [None] * 8)
    table = pseudonymise(table, "geheim")
    assert table["text"][0] == f"@{table['parent_author'][0]} Ja."


def test_what_leads_to_the_person_is_dropped():
    table = comments(["Ja."]).assign(
        url="https://a.example/@kim/1", author_id="7", by_post_author=True
    )
    table = pseudonymise(table, "geheim")
    assert list(table.columns) == ["comment_id", "author", "text", "by_post_author"]


def test_read_report_is_dropped_since_it_may_name_people():
    table = read_comments(b"id,author,text\n1,Anna,Ja.\n")
    assert pseudonymise(table, "geheim").attrs == {}
    assert table.attrs


def test_table_is_not_changed():
    table = comments(["@Anna Ja."])
    before = table.copy()
    pseudonymise(table, "geheim")
    pd.testing.assert_frame_equal(table, before)


def test_index_and_types_stay():
    table = comments(["@Anna Ja."]).set_index(pd.Index(list("ihgfedcba")))
    hidden = pseudonymise(table, "geheim")
    assert list(hidden.index) == list("ihgfedcba")
    assert hidden["author"].dtype == hidden["text"].dtype == STRINGS


def test_categories_do_not_keep_the_names():
    table = comments(["@Anna Ja."])
    table["author"] = table["author"].astype("category")
    hidden = pseudonymise(table[table["author"] == "Anna"], "geheim")
    assert hidden["author"].dtype == STRINGS


@pytest.mark.parametrize("salt", ["", b""])
def test_empty_salt_is_refused(salt):
    with pytest.raises(ValueError, match=r"salt is empty.*secrets.token_hex"):
        pseudonymise(comments([]), salt)


@pytest.mark.parametrize("salt", [None, 7])
def test_salt_must_be_a_text(salt):
    with pytest.raises(TypeError, match="salt must be a text"):
        pseudonymise(comments([]), salt)


def test_table_without_authors_is_refused():
    with pytest.raises(ValueError, match="'author' is missing"):
        pseudonymise(["Ja."], "geheim")


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
    st.sampled_from([": Ja.", " Ja.", ", nein", "\n\nJa.", ""]),
)
def test_no_known_name_is_left_behind_its_sign(names, rest):
    text = "".join(f"@{name}{rest} " for name in names)
    table = pseudonymise(comments([text], NAMES), "geheim")
    assert not any(f"@{name}" in table["text"][0] for name in NAMES)
    assert table["text"][0].count("@author-") == len(names)
