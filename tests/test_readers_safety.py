"""No reader uses the network, runs what it reads, or keeps what is private."""

import ast
import socket
import warnings
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from stancekit import readers
from stancekit.errors import ReadError
from stancekit.readers import ReadReport, read_comments

FILES = Path(__file__).parent / "files" / "readers"
SOURCES = sorted(path for path in FILES.rglob("*") if not path.name.startswith("."))
MODULES = sorted(Path(readers.__file__).parent.glob("*.py"))

FORBIDDEN_MODULES = set(
    "socket ssl urllib http ftplib requests httpx aiohttp webbrowser pickle marshal "
    "shelve dill cloudpickle joblib subprocess importlib ctypes".split()
)
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "system"}

# Where the files of ours hold what must not reach a table.
PRIVATE = {
    "blogs/disqus.xml": [
        *("zaungast@post.example", "ulf@post.example", "redaktion@stadtblatt.example"),
        *("192.0.2.17", "2001:db8::7"),
    ],
    "blogs/wordpress.xml": [
        *("ulf@post.example", "admin@feldpost.example", "192.0.2.44")
    ],
    "telegram/account.json": ["ulf@post.example", "192.0.2.99", "+49 000"],
}


def name_of(path):
    return str(path.relative_to(FILES))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_reader_opens_a_socket(path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    with warnings.catch_warnings(), suppress(ReadError):
        warnings.simplefilter("ignore")
        read_comments(path)


def test_the_files_of_every_family_are_read_for_it():
    """The test above would be idle if no reader read its files."""
    formats = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in SOURCES:
            with suppress(ReadError):
                formats.add(ReadReport.of(read_comments(path)).format)
    assert formats >= {
        *("page", "disqus", "wxr", "telegram", "mastodon", "bluesky", "x_archive"),
        *("hacker_news", "guardian", "iac"),
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_reader_imports_or_calls_what_could_run_its_source(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        imported = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        assert not {name.split(".")[0] for name in imported} & FORBIDDEN_MODULES
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None)
            if isinstance(node.func, ast.Attribute) and called is None:
                # re.compile is meant, compile is not.
                called = node.func.attr.replace("compile", "")
            assert called not in FORBIDDEN_CALLS


@pytest.mark.parametrize("name", PRIVATE)
def test_addresses_of_people_do_not_reach_a_table(name):
    table = read_comments(FILES / name)
    content = (FILES / name).read_text("utf-8")
    shown = table.to_csv() + str(table.attrs)
    for value in PRIVATE[name]:
        assert value in content
        assert value not in shown


@pytest.mark.parametrize(
    "column",
    "email author_email userEmail E-Mail comment_author_IP ip ipAddress authorIp "
    "userIP mail_address".split(),
)
def test_columns_of_addresses_are_left_out_of_tables(column):
    csv = f"id,text,{column}\n1,Hallo,ulf@post.example\n".encode()
    for source in (csv, pd.DataFrame({"text": ["Hallo"], column: ["192.0.2.1"]})):
        table = read_comments(source)
        assert column not in table.columns
        assert any(repr(column) in guess for guess in ReadReport.of(table).guesses)


@pytest.mark.parametrize("column", ["recipient", "tip", "ship", "zip", "female"])
def test_columns_that_only_sound_like_it_stay(column):
    assert column in read_comments(f"id,text,{column}\n1,Hallo,x\n".encode()).columns


def test_addresses_inside_nested_values_are_left_out():
    line = (
        b'{"id": 1, "text": "Hallo", "author": {"name": "Ulf", "email": "u@p.example"},'
        b' "meta": [{"user_ip": "192.0.2.1", "lang": "de"}]}'
    )
    table = read_comments(line)
    assert table["meta"][0] == '[{"lang": "de"}]'
    assert "u@p.example" not in table["author"][0]
