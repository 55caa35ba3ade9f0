.PHONY: check lint types tests slow wheel

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

wheel:
	python -m build --wheel
