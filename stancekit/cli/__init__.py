"""Run stancekit from the command line."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import stancekit

DESCRIPTION = "Find out which positions comments take."
SOURCE_HELP = "a pasted page or a table of comments; - for standard input"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those the process was started with.

    Returns
    -------
    int
        0 if all went well, 1 if the data or a file stood in the way. Arguments that
        are not understood end the process with 2.
    """
    arguments = make_parser().parse_args(argv)
    warnings.showwarning = _show_warning
    # Only now, so that --help and typing errors need not wait for scikit-learn.
    from stancekit.cli import commands

    run: Callable[[argparse.Namespace], None] = getattr(
        commands, f"run_{arguments.command}"
    )
    try:
        run(arguments)
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"stancekit: error: {error}", file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser("stancekit", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=stancekit.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_read(commands)
    _add_predict(commands)
    _add_train(commands)
    _add_evaluate(commands)
    return parser


def _add_read(commands: Any) -> None:
    parser = _add_command(
        commands,
        "read",
        "turn a source into a comment table",
        "stancekit read page.txt -o comments.csv",
    )
    _add_output(
        parser, "write the table here (.csv, .tsv, .jsonl); - for CSV on stdout"
    )
    _add_json(parser)


def _add_predict(commands: Any) -> None:
    parser = _add_command(
        commands,
        "predict",
        "give each comment its position",
        "stancekit predict page.txt\n  stancekit predict page.txt -o out.csv",
    )
    parser.add_argument("--model", help="a model file; by default the bundled model")
    parser.add_argument(
        "--abstain-below",
        type=float,
        default=0.4,
        metavar="P",
        help="mark labels less probable than this (default: 0.4)",
    )
    _add_output(parser, "write a table here (.csv, .tsv, .jsonl) instead of the tree")
    _add_json(parser)


def _add_train(commands: Any) -> None:
    parser = _add_command(
        commands,
        "train",
        "train a model on labelled comments and evaluate it",
        "stancekit train labelled.csv -o model.stance",
    )
    _add_training(parser, folds=5)
    parser.add_argument(
        "--codebook", help="a codebook (.toml); other labels are refused"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="save the model here"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def _add_evaluate(commands: Any) -> None:
    parser = _add_command(
        commands,
        "evaluate",
        "tell how far a model trained on these labels can be trusted",
        "stancekit evaluate labelled.csv",
    )
    _add_training(parser, folds=8)
    parser.add_argument(
        "--repeats", type=int, default=1, metavar="N", help="split anew N times"
    )
    _add_json(parser)


def _add_command(
    commands: Any, name: str, purpose: str, example: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"Example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", help=SOURCE_HELP)
    parser.add_argument("--format", help="the format, where it is not recognised")
    parser.add_argument(
        "--column",
        action="append",
        type=_renaming,
        metavar="THEIRS=OURS",
        help="which column is which, for instance body=text; may be repeated",
    )
    return parser


def _add_training(parser: argparse.ArgumentParser, folds: int) -> None:
    parser.add_argument(
        "--label",
        default="stance",
        metavar="COLUMN",
        help="the labels (default: stance)",
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=folds,
        metavar="N",
        help=f"folds (default: {folds})",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes (default: 1)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")


def _add_output(parser: argparse.ArgumentParser, purpose: str) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help=purpose)
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a line"
    )


def _renaming(text: str) -> tuple[str, str]:
    theirs, found, ours = text.rpartition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form THEIRS=OURS")
    return theirs, ours


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"stancekit: note: {message}", file=sys.stderr)
