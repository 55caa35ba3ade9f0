"""Print the lowest versions that pyproject.toml promises, base and dev, for pip."""

import re
import tomllib
from pathlib import Path

content = Path(__file__).parents[1] / "pyproject.toml"
project = tomllib.loads(content.read_text(encoding="utf-8"))["project"]
for wanted in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
    name, lowest = re.fullmatch(r"([\w.-]+)>=([\d.]+)", wanted).groups()
    print(f"{name}=={lowest}")
