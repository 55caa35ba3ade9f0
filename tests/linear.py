"""Tell whether a reader takes time in proportion to what it reads."""

import time
import warnings
from contextlib import suppress

from stancekit.errors import ReadError
from stancekit.readers import read_comments


def seconds(source):
    """Return the least of three runs: what else the machine does only ever adds."""
    return min(_run(source) for _ in range(3))


def _run(source):
    start = time.process_time()
    with warnings.catch_warnings(), suppress(ReadError):
        warnings.simplefilter("ignore")
        read_comments(source)
    return time.process_time() - start


def grows_in_proportion(make, n):
    """Whether four times as much takes about four times as long, not sixteen times."""
    return seconds(make(4 * n).encode()) <= 6 * seconds(make(n).encode()) + 0.5
