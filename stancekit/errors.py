"""Name what can go wrong.

- ValueError

  - ReadError: a source of comments cannot be read.
  - ModelFileError: a file is no model that this version can load.

- UserWarning

  - DataWarning: data were repaired or are thinner than asked for.
  - LeakageWarning: a score is too good because folds share text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class ReadError(ValueError):
    """Raised when a source of comments cannot be read.

    The message says what was found, where (file and line or record) and what to do.
    """


class ModelFileError(ValueError):
    """Raised when a file is damaged, of another version, or no model at all."""


class DataWarning(UserWarning):
    """Issued when data were repaired, or allow less than was asked for."""


class LeakageWarning(UserWarning):
    """Issued when training and test folds share what they should not."""


def missing_extra(package: str, extra: str, purpose: str) -> ImportError:
    """Return the error for an optional package that is not installed.

    Parameters
    ----------
    package : str
        The package that failed to import.
    extra : str
        The extra of stancekit that installs it.
    purpose : str
        What needs it, as the start of a sentence.

    Returns
    -------
    ImportError
        To be raised by the caller.

    Examples
    --------
    >>> print(missing_extra("numba", "fast", "The numba kernel"))
    The numba kernel needs the package 'numba'. Install it with: pip install
    'stancekit[fast]'
    """
    return ImportError(
        f"{purpose} needs the package {package!r}. "
        f"Install it with: pip install 'stancekit[{extra}]'"
    )


def name_rows(rows: Iterable[Any], most: int = 5) -> str:
    """Name the first few rows for an error message.

    Examples
    --------
    >>> name_rows(["a", "b"])
    "'a', 'b'"
    >>> name_rows(range(9), most=2)
    '0, 1 and 7 more'
    """
    rows = list(rows)
    named = ", ".join(
        repr(getattr(row, "item", lambda row=row: row)()) for row in rows[:most]
    )
    return named if len(rows) <= most else f"{named} and {len(rows) - most} more"
