"""Run the blocks of the tutorial: ``python docs/blocks.py`` writes what they print."""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from stancekit.cli import main as stancekit

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
# Of the terminal, in characters, so that lines fit into the page.
WIDTH = "82"


def printed_by(text: str, folder: Path) -> Iterator[str]:
    """Yield what stands before each ``text`` block, run in a folder, prints."""
    shutil.copytree(ROOT / "data", folder / "data", dirs_exist_ok=True)
    os.environ["COLUMNS"] = WIDTH
    names: dict[str, Any] = {}
    printed = ""
    with chdir(folder):
        for language, code in BLOCK.findall(text):
            if language == "text":
                yield printed
            elif language == "python":
                printed = _captured(lambda code=code: exec(code, names))
            else:
                printed = "".join(
                    map(_command, re.findall("^stancekit .+", code, re.M))
                )


def _command(line: str) -> str:
    codes: list[int] = []
    printed = _captured(lambda: codes.append(stancekit(shlex.split(line)[1:])))
    if codes != [0]:
        raise RuntimeError(f"{line!r} ended with {codes}.")
    return printed


def _captured(run: Callable[[], Any]) -> str:
    with TextIOWrapper(BytesIO(), "utf-8") as out, redirect_stdout(out):
        run()
        out.flush()
        lines = out.buffer.getvalue().decode().rstrip().splitlines()
        return "".join(f"{line.rstrip()}\n" for line in lines)


def main() -> None:
    """Write what is printed into the tutorial."""
    text = TUTORIAL.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        printed = list(printed_by(text, Path(folder)))
    outputs = iter(printed)
    text = BLOCK.sub(
        lambda block: (
            f"```text\n{next(outputs)}```" if block[1] == "text" else block[0]
        ),
        text,
    )
    TUTORIAL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
