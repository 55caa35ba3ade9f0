"""Know a comment again that a model was trained on, without keeping its text."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from unicodedata import normalize

import numpy as np
import pandas as pd

from stancekit import columns as col

# How many comments are hashed at a time.
BATCH = 10_000


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """Salted hashes of the comments that a model was trained on.

    What counts is a comment's text with its parent's, whatever the blanks, line ends
    and Unicode forms.
    """

    # 16 of them, made from the comments, so that equal models are equal files.
    salt: bytes
    # uint64 (m,), sorted. Another comment is taken for one of them with probability
    # m / 2**64: among a million comments, for a model of 50,000, in 3 of 10**9 tables.
    hashes: np.ndarray

    @classmethod
    def learn(cls, table: pd.DataFrame) -> TrainedOn:
        """Return the hashes of comments with their context."""
        unsalted = np.unique(_hashes(table, b""))
        salt = blake2b(unsalted.tobytes(), digest_size=16).digest()
        return cls(salt, np.unique(_hashes(table, salt)))

    def includes(self, table: pd.DataFrame) -> np.ndarray:
        """Tell which comments are among them, shape (n,).

        >>> from stancekit.threads import with_context
        >>> trained_on = TrainedOn.learn(with_context(["Erst reden!", "Danke"]))
        >>> trained_on.includes(with_context([" Erst  reden!", "Nein"])).tolist()
        [True, False]
        """
        return np.isin(_hashes(table, self.salt), self.hashes)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return what a model file keeps."""
        salt = np.frombuffer(self.salt, dtype=np.uint8)
        return {"trained_on/salt": salt, "trained_on/hashes": self.hashes}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> TrainedOn:
        """Return what :meth:`to_arrays` described; KeyError or ValueError if none."""
        hashes = arrays["trained_on/hashes"]
        if hashes.dtype != np.uint64 or hashes.ndim != 1:
            raise ValueError(f"trained_on/hashes are {hashes.dtype} {hashes.shape}")
        return cls(arrays["trained_on/salt"].tobytes(), hashes)


def _hashes(table: pd.DataFrame, salt: bytes) -> np.ndarray:
    """Return the hashes of each comment's text with its parent's."""
    digests = bytearray()
    for start in range(0, len(table), BATCH):  # few at a time, for memory's sake
        rows = slice(start, start + BATCH)
        texts = table[col.TEXT].iloc[rows].tolist()
        # A parent is the parent of many.
        codes, different = pd.factorize(table[col.PARENT_TEXT].iloc[rows])
        parents = [*map(_normalised, different.tolist()), ""]
        for text, code in zip(texts, codes.tolist(), strict=True):
            # No text holds this character once it is normalised.
            content = f"{_normalised(text)}\n{parents[code]}".encode()
            digests += blake2b(content, digest_size=8, key=salt).digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)


def _normalised(text: str) -> str:
    # What is ASCII has one form only.
    text = text if text.isascii() else normalize("NFKC", text)
    # Of all blanks only the usual one is printable: to see that there is nothing to
    # change is four times as fast as to change nothing.
    if text.isprintable() and "  " not in text and text == text.strip():
        return text
    return " ".join(text.split())
