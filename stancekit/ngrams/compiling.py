"""Compile functions with numba, and keep the compiled code where there is a place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from numba import njit
from tqdm import tqdm

OPTIONS: Any = {"nogil": True, "error_model": "numpy"}

_compiled_here: list[Any] = []
_first_call = Lock()


def compiled(function: Callable[..., Any]) -> Any:
    """Have a function compiled when it is first called."""
    try:
        made = njit(function, cache=True, **OPTIONS)
    except RuntimeError:  # numba finds no folder that it may write to
        made = njit(function, **OPTIONS)
    _compiled_here.append(made)
    return made


def call_compiled(function: Any, *arguments: Any) -> Any:
    """Call a function of numba; show a line if it has to be compiled first."""
    if function.signatures:
        return function(*arguments)
    with _first_call:
        if is_ready(function):
            return _call(function, *arguments)
        kept = "once" if function.stats.cache_path else "as nothing can be kept"
        with tqdm(
            total=1,
            desc=f"Compiling for this processor, {kept}",
            bar_format="{desc} ... {elapsed}",
            file=sys.stderr,
        ) as progress:
            result = _call(function, *arguments)
            progress.update()
        return result


def _call(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except OSError:  # the disk is full, the folder went, or what is in it is another's
        for each in _compiled_here:
            each._cache.disable()
        return function(*arguments)


def is_ready(function: Any) -> bool:
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
    """Return files in the folder where numba stores a function, if there is one."""
    folder = function.stats.cache_path
    return list(Path(folder).glob(pattern)) if folder else []


def _is_current(stored: Path) -> bool:
    """Return whether no file here was changed after compiled code was stored."""
    sources = Path(__file__).parent.glob("*.py")
    changed = max(source.stat().st_mtime for source in sources)
    try:
        return stored.stat().st_mtime >= changed
    except FileNotFoundError:
        return False
