.PHONY: check lint types tests slow site wheel

check: lint types tests

lint:
	ruff check .
	ruff format --check .
	codespell

types:
	mypy

# The doctests run with the tests: pyproject.toml says so.
tests:
	python -m pytest

slow:
	python -m pytest -m slow

site:
	sphinx-build -q -W docs docs/_build

wheel:
	python -m build --wheel
