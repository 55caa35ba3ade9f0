import copy
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from stancekit.ngrams import (
    NgramMap,
    NgramScorer,
    NgramTable,
    count_ngrams,
    inverse_document_frequency,
    is_compiled,
    place_ngrams,
    warm_up,
    weigh,
)
from stancekit.ngrams.definition import ALNUM, CODE, SPACE, character_table

AWKWARD = [
    "",
    " ",
    "\u00a0\u2003\n",
    "Ja",
    "Waffen liefern? Nein – erst verhandeln!",
    "café cafe\u0301",
    "👩‍👩‍👧 🇺🇦🇺🇦 Frieden ☮️ jetzt",
    "eins\u00a0zwei\u2028drei\u3000vier\x85fünf\x1csechs",
    "İstanbul ISPARTA ß ẞ ΣΟΦΟΣ ǅ",
    "x" * 3000,
    "ü" * 700 + " " + "weiter so " * 900,
    "a\ud800b \udfff",
    "\x00 \x00a\x00",
    "\U0010ffff𝔘𝔫𝔦 한국어 русский язык עברית",
    "https://example.org/ein/sehr/langer/pfad/der/nicht/in/den/zwischenspeicher/passt",
    "...",
    "ab-cd'ef ab-cd'ef",
]
RANGES = [
    ((1, 2), (2, 5)),
    ((1, 1), (1, 6)),
    ((2, 2), (3, 3)),
    (None, (1, 1)),
    ((1, 2), None),
    (None, None),
]
ANY_TEXT = st.text(
    st.characters() | st.sampled_from("aAÄß İ.\u0301\u00a0\u200d👍 \n"), max_size=60
)
TRAINING = [
    "Erst verhandeln, dann liefern.",
    "Liefern, was gebraucht wird! Sofort liefern.",
    "Ich habe Angst vor einer Eskalation …",
    "Helme? 5000 Helme? Das ist ein Witz.",
]


@pytest.fixture(params=["numpy", "numba"])
def kernel(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param


@pytest.fixture
def make_scorer(kernel):
    """Return a function that makes a scorer with random weights from some texts."""

    def make(texts=TRAINING, ngram_map=None, n_scores=3, **options):
        ngram_map = ngram_map or NgramMap()
        tables = tables_of(ngram_map, texts, n_scores)
        is_known = words_of(ngram_map, texts).getnnz(axis=0) > 0
        return NgramScorer(
            ngram_map, *tables, is_known=is_known, kernel=kernel, **options
        )

    return make


def dense_of(ngram_map, texts, n_scores):
    """Return idf and random weights of all buckets, for words and characters."""
    rng = np.random.default_rng(0)
    return [
        (
            inverse_document_frequency(counts),
            rng.normal(size=(counts.shape[1], n_scores)),
        )
        for counts in count_ngrams(ngram_map, texts, kernel="numpy")
    ]


def tables_of(ngram_map, texts, n_scores):
    return [
        NgramTable.from_dense(*pair) for pair in dense_of(ngram_map, texts, n_scores)
    ]


def words_of(ngram_map, texts):
    single = NgramMap((1, 1), None, ngram_map.n_buckets)
    return count_ngrams(single, texts, kernel="numpy")[0]


def occurrences(matrix):
    return dict(zip(matrix.indices.tolist(), matrix.data.tolist(), strict=True))


def by_definition(ngram_map, text, kind):
    found = (ngram for ngram in ngram_map.enumerate(text) if ngram.kind == kind)
    return Counter(ngram.bucket for ngram in found)


# The definition


def test_ngrams_of_a_small_text():
    found = NgramMap(char_ngrams=(3, 4)).enumerate("So, SO")
    assert [ngram[:4] for ngram in found] == [
        ("word", 0, 2, "so"),
        ("word", 4, 6, "so"),
        ("word", 0, 6, "so so"),
        ("character", 0, 2, " so"),
        ("character", 0, 3, "so,"),
        ("character", 1, 3, "o, "),
        ("character", 0, 3, " so,"),
        ("character", 0, 3, "so, "),
        ("character", 4, 6, " so"),
        ("character", 4, 6, "so "),
        ("character", 4, 6, " so "),
    ]
    buckets = [ngram.bucket for ngram in found]
    assert buckets[0] == buckets[1]
    assert buckets[3] == buckets[8]
    assert len(set(buckets[3:])) == 7


def test_words_pair_across_chunks_without_words():
    found = NgramMap(char_ngrams=None).enumerate("gut – »besser«")
    assert [ngram.text for ngram in found] == ["gut", "besser", "gut besser"]


def test_order_of_a_pair_counts():
    ab, ba = (NgramMap((2, 2), None).enumerate(text)[0] for text in ("a b", "b a"))
    assert ab.bucket != ba.bucket


@given(ANY_TEXT)
def test_places_lead_back_to_the_text(text):
    """An n-gram is what stands at its place, in lower case, with marks around."""
    ngrams = NgramMap(char_ngrams=(1, 4)).enumerate(text)
    table = character_table()
    for kind, start, end, found, _ in ngrams:
        there = "".join(chr(table[ord(c)] & CODE) for c in text[start:end])
        if kind == "character":
            assert found in (there, f" {there}", f"{there} ", f" {there} ")
        else:
            first, *second = found.split(" ")
            assert there.startswith(first)
            assert there.endswith(second[0] if second else first)


def test_character_table_is_what_strings_say():
    table = character_table().tolist()
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        character = chr(code)
        lower = character.lower() if len(character.lower()) == 1 else character
        expected = ord(lower)
        expected |= SPACE if character.isspace() else 0
        expected |= ALNUM if character.isalnum() else 0
        assert table[code] == expected, hex(code)


def test_lower_case_needs_no_context():
    """A Greek capital sigma is the same letter at the end of a word as within."""
    first, second = (
        NgramMap(char_ngrams=None).enumerate(text)[0] for text in ("ΟΣ", "οσ")
    )
    assert first.bucket == second.bucket


def test_buckets_spread():
    """Different n-grams share buckets no more often than chance has it."""
    ngram_map = NgramMap(char_ngrams=None, n_buckets=2**16)
    words = [f"{a}{b}" for a in "abcdefghijklmnop" for b in range(1000)]
    buckets = {ngram_map.enumerate(word)[0].bucket for word in words}
    expected = 2**16 * (1 - (1 - 2**-16) ** len(words))
    assert len(buckets) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    "options",
    [
        {"word_ngrams": (0, 1)},
        {"word_ngrams": (1, 3)},
        {"char_ngrams": (3, 2)},
        {"char_ngrams": (1, 7)},
        {"char_ngrams": (2,)},
        {"n_buckets": 1000},
        {"n_buckets": 2**23},
    ],
)
def test_map_refuses_what_it_cannot_do(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        NgramMap(**options)


def test_map_survives_json():
    ngram_map = NgramMap(word_ngrams=None, char_ngrams=(1, 3), n_buckets=2**10)
    assert NgramMap(**json.loads(json.dumps(asdict(ngram_map)))) == ngram_map
    assert hash(ngram_map) == hash(NgramMap(None, (1, 3), 2**10))


# Counting


@pytest.mark.parametrize("ranges", RANGES)
def test_counts_are_as_defined(kernel, ranges):
    ngram_map = NgramMap(*ranges, n_buckets=2**18)
    words, characters = count_ngrams(ngram_map, AWKWARD, kernel=kernel)
    for row, text in enumerate(AWKWARD):
        assert occurrences(words[row]) == by_definition(ngram_map, text, "word")
        assert occurrences(characters[row]) == by_definition(
            ngram_map, text, "character"
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, max_size=4))
def test_counts_of_any_text_are_as_defined(kernel, texts):
    ngram_map = NgramMap(char_ngrams=(1, 5), n_buckets=2**18)
    words, characters = count_ngrams(ngram_map, texts, kernel=kernel)
    assert words.shape == characters.shape == (len(texts), 2**18)
    for row, text in enumerate(texts):
        assert occurrences(words[row]) == by_definition(ngram_map, text, "word")
        assert occurrences(characters[row]) == by_definition(
            ngram_map, text, "character"
        )


def test_counts_are_canonical(kernel):
    for counts in count_ngrams(NgramMap(), AWKWARD * 150, kernel=kernel):
        assert counts.dtype == np.float32
        assert counts.shape == (len(AWKWARD) * 150, 2**20)
        fresh = csr_matrix((counts.data, counts.indices, counts.indptr), counts.shape)
        assert fresh.has_canonical_format
        assert (counts[: len(AWKWARD)] != counts[-len(AWKWARD) :]).nnz == 0


def test_smallest_and_largest_number_of_buckets(kernel):
    for n_buckets in (2, 2**22):
        ngram_map = NgramMap(n_buckets=n_buckets)
        words, _ = count_ngrams(ngram_map, ["eins zwei eins", ""], kernel=kernel)
        expected = by_definition(ngram_map, "eins zwei eins", "word")
        assert occurrences(words[0]) == expected


def test_idf_and_weights_by_hand():
    counts = csr_matrix(np.array([[2.0, 1, 0, 0], [0, 3, 0, 1], [1, 1, 0, 0]]))
    idf = inverse_document_frequency(counts, min_count=2)
    np.testing.assert_allclose(idf, [np.log(4 / 3) + 1, 1, 0, 0], rtol=1e-6)
    rare = np.log(4 / 3) + 1
    norms = np.sqrt([2 * rare**2 + 1, 3, rare**2 + 1])
    expected = np.array([[2 * rare, 1, 0, 0], [0, 3, 0, 0], [rare, 1, 0, 0]])
    weighted = weigh(counts, idf)
    np.testing.assert_allclose(weighted.toarray(), expected / norms[:, None], rtol=1e-6)
    assert weighted.nnz == 5
    assert counts.nnz == 6


# Scoring


@pytest.mark.parametrize("ranges", RANGES)
def test_scores_are_weighted_features_times_weights(make_scorer, ranges):
    texts = AWKWARD + TRAINING
    ngram_map = NgramMap(*ranges, n_buckets=2**12)
    scores, words = make_scorer(ngram_map=ngram_map).score(texts)
    counts = count_ngrams(ngram_map, texts, kernel="numpy")
    blocks = list(zip(counts, dense_of(ngram_map, TRAINING, 3), strict=True))
    expected = sum(weigh(block, idf) @ weights for block, (idf, weights) in blocks)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
    found, known = words_of(ngram_map, texts), words_of(ngram_map, TRAINING)
    assert words[:, 0].tolist() == np.ravel(found.sum(axis=1)).tolist()
    assert words[:, 1].tolist() == (found @ (known.getnnz(axis=0) > 0)).tolist()
    assert scores.dtype == np.float64
    assert words.dtype == np.int64


@pytest.mark.parametrize("n_scores", [1, 2, 3, 7])
def test_kernels_agree(n_scores):
    pytest.importorskip("numba")
    ngram_map = NgramMap()
    tables = tables_of(ngram_map, TRAINING, n_scores)
    one, two = (
        NgramScorer(ngram_map, *tables, kernel=kernel).score(AWKWARD + TRAINING)
        for kernel in ("numpy", "numba")
    )
    np.testing.assert_allclose(one[0], two[0], atol=1e-6)
    assert one[1].tolist() == two[1].tolist()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, max_size=5))
def test_score_of_a_text_depends_on_it_alone(make_scorer, texts):
    options = {"ngram_map": NgramMap(n_buckets=2**8), "n_slots": 4}
    scorer = make_scorer(texts=AWKWARD, **options)
    together = scorer.score(texts)
    backwards = scorer.score(texts[::-1])
    for row, text in enumerate(texts):
        alone = scorer.score([text])
        assert alone[0][0].tolist() == together[0][row].tolist()
        assert alone[1][0].tolist() == together[1][row].tolist()
    assert backwards[0][::-1].tolist() == together[0].tolist()


@pytest.fixture(scope="module")
def many_texts():
    """Return texts of more than one block, with words that come again and do not."""
    rng = np.random.default_rng(1)
    letters = np.array(list("aeioudnrstü"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(1, 20, 4000)]
    return [
        " ".join(rng.choice(words, rng.integers(0, 30))) for _ in range(2500)
    ] + AWKWARD


def equal(one, two):
    return np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


def test_cache_never_changes_a_score(make_scorer, many_texts):
    scorer = make_scorer(texts=many_texts[:300])
    cold = scorer.score(many_texts)
    assert equal(scorer.score(many_texts), cold)
    assert equal(make_scorer(texts=many_texts[:300], n_slots=4).score(many_texts), cold)
    parts = [scorer.score(many_texts[k : k + 97]) for k in range(0, 2600, 97)]
    assert equal([np.concatenate(part) for part in zip(*parts, strict=True)], cold)


def test_threads_never_change_a_score(make_scorer, many_texts):
    scorer = make_scorer(texts=many_texts[:300], n_slots=64)
    expected = scorer.score(many_texts)
    assert equal(scorer.score(many_texts, n_threads=3), expected)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(scorer.score, [many_texts] * 8):
            assert equal(found, expected)


def test_first_use_from_many_threads(make_scorer, many_texts):
    scorer = make_scorer(texts=many_texts[:300])
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(scorer.score, [many_texts] * 4)
    assert all(equal(first, other) for other in others)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda scorer: pickle.loads(pickle.dumps(scorer))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_score_the_same_and_leave_the_cache(make_scorer, many_texts, copied):
    scorer = make_scorer(texts=many_texts[:300])
    size = len(pickle.dumps(scorer))
    expected = scorer.score(many_texts)
    assert len(pickle.dumps(scorer)) == size
    assert equal(copied(scorer).score(many_texts), expected)


def test_text_of_very_many_chunks(make_scorer):
    text = " ".join(f"w{k % 9973}" for k in range(30_000))
    scorer = make_scorer(texts=[text[:5000], "w1 w2"])
    (scores, words), (again, _) = scorer.score([text]), scorer.score(["w1", text])
    ngram_map = NgramMap()
    expected = 0
    dense = dense_of(ngram_map, [text[:5000], "w1 w2"], 3)
    for counts, (idf, weights) in zip(
        count_ngrams(ngram_map, [text]), dense, strict=True
    ):
        expected = expected + weigh(counts, idf) @ weights
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    assert again[1].tolist() == scores[0].tolist()
    assert words[0, 0] == 30_000
    assert 500 < words[0, 1] < 30_000


def test_blocks_of_very_long_texts(make_scorer):
    """Long texts are taken a few at a time, with the same result."""
    texts = ["Helme " * 120_000, "Nein", "liefern! " * 120_000, ""]
    scorer = make_scorer()
    alone = [scorer.score([text])[0][0].tolist() for text in texts]
    assert scorer.score(texts)[0].tolist() == alone


def test_unknown_words_do_not_weaken_a_score(make_scorer):
    """Buckets unseen in training have no part in the norm."""
    scorer = make_scorer(ngram_map=NgramMap(char_ngrams=None))
    (known, some), words = scorer.score(["Helme", "Helme xyzzy qwrtz"])
    assert known.tolist() == some.tolist()
    assert words.tolist() == [[1, 1], [3, 1]]


def test_text_without_anything_known_scores_zero(make_scorer):
    scores, words = make_scorer().score(["", "ⴰⴱ ⵯⵯⵯ"])
    assert scores.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert words.tolist() == [[0, 0], [2, 0]]


def test_no_texts(make_scorer):
    scores, words = make_scorer().score([])
    assert scores.shape == (0, 3)
    assert words.shape == (0, 2)
    assert make_scorer().score([], n_threads=2)[0].shape == (0, 3)


@pytest.mark.parametrize(
    ("words", "characters", "message"),
    [
        (([3, 9], 2, 1), ([], 0, 1), "another map"),
        (([3], 1, 1), ([], 0, 2), "must have the same"),
    ],
)
def test_scorer_refuses_tables_that_do_not_fit(words, characters, message):
    tables = [
        NgramTable(np.array(buckets, np.int32), np.ones(n), np.ones((n, n_scores)))
        for buckets, n, n_scores in (words, characters)
    ]
    with pytest.raises(ValueError, match=message):
        NgramScorer(NgramMap(n_buckets=8), *tables)


@pytest.mark.parametrize("buckets", [[2, 1], [1, 1], [-1, 2], [1]])
def test_table_refuses_buckets_out_of_order(buckets):
    with pytest.raises(ValueError, match="bucket"):
        NgramTable(np.array(buckets, np.int32), np.ones(2), np.ones((2, 1)))


def test_scorer_refuses_a_cache_of_odd_size(make_scorer):
    with pytest.raises(ValueError, match="n_slots is 12"):
        make_scorer(n_slots=12)


# Kinds of input


def arrow_kinds(texts):
    pa = pytest.importorskip("pyarrow")
    half = len(texts) // 2
    return {
        "string": pa.array(texts, pa.string()),
        "sliced": pa.array(["Vorsatz", *texts, "Nachsatz"], pa.large_string())[1:-1],
        "chunked": pa.chunked_array([texts[:half], [], texts[half:]], pa.string()),
        "dictionary": pa.array(texts).dictionary_encode(),
        "series": pd.Series(texts, dtype="string[pyarrow]"),
        "part": pd.Series(["x", *texts], dtype="string[pyarrow]").iloc[1:],
        "ArrowDtype": pd.Series(texts, dtype=pd.ArrowDtype(pa.string())),
    }


PLAIN_KINDS = {
    "tuple": tuple,
    "iterator": iter,
    "objects": lambda texts: np.array(texts, dtype=object),
    "array of str": np.array,
    "object series": lambda texts: pd.Series(texts, dtype=object),
    "default series": pd.Series,
    "python series": lambda texts: pd.Series(texts, dtype="string[python]"),
    "index": pd.Index,
}


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_containers(kernel, make_scorer, kind):
    texts = [*TRAINING, "Frieden 🕊️", "", "Maß halten"] * 200
    scorer = make_scorer()
    assert equal(scorer.score(PLAIN_KINDS[kind](texts)), scorer.score(texts))
    expected = count_ngrams(NgramMap(), texts, kernel="numpy")
    found = count_ngrams(NgramMap(), PLAIN_KINDS[kind](texts), kernel=kernel)
    assert all((a != b).nnz == 0 for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    "kind",
    ["string", "sliced", "chunked", "dictionary", "series", "part", "ArrowDtype"],
)
def test_arrow_columns(kernel, make_scorer, kind):
    texts = [*TRAINING, "Frieden 🕊️", "", "Maß halten"] * 200
    scorer, column = make_scorer(), arrow_kinds(texts)[kind]
    assert equal(scorer.score(column), scorer.score(texts))
    assert equal(scorer.score(column, n_threads=2), scorer.score(texts))
    expected = count_ngrams(NgramMap(), texts, kernel="numpy")
    found = count_ngrams(NgramMap(), column, kernel=kernel)
    assert all((a != b).nnz == 0 for a, b in zip(found, expected, strict=True))


def test_empty_arrow_columns(kernel):
    pa = pytest.importorskip("pyarrow")
    for texts in ([], ["", ""]):
        counts, _ = count_ngrams(
            NgramMap(), pa.array(texts, pa.string()), kernel=kernel
        )
        assert counts.shape == (len(texts), 2**20)
        assert counts.nnz == 0


def test_bytes_that_are_no_utf8_do_no_harm(make_scorer):
    pa = pytest.importorskip("pyarrow")
    broken = [b"\xff\xfe", b"abc \xf4\xbf\xbf\xbf", b"\xe2\x80", b"x \xf0\x9f", b"\xc2"]
    column = pa.array(broken, pa.binary()).view(pa.string())
    try:
        scores, _ = make_scorer().score(column)
    except UnicodeDecodeError:
        return
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("missing", [None, np.nan, 7])
def test_missing_text_is_named(kernel, missing):
    with pytest.raises(TypeError, match=r"Text 2 is .* Every text must be a string"):
        count_ngrams(NgramMap(), ["ja", "nein", missing], kernel=kernel)


def test_missing_text_in_an_arrow_column(kernel):
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(TypeError, match="1 of 2 texts are missing"):
        count_ngrams(NgramMap(), pa.array(["ja", None]), kernel=kernel)


def test_one_string_is_not_many_texts(kernel):
    with pytest.raises(TypeError, match="found one string: 'Nein'"):
        count_ngrams(NgramMap(), "Nein", kernel=kernel)


# Kernels


def test_unknown_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel is 'fortran'"):
        count_ngrams(NgramMap(), ["ja"], kernel="fortran")


def test_without_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"stancekit\[fast\]"):
        count_ngrams(NgramMap(), ["ja"], kernel="numba")
    words, _ = count_ngrams(NgramMap(), ["ja"], kernel="auto")
    assert words.nnz == 1


def test_warm_up_compiles(kernel):
    warm_up(kernel)
    assert is_compiled(kernel)


def test_compiling_is_said_once(tmp_path):
    pytest.importorskip("numba")
    code = "from stancekit.ngrams import warm_up; warm_up('numba')"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}

    def shown():
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stderr

    assert "Compiling for this processor, once" in shown()
    assert shown() == ""


def test_code_compiled_before_a_change_is_dropped():
    """Numba itself notices a change of the one file that holds a function."""
    pytest.importorskip("numba")
    warm_up("numba")
    from stancekit.ngrams.compiling import drop_stale_code
    from stancekit.ngrams.numba_scoring import score

    stored = next(Path(score.stats.cache_path).glob("numba_scoring.score-*.nbi"))
    drop_stale_code(score)
    assert stored.exists()
    content = stored.read_bytes()
    os.utime(stored, (0, 0))
    drop_stale_code(score)
    assert not stored.exists()
    stored.write_bytes(content)


@pytest.mark.parametrize("place", ["none", "full"])
def test_without_a_place_for_compiled_code_it_is_compiled_all_the_same(place, tmp_path):
    """There is no folder that numba may write to, or no room in it."""
    pytest.importorskip("numba")
    resource = pytest.importorskip("resource")
    (tmp_path / "file").touch()
    folder = {"none": tmp_path / "file" / "folder", "full": tmp_path}[place]
    code = (
        "import numba; from stancekit.ngrams import NgramMap, count_ngrams; "
        "print(count_ngrams(NgramMap(), ['ja'], kernel='numba')[0].nnz)"
    )
    if place == "none":  # not even beside the code
        code = (
            "from numba.core.caching import CacheImpl; CacheImpl._locator_classes = [l "
            f"for l in CacheImpl._locator_classes if 'Provided' in l.__name__]; {code}"
        )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "1\n"


def test_import_is_light():
    code = "import sys, stancekit.ngrams; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "ngram_map",
    [
        NgramMap(),
        NgramMap((2, 2), None),
        NgramMap(None, (1, 1)),
        NgramMap((1, 1), (3, 6)),
    ],
    ids=repr,
)
@given(text=st.sampled_from(AWKWARD) | st.text())
def test_placed_ngrams_are_those_of_the_definition(ngram_map, text):
    defined = {"word": [], "character": []}
    for ngram in ngram_map.enumerate(text):
        defined[ngram.kind].append((ngram.start, ngram.end, ngram.bucket))
    for kind, places in zip(defined, place_ngrams(ngram_map, text), strict=True):
        columns = (places.starts, places.ends, places.buckets)
        found = zip(*map(np.ndarray.tolist, columns), strict=True)
        assert sorted(found) == sorted(defined[kind])
