"""Choose what counts and scores: numba where it is installed, else numpy."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from stancekit.errors import missing_extra

KERNELS = ("auto", "numpy", "numba")


def choose_kernel(kernel: str) -> str:
    """Return the name of the kernel to use.

    Parameters
    ----------
    kernel : {"auto", "numpy", "numba"}

    Returns
    -------
    {"numpy", "numba"}

    Raises
    ------
    ValueError
        If it is none of those.
    ImportError
        If it is "numba" and numba is not installed.
    """
    if kernel not in KERNELS:
        raise ValueError(f"kernel is {kernel!r}. Choose one of {KERNELS}.")
    # The compiled code reads eight bytes as one number, low byte first.
    fits = sys.byteorder == "little"
    if kernel == "numpy" or (kernel == "auto" and not (fits and _has_numba())):
        return "numpy"
    if not _has_numba():
        raise missing_extra("numba", "fast", "The numba kernel")
    return "numba"


def _has_numba() -> bool:
    """Return whether numba can be imported."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True
