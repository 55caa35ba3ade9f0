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
    _add_prevalence(commands)
    _add_suggest(commands)
    _add_agreement(commands)
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
    _add_training(parser)
    _add_folds(parser, 5)
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
    _add_training(parser)
    _add_folds(parser, 8)
    _add_classifier(parser)
    parser.add_argument(
        "--repeats", type=int, default=1, metavar="N", help="split anew N times"
    )
    _add_json(parser)


def _add_prevalence(commands: Any) -> None:
    parser = _add_command(
        commands,
        "prevalence",
        "estimate the share of each position, with its interval",
        "stancekit prevalence comments.csv --by week",
    )
    _add_training(parser)
    _add_classifier(parser)
    parser.add_argument(
        "--model",
        help="a model trained on other comments; by default one is cross-fitted",
    )
    parser.add_argument(
        "--by", metavar="COLUMN", help="shares for each value, or by day, week, month"
    )
    parser.add_argument(
        "--unit",
        choices=["comment", "author", "thread"],
        default="comment",
        help="what counts once (default: comment)",
    )
    _add_output(parser, "write the shares here (.csv, .tsv, .jsonl)")
    _add_json(parser)


def _add_suggest(commands: Any) -> None:
    parser = _add_command(
        commands,
        "suggest",
        "draw comments to be labelled next",
        "stancekit suggest comments.csv -n 100 -o drawn.csv",
    )
    parser.add_argument("-n", type=int, required=True, help="how many to draw")
    parser.add_argument("--model", help="a model file; by default the bundled model")
    parser.add_argument(
        "--strategy",
        choices=["mixed", "random", "uncertain"],
        default="mixed",
        help="which comments are likelier to be drawn (default: mixed)",
    )
    _add_seed(parser)
    _add_output(parser, "write all comments here, with how they were drawn")
    _add_json(parser)


def _add_agreement(commands: Any) -> None:
    parser = commands.add_parser(
        "agreement",
        help="tell how far annotators agree",
        description="Tell how far annotators agree.",
        epilog="Example:\n  stancekit agreement ada.csv ben.csv --comments all.csv",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "labels", nargs="+", help="label files: Label Studio, doccano, Prodigy, sheets"
    )
    parser.add_argument(
        "--comments", metavar="FILE", help="the comments, for intervals by thread"
    )
    _add_seed(parser)
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


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label",
        default="stance",
        metavar="COLUMN",
        help="the labels (default: stance)",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes (default: 1)"
    )
    _add_seed(parser)


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")


def _add_folds(parser: argparse.ArgumentParser, default: int) -> None:
    parser.add_argument(
        "--folds",
        type=int,
        default=default,
        metavar="N",
        help=f"folds (default: {default})",
    )


def _add_classifier(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--classifier",
        choices=["conversation", "single", "bundled"],
        default="conversation",
        help="with or without what the rest of the thread says, or made like the "
        "bundled model (default: conversation)",
    )


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
