"""Load what comes with the library: corpus, codebook, sample page, default model."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from platformdirs import user_cache_path
from tqdm import tqdm

import stancekit
from stancekit.classifier import StanceClassifier
from stancekit.conversation import ConversationClassifier
from stancekit.errors import ModelFileError, ReadError
from stancekit.features import CommentFeatures
from stancekit.labels import Codebook
from stancekit.persistence import load_model, save_model
from stancekit.threads import (
    ARTICLE_ID,
    CREATED_AT,
    HEADLINE,
    SOURCE,
    STANCE,
)

CORPUS = "comments.csv"
ARTICLES = "articles.csv"
CODEBOOK = "codebook.toml"
SAMPLE_PAGE = "sample_page.txt"

# Whatever a change of which can change the default model.
TRAINS = (
    "threads",
    "ngrams",
    "features",
    "classifier",
    "conversation",
    "persistence.py",
    "datasets.py",
)


def data_path(name: str) -> Path:
    """Return the path of a bundled file.

    The installed library carries the files inside the package; a checkout and an
    editable install have them beside it.

    Raises
    ------
    ReadError
        If the file is in neither place.

    Examples
    --------
    >>> data_path("codebook.toml").name
    'codebook.toml'
    """
    package = Path(__file__).parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise ReadError(
        f"The bundled file {name!r} is missing from this installation of stancekit. "
        "Install it anew."
    )


def load_corpus() -> pd.DataFrame:
    """Load the bundled corpus of German comments on support for Ukraine.

    3,902 comments and replies under 154 invented articles, each with one of four
    positions. **Every comment was written for this project by a language model**;
    names and headlines are invented. Shares in it mean nothing. See ``DATASHEET.md``
    beside the files. Licence: CC BY 4.0.

    Returns
    -------
    DataFrame
        ``comment_id``, ``article_id``, ``parent_id``, ``author``, ``text``,
        ``stance``, ``headline``, ``created_at`` (the day of the article) and
        ``source``.

    Examples
    --------
    >>> corpus = load_corpus()
    >>> len(corpus), corpus["article_id"].nunique()
    (3902, 154)
    """
    comments = _read_table(CORPUS)
    articles = _read_table(ARTICLES).set_index(ARTICLE_ID)
    comments["parent_id"] = comments["parent_id"].where(comments["parent_id"] != "")
    comments[STANCE] = comments[STANCE].astype("category")
    comments[HEADLINE] = comments[ARTICLE_ID].map(articles["headline"])
    published = comments[ARTICLE_ID].map(articles["published"])
    comments[CREATED_AT] = pd.to_datetime(published, utc=True)
    comments[SOURCE] = "stancekit corpus"
    return comments


def load_codebook() -> Codebook:
    """Load the codebook of the bundled corpus.

    Examples
    --------
    >>> load_codebook().labels
    ('pro_support', 'negotiation_first', 'escalation_worry', 'other')
    """
    return Codebook.load(data_path(CODEBOOK))


def default_model() -> Any:
    """Return the model trained on the bundled corpus.

    It is trained once, which takes some seconds, and kept in the user's cache folder
    (or the folder that the environment variable ``STANCEKIT_CACHE`` names). It is
    trained anew when the corpus or the library changes.

    Returns
    -------
    ConversationClassifier
    """
    path = cache_folder() / f"default-{_cache_key()}.stance"
    if path.exists():
        try:
            return load_model(path)
        except ModelFileError:  # half a disk, half a file: train it again
            path.unlink(missing_ok=True)
    model = _train_default()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may do this at once: the file is replaced whole, by its equal.
    save_model(model, path, codebook=load_codebook(), force=True)
    return model


def bundled_recipe(
    *, n_jobs: int | None = None, random_state: int | None = 0
) -> ConversationClassifier:
    """Return the default model untrained, to evaluate how it is made.

    Examples
    --------
    >>> bundled_recipe().first.features
    CommentFeatures()
    """
    # Openings and shape do not help on the corpus, so the search for them is saved.
    first = StanceClassifier(CommentFeatures())
    return ConversationClassifier(first, n_jobs=n_jobs, random_state=random_state)


def cache_folder() -> Path:
    """Return the folder in which the default model is kept."""
    named = os.environ.get("STANCEKIT_CACHE")
    return Path(named) if named else user_cache_path("stancekit", appauthor=False)


def _train_default() -> ConversationClassifier:
    corpus = load_corpus()
    with tqdm(
        total=1,
        desc=f"Training the default model on {len(corpus):,} comments, once",
        bar_format="{desc} ... {elapsed}",
        file=sys.stderr,
    ) as progress:
        model = bundled_recipe(n_jobs=2).fit(corpus, corpus[STANCE])
        progress.update()
    return model


def _read_table(name: str) -> pd.DataFrame:
    # "None" and "NA" are texts here, and ids are no numbers.
    return pd.read_csv(data_path(name), dtype=str, keep_default_na=False)


def _cache_key() -> str:
    """Return a hash of all that the default model is made from."""
    package = Path(__file__).parent
    sources = [data_path(CORPUS), data_path(ARTICLES), data_path(CODEBOOK)]
    for name in TRAINS:
        place = package / name
        sources += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    digest = hashlib.sha256(stancekit.__version__.encode())
    for path in sources:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
