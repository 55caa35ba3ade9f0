"""Load what comes with the library: corpus, codebook, sample page, default model."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
from platformdirs import user_cache_path
from tqdm import tqdm

from stancekit import columns as col
from stancekit.classifier import StanceClassifier, encoder_name
from stancekit.conversation import ConversationClassifier
from stancekit.errors import ModelFileError, ReadError
from stancekit.features import CommentFeatures
from stancekit.labels import Codebook
from stancekit.persistence import load_model, save_model

CORPUS = "comments.csv"
ARTICLES = "articles.csv"
CODEBOOK = "codebook.toml"

# Whatever a change of which can change the default model.
TRAINS = (
    "labels.py",
    "folds.py",
    "threads",
    "ngrams",
    "features",
    "classifier",
    "conversation",
    "persistence",
    "datasets.py",
)


# The model of this process, where it cannot be kept in a file.
_kept_here: dict[str, Any] = {}


def data_path(name: str) -> Path:
    """Return the path of a bundled file."""
    package = Path(__file__).parent
    # The installed library carries the files inside the package; a checkout and an
    # editable install have them beside it.
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise ReadError(
        f"The bundled file {name!r} is missing from this installation of stancekit. "
        "Install it anew."
    )


def load_corpus() -> pd.DataFrame:
    """Load the bundled corpus of comments on support for Ukraine.

    11,429 comments and replies, 8,494 German and 2,935 English, under 437 invented
    articles and threads, each with one of five positions. **Every comment was written
    for this project by a language model**; names and headlines are invented. Shares in
    it mean nothing. See ``DATASHEET.md`` beside the files. Licence: CC BY 4.0.

    Returns
    -------
    DataFrame
        ``comment_id``, ``article_id``, ``parent_id``, ``author``, ``lang`` ("de" or
        "en"), ``text``, ``stance``, ``headline`` (missing in 31 threads),
        ``created_at`` (the day of the article) and ``source``.

    Examples
    --------
    >>> corpus = load_corpus()
    >>> len(corpus), corpus["article_id"].nunique()
    (11429, 437)
    """
    comments = _read_table(CORPUS)
    articles = _read_table(ARTICLES).set_index(col.ARTICLE_ID)
    for name in (col.PARENT_ID, col.AUTHOR):
        comments[name] = comments[name].where(comments[name] != "")
    comments[col.STANCE] = comments[col.STANCE].astype("category")
    headlines = articles["headline"].where(articles["headline"] != "")
    comments[col.HEADLINE] = comments[col.ARTICLE_ID].map(headlines)
    published = comments[col.ARTICLE_ID].map(articles["published"])
    comments[col.CREATED_AT] = pd.to_datetime(published, utc=True)
    comments[col.SOURCE] = "stancekit corpus"
    return comments


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Load a codebook from a TOML file; by default that of the bundled corpus.

    Raises
    ------
    ReadError
        If the file cannot be read or is no codebook.

    Examples
    --------
    >>> load_codebook().labels
    ('pro_support', 'negotiation_first', 'escalation_worry', 'against_support', 'other')
    """
    return Codebook.load(data_path(CODEBOOK) if path is None else path)


def default_model(encoder: Any = None) -> Any:
    """Return the model trained on the bundled corpus.

    It is trained once, which takes a minute, and kept in the user's cache folder (or
    the folder that the environment variable ``STANCEKIT_CACHE`` names). It is trained
    anew when the corpus or the library changes.

    Parameters
    ----------
    encoder : object, optional
        Also describes each comment, as :class:`~stancekit.StanceClassifier` says. The
        model with each encoder is trained and kept apart.

    Returns
    -------
    ConversationClassifier

    Warns
    -----
    UserWarning
        If it cannot be kept there. It is then trained once in each process.
    """
    key = _cache_key(encoder)
    path = cache_folder() / f"default-{key}.stance"
    with suppress(ModelFileError):  # there is none, or it is damaged: train it
        return _kept_here.get(key) or load_model(path, encoder=encoder)
    model = _train_default(encoder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may do this at once: the file is replaced whole, by its equal.
        save_model(model, path, codebook=load_codebook(), force=True)
    except (OSError, ValueError) as error:
        _kept_here[key] = model
        warnings.warn(
            f"The default model cannot be kept in {path.parent} ({error}); each "
            "process trains it anew. Let the environment variable STANCEKIT_CACHE name "
            "a folder that can be written to.",
            stacklevel=2,
        )
    return model


def bundled_recipe(
    *, encoder: Any = None, n_jobs: int | None = None, random_state: int | None = 0
) -> ConversationClassifier:
    """Return the default model untrained, to evaluate how it is made."""
    # C and the blocks as benchmarks/recipe.py finds them, but for shape, which mirrors
    # how the invented comments were written. Three folds tell the probabilities of so
    # many comments as well as five, in less time.
    features = CommentFeatures(parent_weight=0.5, replies_weight=0.5)
    first = StanceClassifier(features, C=0.2, encoder=encoder, cv=3)
    return ConversationClassifier(first, n_jobs=n_jobs, random_state=random_state)


def cache_folder() -> Path:
    """Return the folder in which the default model is kept."""
    named = os.environ.get("STANCEKIT_CACHE")
    return Path(named) if named else user_cache_path("stancekit", appauthor=False)


def _train_default(encoder: Any) -> ConversationClassifier:
    corpus = load_corpus()
    with tqdm(
        total=1,
        desc=f"Training the default model on {len(corpus):,} comments, once (a minute)",
        bar_format="{desc} ... {elapsed}",
        file=sys.stderr,
    ) as progress:
        # The first letter names a part, each written for another kind of page. What is
        # learnt on folds is to hold on pages of a kind that was not met.
        model = bundled_recipe(encoder=encoder, n_jobs=2).fit(
            corpus, corpus[col.STANCE], groups=corpus[col.ARTICLE_ID].str[0]
        )
        progress.update()
    return model


def _read_table(name: str) -> pd.DataFrame:
    # "None" and "NA" are texts here, and ids are no numbers.
    return pd.read_csv(data_path(name), dtype=str, keep_default_na=False)


def _cache_key(encoder: Any) -> str:
    """Return a hash of all that the default model is made from."""
    package = Path(__file__).parent
    sources = [data_path(CORPUS), data_path(ARTICLES), data_path(CODEBOOK)]
    for name in TRAINS:
        place = package / name
        sources += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    # Another encoder of that name has another probe, which loading compares.
    name = "" if encoder is None else encoder_name(encoder)
    digest = hashlib.sha256(name.encode())
    for path in sources:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
