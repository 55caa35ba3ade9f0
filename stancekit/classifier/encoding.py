"""Let an encoder that the user brings describe comments by rows of numbers."""

from __future__ import annotations

import importlib.metadata
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from tqdm import tqdm

from stancekit.errors import DataWarning, ModelFileError

BATCH = 256
# Seconds after which a bar shows how far it is.
QUICK = 2
# A text that encoders other than the one in question describe in another way.
PROBE = "Erst verhandeln, then decide: who agrees with 1 of 2?"
# By how much of its length a row may differ from one processor to another.
TOLERANCE = 0.01
# Where encoders keep the name of what they have loaded.
NAMES = ("name_or_path", "model_name_or_path", "model_name", "base_model_name", "name")


def encode_texts(encoder: Any, texts: pd.Series) -> np.ndarray:
    """Return the rows (n, d) that an encoder gives texts; zeros for an empty text.

    >>> class Length:
    ...     def encode(self, texts):
    ...         return np.array([[len(text)] for text in texts])
    >>> encode_texts(Length(), pd.Series(["ja", "", "nein"])).tolist()
    [[2.0], [0.0], [4.0]]
    """
    if encoder is None:
        return np.empty((len(texts), 0), dtype=np.float32)
    different, codes = np.unique(texts.to_numpy(dtype=object), return_inverse=True)
    # Texts of about one length together: encoders fill the shorter ones up.
    order = np.argsort([len(text) for text in different], kind="stable")
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    rows: np.ndarray | None = None
    with tqdm(
        total=len(order), desc="Encoding", unit="text", delay=QUICK, leave=False
    ) as progress:
        for batch in batches:
            found = _encode_batch(encoder, different[batch].tolist())
            if rows is None:
                rows = np.zeros((len(different), found.shape[1]), dtype=np.float32)
            rows[batch] = found
            progress.update(len(batch))
    if rows is None:
        return np.empty((0, _encode_batch(encoder, [PROBE]).shape[1]), np.float32)
    rows[[not text.strip() for text in different]] = 0
    return rows[codes]


def _encode_batch(encoder: Any, texts: list[str]) -> np.ndarray:
    encode = getattr(encoder, "encode", None) or getattr(encoder, "transform", None)
    if encode is None or isinstance(encoder, (str, type)):
        raise TypeError(
            f"encoder= got {encoder!r:.80}, which is no object with a method "
            "encode(list of texts) or transform(list of texts). Give the encoder "
            "itself, such as SentenceTransformer('name of a model')."
        )
    try:
        found = encode(texts)
    except NotFittedError as error:
        raise NotFittedError(
            f"The encoder {encoder_name(encoder)!r} is not fitted. Fit it on texts "
            "first: encoder.fit(table['text'])."
        ) from error
    if hasattr(found, "tocsr"):
        raise TypeError(
            f"The encoder {encoder_name(encoder)!r} returned a sparse matrix. Put a "
            "step behind it that makes a few hundred columns of it, such as "
            "scikit-learn's TruncatedSVD."
        )
    rows = np.asarray(found, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
        raise ValueError(
            f"The encoder {encoder_name(encoder)!r} must return a row of finite "
            f"numbers for each text; for {len(texts)} texts it returned shape "
            f"{rows.shape}."
        )
    return rows


def encoder_name(encoder: Any) -> str:
    """Return by what name an encoder is remembered: its class and what it loaded.

    >>> class Named:
    ...     model_name = "tiny"
    >>> encoder_name(Named()).partition(".")[2]
    'Named tiny'
    """
    kind = type(encoder)
    loaded = [str(getattr(encoder, name)) for name in NAMES if hasattr(encoder, name)]
    return " ".join(
        [f"{kind.__module__.partition('.')[0]}.{kind.__name__}", *loaded[:1]]
    )


def describe_encoder(encoder: Any) -> dict[str, Any]:
    """Return what a model file keeps of an encoder, as JSON values."""
    module = type(encoder).__module__.partition(".")[0]
    packages = importlib.metadata.packages_distributions().get(module, [])
    return {
        "name": encoder_name(encoder),
        "package": packages[0] if packages else None,
        "probe": [float(f"{x:.4g}") for x in _encode_batch(encoder, [PROBE])[0]],
    }


def check_encoder(encoder: Any, description: dict[str, Any] | None) -> None:
    """Refuse an encoder that is missing, not wanted, or describes texts otherwise."""
    if description is None:
        if encoder is not None:
            raise ModelFileError(
                "This model was trained without an encoder; load it without encoder=."
            )
        return
    name, package = description["name"], description["package"]
    if encoder is None:
        install = f"Install it (pip install {package}) and give" if package else "Give"
        raise ModelFileError(
            f"This model was trained with the encoder {name!r}, which the file does "
            f"not hold. {install} it: stancekit.load_model(path, encoder=...)."
        )
    known = np.array(description["probe"])
    try:
        found = _encode_batch(encoder, [PROBE])[0]
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"The encoder given cannot be used. {error}") from error
    is_same = found.shape == known.shape and (
        np.linalg.norm(found - known) <= TOLERANCE * np.linalg.norm(known)
    )
    if not is_same:
        raise ModelFileError(
            f"This model was trained with the encoder {name!r} ({len(known)} numbers "
            f"a text). The one given, {encoder_name(encoder)!r} ({len(found)}), "
            "describes texts in another way. Give the one of then."
        )


def warn_if_useless(encoder: Any, weight: float) -> None:
    """Say for the caller's caller that an encoder was given no weight."""
    if encoder is not None and not weight:
        warnings.warn(
            "The encoder did not help on the folds and is left out: its weight is 0.",
            DataWarning,
            stacklevel=3,
        )


class EncodedBlock(TransformerMixin, BaseEstimator):
    """Moves the columns from `start` to mean 0 and their rows to a mean length."""

    def __init__(self, start: int, weight: float = 0.0) -> None:
        self.start = start
        self.weight = weight

    def fit(self, X: csr_matrix, y: Any = None) -> EncodedBlock:
        """Learn mean and length from the rows of training."""
        encoded = X[:, self.start :].toarray()
        self.mean_ = encoded.mean(axis=0)
        length = np.linalg.norm(encoded - self.mean_, axis=1).mean()
        self.factor_ = self.weight / length if length else 0.0
        return self

    def transform(self, X: csr_matrix) -> csr_matrix:
        """Return the scaled rows, shape (n, d)."""
        encoded = X[:, self.start :].toarray()
        return csr_matrix(self.factor_ * (encoded - self.mean_))
