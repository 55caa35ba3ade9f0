"""Choose what counts and scores: numba where it is installed, else numpy."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from tqdm import tqdm

from stancekit.errors import missing_extra

KERNELS = ("auto", "numpy", "numba")

_first_call = Lock()


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
    from stancekit.ngrams.numba_counting import write_keys
    from stancekit.ngrams.numba_scoring import score

    functions: tuple[Any, ...] = (write_keys, score)
    return all(map(_is_ready, functions))


def call_compiled(function: Any, *arguments: Any) -> Any:
    """Call a function of numba; show a line if it has to be compiled first."""
    if function.signatures:
        return function(*arguments)
    with _first_call:
        if _is_ready(function):
            return function(*arguments)
        with tqdm(
            total=1,
            desc="Compiling for this processor, once",
            bar_format="{desc} ... {elapsed}",
            file=sys.stderr,
        ) as progress:
            result = function(*arguments)
            progress.update()
        return result


def _is_ready(function: Any) -> bool:
    """Return whether a function is compiled, in this process or on the disk."""
    stored = _stored(function, f"*.{function.__name__}-*.nbi")
    return bool(function.signatures) or any(map(_is_current, stored))


def drop_stale_code(function: Any) -> None:
    """Delete compiled code that numba has stored before any file here was changed.

    Numba compares with the file of a function only, not with those of the functions
    and constants that it uses.
    """
    for file in _stored(function, "numba_*.nbi"):
        if not _is_current(file):
            # Another process may have done it, or the folder may be read-only.
            with suppress(OSError):
                file.unlink()


def _stored(function: Any, pattern: str) -> list[Path]:
    """Return files in the folder where numba stores a function."""
    return list(Path(function.stats.cache_path).glob(pattern))


def _is_current(stored: Path) -> bool:
    """Return whether no file here was changed after compiled code was stored."""
    sources = Path(__file__).parent.glob("*.py")
    changed = max(source.stat().st_mtime for source in sources)
    try:
        return stored.stat().st_mtime >= changed
    except FileNotFoundError:
        return False
