"""Run stancekit from the command line."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence

from stancekit.cli.parser import make_parser as make_parser
from stancekit.cli.telling import sentence, show_once, tell


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those the process was started with.

    Returns
    -------
    int
        0 if all went well, 1 if the data or a file stood in the way, 130 if the user
        interrupted it. Arguments that are not understood end the process with 2. With
        the environment variable ``STANCEKIT_DEBUG`` errors are raised.
    """
    _open_closed_streams()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_once()
            _run(make_parser().parse_args(argv))
        return 0
    except BrokenPipeError:  # who reads the output, such as head, has seen enough
        return 0
    except KeyboardInterrupt:
        print("stancekit: interrupted", file=sys.stderr, flush=True)
        if argv is None:  # compiled code that was interrupted may not bear a clean end
            os._exit(130)
        return 130
    except Exception as error:
        if os.environ.get("STANCEKIT_DEBUG"):
            raise
        tell(f"stancekit: error: {sentence(error)}")
        return 1
    finally:
        _finish_output()


def _run(arguments: argparse.Namespace) -> None:
    # Only now, so that --help and typing errors need not wait for scikit-learn.
    from stancekit.cli import commands, labelling, shares

    # Commands have hyphens, functions cannot.
    name = f"run_{arguments.command.replace('-', '_')}"
    home = next(h for h in (labelling, shares, commands) if hasattr(h, name))
    getattr(home, name)(arguments)
    sys.stdout.flush()


def _open_closed_streams() -> None:
    """Let there be streams to write to, and let no letter stop what is written."""
    if sys.stderr is None:  # closed by who started the process
        sys.stderr = open(os.devnull, "w")
    if sys.stdout is None:
        sys.stdout = open(os.devnull)  # to write to it is an error
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _finish_output() -> None:
    """Write what is left, or drop it, so that Python does not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
