"""Choose what counts and scores: numba where it is installed, else numpy."""

from __future__ import annotations

import sys

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
    error = _numba_error()
    # The compiled code reads eight bytes as one number, lowest byte first.
    if kernel == "auto":
        return "numba" if error is None and sys.byteorder == "little" else "numpy"
    if kernel == "numba" and error is not None:
        raise missing_extra("numba", "fast", "The numba kernel") from error
    return kernel


def _numba_error() -> Exception | None:
    """Return why numba cannot be imported, or None if it can."""
    try:
        import numba  # noqa: F401
    # One that is there but does not fit the other packages may raise anything.
    except Exception as error:
        return error
    return None
