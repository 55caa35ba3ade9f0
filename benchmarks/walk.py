"""Run the commands of a page of the documentation, and write what they print into it.

    python benchmarks/walk.py docs/label_round.md

Each ``bash`` block that is followed by a ``text`` block is run, all in one new folder
and in order; ``$CHECKOUT`` is this one. Blocks without a ``text`` block are run too.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```bash\n(.*?)```\n(\n```text\n.*?```\n)?", re.DOTALL)


def run(page: Path) -> None:
    """Replace the text blocks of a page."""
    with tempfile.TemporaryDirectory() as folder:

        def answer(block: re.Match[str]) -> str:
            found = subprocess.run(
                ["bash", "-e", "-c", block[1]],
                cwd=folder,
                env=os.environ | {"CHECKOUT": str(CHECKOUT), "COLUMNS": "88"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            print(f"$ {block[1]}{found.stdout}", flush=True)
            found.check_returncode()
            if block[2] is None:
                return block[0]
            # Those who are told only where it takes long would see it now and then.
            lines = [
                line.rstrip()
                for line in found.stdout.rstrip().splitlines()
                if not (line.startswith("stancekit: ") and line.endswith(" ..."))
            ]
            printed = "\n".join(lines)
            return f"```bash\n{block[1]}```\n\n```text\n{printed}\n```\n"

        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(answer, text), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run(Path(name))
