"""Opening, decompressing, decoding; the report; what every reader has in common."""

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from types import SimpleNamespace

import pandas as pd
import pytest
import zstandard
from linear import grows_in_proportion

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import ReadReport, heads, read_comments, sources

CSV = "id,parent,text\n1,,Erst reden!\n2,1,Für wen?\n"
LINES = (
    '{"id": "1", "text": "Erst reden!"}\n'
    '{"id": "2", "parent_id": "1", "text": "Wie?"}\n'
)
COMPRESS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture(
    params=["path", "text path", "bytes", "binary file", "text file", "stdin"]
)
def given(request, tmp_path, monkeypatch):
    path = tmp_path / "comments"
    path.write_text(CSV, encoding="utf-8")
    if request.param == "stdin":
        stdin = SimpleNamespace(buffer=io.BytesIO(CSV.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
    return {
        "path": path,
        "text path": str(path),
        "bytes": CSV.encode(),
        "binary file": io.BytesIO(CSV.encode()),
        "text file": io.StringIO(CSV),
        "stdin": "-",
    }[request.param]


def test_every_way_to_give_a_source(given):
    table = read_comments(given)
    assert list(table["text"]) == ["Erst reden!", "Für wen?"]
    assert ReadReport.of(table).format == "csv"


@pytest.mark.parametrize("source", [3, None, [3], {"text": ["Hallo"]}])
def test_other_sources_are_refused(source):
    with pytest.raises(
        TypeError, match="path, '-', bytes, an open file or a DataFrame"
    ):
        read_comments(source)


@pytest.mark.parametrize("kind", COMPRESS)
def test_compressed_files_are_read_as_what_they_hold(kind):
    assert len(read_comments(COMPRESS[kind](CSV.encode()))) == 2
    assert len(read_comments(COMPRESS[kind](LINES.encode()))) == 2


@pytest.mark.parametrize("kind", COMPRESS)
def test_cut_off_compressed_file_is_an_error(kind):
    lines = "".join(
        json.dumps({"id": f"{i}", "text": os.urandom(40).hex()}) + "\n"
        for i in range(20_000)
    )
    packed = COMPRESS[kind](lines.encode())
    with pytest.raises(ReadError, match="cut off or damaged"):
        read_comments(packed[: len(packed) // 2])


@pytest.mark.parametrize("kind", COMPRESS)
def test_file_that_swells_over_the_limit_is_refused(kind):
    bomb = COMPRESS[kind](b'{"id": "1", "text": "' + b"a" * 3_000_000 + b'"}')
    with pytest.raises(ReadError, match=r"more than 1,000,000 bytes.*max_bytes="):
        read_comments(bomb, max_bytes=1_000_000)
    assert read_comments(bomb, max_bytes=4_000_000)["text"].str.len()[0] == 3_000_000


def test_open_file_over_the_limit_is_refused():
    with pytest.raises(ReadError, match="more than 10 bytes"):
        read_comments(io.BytesIO(CSV.encode()), max_bytes=10)


def test_zstandard_with_several_frames_and_a_large_window():
    parameters = zstandard.ZstdCompressionParameters(window_log=28, compression_level=1)
    first = zstandard.ZstdCompressor(compression_params=parameters)
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00meta"
    both = skippable + first.compress(LINES.encode()) + COMPRESS["zst"](LINES.encode())
    table = read_comments(both)
    assert (len(table), ReadReport.of(table).duplicates) == (2, 2)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("text", [CSV, LINES.replace("Wie", "Für wen")])
def test_unicode_encodings_are_recognised(encoding, text):
    table = read_comments(text.encode(encoding))
    assert list(table["text"]) == ["Erst reden!", "Für wen?"]
    assert table.columns[0] == "comment_id"


def test_other_encoding_is_read_as_cp1252_with_a_warning():
    with pytest.warns(DataWarning, match="not UTF-8 and was read as cp1252"):
        table = read_comments((CSV + "3,2,„Süß“ – 5 €\n").encode("cp1252"))
    assert table["text"][2] == "„Süß“ – 5 €"


def test_bad_byte_late_in_a_file_is_seen():
    late = LINES * 20_000 + '{"id": "3", "text": "süß"}\n'
    with pytest.warns(DataWarning, match="cp1252"):
        table = read_comments(late.encode("cp1252"))
    assert table["text"].iloc[-1] == "süß"


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"<?xml version='1.0'?><disqus/>", "XML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image"),
        (b"%PDF-1.7 \xe2\xe3", "a PDF document"),
        (b"PK\x03\x04" + bytes(50), "a zip archive"),
        (bytes(range(256)) * 4, "binary data"),
        (b"", "an empty file"),
        (b'{"kind": "Listing"}', "JSON"),
        (b"Nur ein Satz.", "plain text, but there is no table in it and no line"),
    ],
)
def test_unrecognised_source_says_what_it_looks_like(content, looks, tmp_path):
    path = tmp_path / "comments.json"
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_comments(path)
    assert f"comments.json looks like {looks}" in str(caught.value)
    assert "format= takes" in str(caught.value)


def test_unreadable_paths_are_named(tmp_path):
    with pytest.raises(ReadError, match=r"none.csv cannot be read: No such file"):
        read_comments(tmp_path / "none.csv")
    with pytest.raises(ReadError, match="looks like an empty folder"):
        read_comments(tmp_path)
    (tmp_path / "notes.md").touch()
    with pytest.raises(ReadError, match=r"a folder with 'notes.md'"):
        read_comments(tmp_path)
    with pytest.raises(ReadError, match=r"pass text.encode"):
        read_comments("id,text\n1,Hallo\n")
    with pytest.raises(ReadError, match="cannot be read"):
        read_comments(tmp_path, format="csv")


def test_unknown_format_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"Unknown format 'cvs'. Known: .*csv.*page"):
        read_comments(CSV.encode(), format="cvs")


def test_columns_are_for_tables_only():
    page = "1 Kommentar\n\n  • Hallo.\n".encode()
    with pytest.raises(ValueError, match=r"columns= is for tables.*a pasted news page"):
        read_comments(page, format="page", columns={"a": "text"})


def test_report_is_plain_json_and_reads_well():
    lines = [
        {"id": "1", "parent": "9", "text": "[deleted]"},
        {"id": "1", "parent": "9", "text": "[deleted]"},
        {"id": "2", "parent": "3", "text": "[removed]"},
        {"id": "3", "parent": "2", "text": "Ja."},
        {"id": "4", "parent": "3", "text": "Nein."},
    ]
    with pytest.warns(DataWarning, match="circle"):
        table = read_comments("\n".join(map(json.dumps, lines)).encode())
    report = ReadReport.of(table)
    assert (
        json.loads(json.dumps(table.attrs["read_report"])) == table.attrs["read_report"]
    )
    assert report == ReadReport(
        source="<bytes>",
        format="jsonl",
        rows=4,
        top_level=1,
        replies=2,
        orphans=1,
        duplicates=1,
        cycles_cut=1,
        deleted=1,
        removed=1,
    )
    assert str(report).splitlines() == [
        "<bytes> (jsonl): 4 comments, 1 top-level, 2 replies",
        *("  orphans: 1", "  duplicates: 1", "  cycles cut: 1"),
        *("  deleted: 1", "  removed: 1"),
    ]


def test_report_survives_parquet(tmp_path):
    table = read_comments(CSV.encode())
    table.to_parquet(tmp_path / "comments.parquet")
    again = pd.read_parquet(tmp_path / "comments.parquet")
    assert ReadReport.of(again) == ReadReport.of(table)


def test_table_without_report_is_refused():
    with pytest.raises(ValueError, match="no read report"):
        ReadReport.of(pd.DataFrame({"text": ["Hallo"]}))


def test_lines_over_the_limit_are_an_error_or_skipped(monkeypatch):
    monkeypatch.setattr(sources, "MAX_LINE", 1000)
    long = LINES + json.dumps({"id": "3", "text": "a" * 5000}) + "\n" + LINES
    with pytest.raises(ReadError, match="line 3: the line is longer than 1,000"):
        read_comments(long.encode())
    table = read_comments(long.encode(), skip_bad_lines=True)
    assert len(table) == 2
    assert ReadReport.of(table).skipped_lines == (3,)


def test_no_reader_opens_a_connection(monkeypatch):
    import socket

    def refuse(*_, **__):
        raise AssertionError("a reader opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    read_comments(CSV.encode())
    read_comments(b"1 Kommentar\n\n  \xe2\x80\xa2 Siehe http://example.org/x\n")


def test_head_alone_decides_and_is_small(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text(CSV + "3,2,Nein.\n" * 100_000, encoding="utf-8")
    head = sources.open_source(path).head
    assert len(head.data) == sources.HEAD_SIZE
    assert not head.complete
    assert heads.describe(head) == "plain text"


def test_pipe_is_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(CSV,))
    writer.start()
    table = read_comments(pipe)
    writer.join()
    assert len(table) == 2


def test_file_of_a_folder_shares_the_notes(tmp_path):
    (tmp_path / "a.jsonl").write_text(LINES, encoding="utf-8")
    folder = sources.open_source(tmp_path)
    member = folder.member("a.jsonl")
    assert [number for number, _ in member.json_lines()] == [1, 2]
    assert member.notes is folder.notes
    with pytest.raises(
        ReadError, match=r"a folder with 'a.jsonl', not a folder with 'b'"
    ):
        folder.member("b")


def test_html_read_as_json_says_so():
    for name in ("json", "jsonl"):
        with pytest.raises(ReadError, match="looks like an HTML page, not like JSON"):
            read_comments(b"<html><body>Anmelden</body></html>", format=name)


@pytest.mark.parametrize(
    "text", ["<!-- -->" * 5000, "[" * 50_000, "[a](" * 20_000, "@" * 50_000]
)
def test_hostile_text_takes_no_time(text):
    page = f"1 Kommentar\n\n  • {text}\n    {text}\n"
    start = time.process_time()
    assert len(read_comments(page.encode())) == 1
    with pytest.raises(ReadError):
        read_comments(text.encode())
    assert time.process_time() - start < 5


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_open_file_that_gives_less_than_asked_for_is_read_to_its_end(kind):
    """Regression test: only what the first read gave was taken."""
    parts = [b"id,text\n1,Reden.\n", b"2,Liefern.\n", b"3,Nein.\n"]
    if kind == "pipe":
        slow = "import sys, time\nfor part in sys.argv[1:]:\n    "
        slow += "print(part, end='', flush=True)\n    time.sleep(0.1)"
        given = [part.decode() for part in parts]
        run = [sys.executable, "-c", slow, *given]
        with subprocess.Popen(run, stdout=subprocess.PIPE, bufsize=0) as process:
            table = read_comments(process.stdout)
    else:
        ours, theirs = socket.socketpair()
        with ours, theirs, ours.makefile("rb", buffering=0) as stream:
            for part in parts:
                theirs.send(part)
            theirs.close()
            table = read_comments(stream)
    assert list(table["text"]) == ["Reden.", "Liefern.", "Nein."]


def test_open_file_that_does_not_wait_is_refused():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with open(writing, "wb"), open(reading, "rb", buffering=0) as stream:
        with pytest.raises(ReadError, match="does not wait"):
            read_comments(stream)


@pytest.mark.parametrize("name", ["a.json", "result.json", "tweets.js"])
def test_pipe_in_a_folder_is_not_waited_for(name, tmp_path):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ReadError, match=r"no file but a pipe|looks like a folder"):
        read_comments(tmp_path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc/self/mem"])
def test_what_is_no_file_is_refused_at_once(path):
    if not os.path.exists(path):
        pytest.skip("there is none on this system")
    with pytest.raises(ReadError, match="cannot be read"):
        read_comments(path)


@pytest.mark.parametrize("form", ["table", "lines", "page"])
def test_one_bad_byte_does_not_change_the_encoding_of_the_rest(form):
    """Regression test: all umlauts were read as cp1252."""
    before = {
        "table": "id,text\n1,Für später\n2,",
        "lines": '{"id": "1", "text": "Für später"}\n{"id": "2", "text": "',
        "page": "<html><li class='comment'>Für später</li>\n<li class='comment'>",
    }[form]
    after = {"table": "\n", "lines": '"}\n', "page": "</li>"}[form]
    source = before.encode() + "K\xf6ln".encode("cp1252") + after.encode()
    line = before.count("\n") + 1
    with pytest.warns(DataWarning, match=f"line {line}: 1 bytes are not UTF-8"):
        table = read_comments(source)
    assert list(table["text"]) == ["Für später", "K�ln"]


def test_line_that_an_archive_blows_up_is_refused():
    """Regression test: a small archive of one line of 600 MB took 2.6 GB."""
    packer = zlib.compressobj(1, wbits=31)
    packed = packer.compress(b'[{"text": "')
    packed += b"".join(packer.compress(b"a" * (1 << 20)) for _ in range(200))
    packed += packer.flush()
    tracemalloc.start()
    with pytest.raises(ReadError, match="more than 100,000,000 bytes"):
        read_comments(packed, format="json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400_000_000


def test_key_that_stands_twice_is_found_in_proportion():
    def record(n):
        return '{"text": "a", ' + ", ".join(f'"k{i % (n - 1)}": 1' for i in range(n))

    assert grows_in_proportion(lambda n: record(n) + "}", 5_000)
    with pytest.raises(ReadError, match="'k0' stands twice"):
        read_comments((record(100) + "}").encode())


def test_closed_standard_input_is_named(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ReadError, match="Standard input is closed"):
        read_comments("-")
