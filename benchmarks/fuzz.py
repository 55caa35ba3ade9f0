"""Damage sources of every kind, and see that only documented errors come of it.

    python benchmarks/fuzz.py [--inputs 20000] [--seed 0] [--keep FOLDER]

Takes the files of ``tests/files`` and tables made here, changes each with an eye for
what it is (values of JSON, lines of text, members of archives, bytes), and reads it
within limits of time and memory. Puts the figures into ``results/fuzz.json``; inputs
that fail are kept in a folder. Linux; needs ``stancekit[dev]``.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import io
import json
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

import stancekit
from stancekit.errors import DataWarning, ModelFileError, ReadError

RESULT = Path(__file__).parent / "results" / "fuzz.json"
FILES = Path(__file__).parents[1] / "tests" / "files" / "readers"
SECONDS = 5
MEMORY = 500_000_000
# No input is made longer than this.
MOST_BYTES = 400_000

Files = dict[str, bytes]
MODEL = "load_model"

ROWS = [
    {"id": "1", "parent": "", "author": "Ö", "date": "2024-02-01 10:00", "likes": "3"},
    {"id": "2", "parent": "1", "author": "Ulf", "date": "1700000000", "likes": "1.2K"},
    {"id": "3", "parent": "9", "author": "", "date": "vor 8 Stunden", "likes": ""},
    {"id": "4", "parent": "2", "author": "Ulf", "date": "3. März 2024", "likes": "0"},
]
TEXTS = ["Erst reden!", "Mit wem? <b>&amp;</b>", "[deleted]", "Liefern, „sofort“."]
COMMENTS = [row | {"text": text} for row, text in zip(ROWS, TEXTS, strict=True)]


def _folder(path: Path) -> Files:
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def _tables() -> list[tuple[str, Files]]:
    frame = pd.DataFrame(COMMENTS)
    excel, parquet = io.BytesIO(), io.BytesIO()
    frame.to_excel(excel, index=False)
    frame.astype({"id": int}).to_parquet(parquet)
    lines = "\n".join(json.dumps(row) for row in COMMENTS)
    return [
        ("csv", {"t.csv": frame.to_csv(index=False).encode()}),
        ("csv", {"t.tsv": frame.to_csv(index=False, sep="\t").encode("utf-16")}),
        ("jsonl", {"t.jsonl": lines.encode()}),
        ("json", {"t.json": json.dumps({"comments": COMMENTS}, indent=1).encode()}),
        ("excel", {"t.xlsx": excel.getvalue()}),
        ("parquet", {"t.parquet": parquet.getvalue()}),
    ]


def _model() -> Files:
    model = stancekit.StanceClassifier(cv=2).fit(
        ["ja", "ja", "nein"] * 2, list("aab") * 2
    )
    with tempfile.TemporaryDirectory() as folder:
        stancekit.save_model(model, f"{folder}/m.stance")
        # Compiling is not what is timed.
        stancekit.load_model(f"{folder}/m.stance").predict_proba(["ja"])
        return {"m.stance": Path(folder, "m.stance").read_bytes()}


@cache
def seeds() -> dict[str, list[tuple[str, Files]]]:
    """Return whole sources with their formats, by family of readers."""
    from stancekit.readers import FAMILIES, ReadReport, read_comments

    found: dict[str, list[tuple[str, Files]]] = {MODEL: [(MODEL, _model())]}
    sources = [_folder(path) for path in FILES.glob("*/new")]
    sources += [_folder(FILES / name) for name in ("youtube/pages", "x_archive")]
    sources += [{path.name: path.read_bytes()} for path in FILES.glob("*/*.*")]
    sources += [{path.name: path.read_bytes()} for path in FILES.glob("*.txt")]
    families = {name: family for family in FAMILIES for name in family.FORMATS}
    known = _tables()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for files in sources:
            try:
                with placed(files) as source:
                    table = read_comments(source)
            except ReadError:
                continue
            known.append((ReadReport.of(table).format, files))
    for form, files in known:
        family = families[form].__name__.rpartition(".")[2]
        found.setdefault(family, []).append((form, files))
    return dict(sorted(found.items()))


@contextmanager
def placed(files: Files) -> Iterator[Any]:
    """Give the bytes of one file, or the path of a folder with several."""
    if len(files) == 1:
        yield next(iter(files.values()))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        yield folder


# Values as JSON writes them; most are of a wrong type wherever they stand.
ODD_VALUES = [
    *'null true 0 -1 1.5 1e999 NaN [] {} [[]] "" "\\ud800" "a\\udfffb"'.split(" "),
    *'"root" "[deleted]" "t1_\\u0000" "1.5K" "-1e999" {"a":1,"a":2}'.split(),
    *'"<script>x</script>&#1;b" "&#x110000;&#99999999999;"'.split(),
    *'"99999-99-99T99:99:99Z" "0001-01-01T00:00:00+14:00"'.split(),
    '" "',
    '[null, 1, "a", {}]',
    '{"a": {"b": [1, {"\\ud83d": null}]}}',
    str(10**19),
    "9" * 400,
    "9" * 5000,
    f'"{"9" * 20}"',
    f'"{"9" * 400}"',
    f'"{"<p>" * 3000}"',
    f'"{"x" * 50_000}"',
    "[" * 60 + "]" * 60,
    "[" * 900 + "]" * 900,
]
ODD_KEYS = ["\ud800", "", "id", "text", "comment_id", "email", "kind", "a\x00b", "0"]
ODD_TEXTS = [
    *"\x00 \x01 \x1f \r \u2028 \ufeff \x85 \u202e \t \n\n".split(" "),
    *"\" ' < > <! <!-- ]]> <![CDATA[ <br></br> &#1; &#xD800; ; , { [ \\ @ •".split(),
    *"<script>x</script>&#1;b 1e999 \\ud800 31.02.2024 Antworten\n".split(" "),
    "9" * 400,
    "12 Kommentare\n",
    "Kommentare\n\n",
    "vor 99999999999 Stunden",
    "99. März 99999",
]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return container and key of every value in a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        keys = part if isinstance(part, dict) else range(len(part))
        for key in list(keys):
            found.append((part, key))
            if isinstance(part[key], (dict, list)):
                waiting.append(part[key])
    return found


def _swap_value(draw: random.Random, part: Any, key: Any) -> None:
    part[key] = f"odd value {draw.randrange(len(ODD_VALUES))}"


def _swap_two(draw: random.Random, part: Any, key: Any) -> None:
    other = draw.choice(list(part) if isinstance(part, dict) else range(len(part)))
    part[key], part[other] = part[other], part[key]


def _delete(draw: random.Random, part: Any, key: Any) -> None:
    del part[key]


def _wrap(draw: random.Random, part: Any, key: Any) -> None:
    part[key] = draw.choice(([part[key]], {"a": part[key]}))


def _repeat(draw: random.Random, part: Any, key: Any) -> None:
    """Repeat an entry, or add keys."""
    times = draw.choice((2, 3, 50, 2000))
    size = len(json.dumps(part[key]))
    times = min(times, MOST_BYTES // (size + 10))
    if isinstance(part, list):
        part[key:key] = [json.loads(json.dumps(part[key])) for _ in range(times)]
    else:
        part |= {f"{key}{number}": part[key] for number in range(times)}


def _rename(draw: random.Random, part: Any, key: Any) -> None:
    if isinstance(part, dict):
        part[draw.choice(ODD_KEYS)] = part.pop(key)


def _new_keys(draw: random.Random, part: Any, key: Any) -> None:
    """Repeat an object with a key of its own each time."""
    if isinstance(part, list) and isinstance(part[key], dict):
        part[key:key] = [{**part[key], f"k{n}": n} for n in range(2000)]


JSON_CHANGES = [_swap_value] * 8
JSON_CHANGES += [_swap_two, _delete, _delete, _wrap, _repeat, _rename, _new_keys]


def change_json(draw: random.Random, data: bytes) -> bytes:
    """Change values of JSON, JSON lines or a script that assigns JSON."""
    text = data.decode("utf-8-sig", "replace")
    start = re.match(r"\s*[\w.]+\s*=\s*", text)
    opening = start[0] if start else ""
    values, lines = _parsed(text[len(opening) :])
    if values is None:
        return change_text(draw, data)
    changes = [draw.choice(JSON_CHANGES) for _ in range(draw.choice((1, 1, 2, 5)))]
    # What grows inside of what has grown soon fills the memory.
    growing = [change for change in changes if change in (_repeat, _new_keys)][:1]
    others = [change for change in changes if change not in (_repeat, _new_keys)]
    for alter in (*others, *growing):
        if places := _places(values):
            alter(draw, *draw.choice(places))
    indent = None if lines else draw.choice((None, 1))
    written = "\n".join(json.dumps(value, indent=indent) for value in values)
    text = opening + re.sub(
        r'"odd value (\d+)"', lambda number: ODD_VALUES[int(number[1])], written
    )
    if draw.random() < 0.1:
        text = _double_key(draw, text)
    return text.encode()


def _parsed(text: str) -> tuple[list[Any] | None, bool]:
    try:
        return [json.loads(text)], False
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()], True
    except ValueError:
        return None, False


def _double_key(draw: random.Random, text: str) -> str:
    keys = list(re.finditer(r'"(\w+)":', text))
    if len(keys) < 2:
        return text
    one, other = draw.choice(keys), draw.choice(keys)
    return text[: one.start()] + other[0] + text[one.end() :]


def change_text(draw: random.Random, data: bytes) -> bytes:
    """Cut, repeat and swap lines, and put odd characters between."""
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8", "replace")
    for _ in range(draw.choice((1, 1, 2, 5))):
        text = draw.choice(TEXT_CHANGES)(draw, text)
    encoding = draw.choices(("utf-8", "utf-16", "cp1252"), (10, 1, 1))[0]
    return text.encode(encoding, "replace")


def _cut(draw: random.Random, text: str) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _cut_out(draw: random.Random, text: str) -> str:
    start, end = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    return text[:start] + text[end:]


def _insert(draw: random.Random, text: str) -> str:
    for _ in range(draw.choice((1, 3, 30))):
        place = draw.randrange(len(text) + 1)
        text = text[:place] + draw.choice(ODD_TEXTS) + text[place:]
    return text


def _repeat_piece(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = draw.randrange(len(lines))
    piece = "\n".join(lines[start : start + draw.choice((1, 1, 2, 8))]) + "\n"
    if draw.random() < 0.3:
        piece = draw.choice(ODD_TEXTS)
    times = min(draw.choice((2, 20, 8000)), MOST_BYTES // len(piece.encode()))
    return "\n".join(lines[:start]) + piece * times + "\n".join(lines[start:])


def _swap_lines(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _change_number(draw: random.Random, text: str) -> str:
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    found = draw.choice(numbers)
    number = draw.choice(("0", "-1", "9" * 20, "9" * 400, "1e999", "", "x"))
    return text[: found.start()] + number + text[found.end() :]


TEXT_CHANGES = [_cut, _cut_out, _insert, _insert, _repeat_piece, _swap_lines]
TEXT_CHANGES += [_change_number]


def change_bytes(draw: random.Random, data: bytes) -> bytes:
    """Flip bytes, and cut at times."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 3, 20))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(
        changed[: draw.randrange(len(changed) + 1)] if draw.random() < 0.2 else changed
    )


def change_zip(draw: random.Random, data: bytes) -> bytes:
    """Change, drop, double or rename a member of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(list(members))
    kind = draw.random()
    if kind < 0.1:
        del members[name]
    elif kind < 0.15:
        members["x" + name] = members.pop(name)
    else:
        members[name] = change(draw, name, members[name])
    if "manifest.json" in members and "weights.npz" in members:
        members = _resealed(members)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", 8) as archive:
        warnings.simplefilter("ignore")
        for member, content in members.items():
            archive.writestr(member, content)
        if kind > 0.95:
            archive.writestr(name, members[name])
    return buffer.getvalue()


def _resealed(members: Files) -> Files:
    """Return the members of a model with the checksum that its weights have now."""
    seal = hashlib.sha256(members["weights.npz"]).hexdigest().encode()
    manifest = members["manifest.json"]
    manifest = re.sub(rb'(sha256": ")\w+', lambda old: old[1] + seal, manifest)
    return members | {"manifest.json": manifest}


def change(draw: random.Random, name: str, data: bytes) -> bytes:
    """Return the content of a file, damaged in a way that befits its kind."""
    ending = name.rpartition(".")[2]
    if ending in ("json", "jsonl", "js"):
        changes = [change_json] * 6 + [change_text, change_bytes]
    elif ending in ("xlsx", "stance", "npz"):
        changes = [change_zip] * 6 + [change_bytes]
    elif ending in ("npy", "parquet"):
        changes = [change_bytes]
    else:
        changes = [change_text] * 7 + [change_bytes]
    try:
        changed = draw.choice(changes)(draw, data)
    except (zipfile.BadZipFile, RecursionError):
        changed = change_bytes(draw, data)
    if draw.random() < 0.03 and ending != "npy":
        packed = draw.choice((gzip.compress, bz2.compress))(changed)
        changed = packed if draw.random() < 0.5 else change_bytes(draw, packed)
    return changed


@dataclass(frozen=True)
class Case:
    """One damaged source, the same for the same seed and number."""

    number: int
    family: str
    format: str | None
    files: Files


def make_case(number: int, seed: int = 0) -> Case:
    """Return the case of a number; the families take turns."""
    families = list(seeds())
    family = families[number % len(families)]
    draw = random.Random(f"{seed}/{number}")
    form, files = draw.choice(seeds()[family])
    name = draw.choice(list(files))
    changed = files | {name: change(draw, name, files[name])}
    # Two in three are read by their own reader, whatever they look like now.
    named = number // len(families) % 3 < 2
    return Case(number, family, form if named else None, changed)


class TooSlow(BaseException):
    """Raised where the time is up; no reader catches it."""


@contextmanager
def limited(seconds: float, memory: int) -> Iterator[None]:
    """Allow so many seconds of computing and so many bytes more than now."""

    def stop(*_: Any) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def read(case: Case) -> bool:
    """Read a case; return False where it was refused as the documentation says."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DataWarning)
        try:
            if case.family == MODEL:
                _load(case.files)
            else:
                _read(case)
        except (ModelFileError, ReadError) as error:
            if isinstance(error, ModelFileError) != (case.family == MODEL):
                raise
            str(error).encode()
            return False
    return True


def _load(files: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.stance")
        path.write_bytes(next(iter(files.values())))
        stancekit.load_model(path).predict_proba(["ja", "nein", ""])


def _read(case: Case) -> None:
    with placed(case.files) as source:
        table = stancekit.read_comments(source, case.format)
    stancekit.check_comments(table)
    # What cannot be written has not been read.
    table.to_csv().encode()
    json.dumps(table.attrs, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Finding:
    """What went wrong, where in the library, and in which case."""

    family: str
    error: str
    place: str
    number: int


def examine(case: Case) -> tuple[bool | None, Finding | None]:
    """Read a case within the limits; what is not documented is a finding."""
    try:
        with limited(SECONDS, MEMORY):
            return read(case), None
    except (Exception, TooSlow) as error:
        return None, Finding(case.family, _said(error), _place(error), case.number)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:80]!a}"


def _place(error: BaseException) -> str:
    """Return the last lines of the library on the way to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/stancekit/" in f.filename]
    names = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in ours[-2:]]
    return " > ".join(names)


@dataclass
class Tally:
    """How many cases of each family were read, refused, or went wrong."""

    inputs: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, case: Case) -> Finding | None:
        """Examine a case and count it."""
        start = time.process_time()
        was_read, finding = examine(case)
        self.slowest = max(self.slowest, time.process_time() - start)
        self.inputs[case.family] += 1
        self.named[case.family] += case.format is not None
        self.read[case.family] += bool(was_read)
        if finding:
            self.findings.append(finding)
        return finding


def run(numbers: Iterable[int], seed: int = 0, keep: Path | None = None) -> Tally:
    """Examine the cases of these numbers; those that fail go into ``keep``."""
    tally = Tally()
    for number in numbers:
        case = make_case(number, seed)
        if tally.add(case) and keep:
            for name, content in case.files.items():
                path = keep / f"{number}_{case.format}" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return tally


def main() -> None:
    """Run as many cases as asked for, and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    tally = run(range(options.inputs), options.seed, options.keep)
    figures = {
        "seed": options.seed,
        "inputs": sum(tally.inputs.values()),
        "by_family": {
            name: {"inputs": n, "named": tally.named[name], "read": tally.read[name]}
            for name, n in sorted(tally.inputs.items())
        },
        "slowest_seconds": round(tally.slowest, 2),
        "limits": {"seconds": SECONDS, "bytes": MEMORY},
        "findings": [asdict(finding) for finding in tally.findings],
    }
    options.output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    kinds = Counter((f.family, f.error.split(":")[0], f.place) for f in tally.findings)
    for (family, error, place), times in kinds.most_common():
        print(f"{times:5} {family}: {error} at {place}")
    sys.exit(bool(tally.findings))


if __name__ == "__main__":
    main()
