"""Compile what counts and scores before the first text needs it."""

from __future__ import annotations

import numpy as np

from stancekit.ngrams.counting import count_ngrams, inverse_document_frequency
from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.kernels import choose_kernel
from stancekit.ngrams.scorer import NgramScorer
from stancekit.ngrams.table import NgramTable


def warm_up(kernel: str = "auto") -> None:
    """Compile what counts and scores, or load it if it was compiled before.

    Without this, the first text pays for it: some ten seconds once after
    installation, then less than a second in each process.

    Parameters
    ----------
    kernel : {"auto", "numpy", "numba"}, default="auto"
    """
    ngram_map = NgramMap(n_buckets=2)
    tables = []
    for counts in count_ngrams(ngram_map, [""], kernel=kernel):
        idf = inverse_document_frequency(counts)
        tables.append(NgramTable.from_dense(idf, np.zeros((len(idf), 1))))
    NgramScorer(ngram_map, *tables, kernel=kernel, n_slots=4).score([""])


def is_compiled(kernel: str = "auto") -> bool:
    """Return whether the kernel is ready to run, now or from the cache of numba.

    Parameters
    ----------
    kernel : {"auto", "numpy", "numba"}, default="auto"

    Returns
    -------
    bool
        False if the first text will have to wait for a compilation of some seconds.

    Examples
    --------
    >>> is_compiled("numpy")
    True
    """
    if choose_kernel(kernel) == "numpy":
        return True
    from stancekit.ngrams.compiling import is_ready
    from stancekit.ngrams.numba_counting import write_keys
    from stancekit.ngrams.numba_scoring import score

    return is_ready(write_keys) and is_ready(score)
