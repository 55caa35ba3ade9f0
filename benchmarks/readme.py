"""Write what the README's commands print into the README.

Run from the top folder: ``python benchmarks/readme.py``. It runs the commands and takes
minutes.
"""

import re
import subprocess
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
COMMANDS = {
    "output": ["stancekit", "predict", "data/sample_page.txt"],
    "figures": [
        *("stancekit", "evaluate", "data/comments.csv"),
        *("--classifier", "bundled", "--jobs", "2"),
    ],
}


def main() -> None:
    """Replace the block after each mark by the output of its command."""
    text = README.read_text(encoding="utf-8")
    for mark, command in COMMANDS.items():
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        printed = "\n".join(map(str.rstrip, answer.stdout.rstrip().splitlines()))
        block = f"<!-- {mark} -->\n```text\n{printed}\n```"
        pattern = rf"<!-- {mark} -->\n```text\n.*?```"
        text = re.sub(pattern, lambda _, block=block: block, text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
