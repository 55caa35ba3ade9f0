import os
import signal
import stat
import subprocess
import sys

import pytest

from stancekit.files import open_all_new, open_new

linux = pytest.mark.skipif(
    not hasattr(os, "O_TMPFILE"), reason="needs files without a name"
)


@pytest.fixture(params=["without a name", "with a hidden name"])
def drafts(request, monkeypatch):
    """Both ways of writing a file that is not there yet."""
    if request.param == "with a hidden name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def write(path, content=b"new", **options):
    with open_new(path, **options) as stream:
        stream.write(content)


def test_a_file_appears_when_it_is_whole(drafts, tmp_path):
    with open_new(tmp_path / "x") as stream:
        stream.write(b"half")
        assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"half"


def test_a_failed_write_leaves_nothing_behind(drafts, tmp_path):
    def write_half():
        with open_new(tmp_path / "x") as stream:
            stream.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert list(tmp_path.iterdir()) == []


@linux
def test_a_killed_process_leaves_nothing_behind(tmp_path):
    code = (
        "import os, sys; from stancekit.files import open_new\n"
        "with open_new(sys.argv[1]) as stream:\n"
        "    stream.write(b'half'); stream.flush(); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x")]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_told(drafts, tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(FileExistsError, match="x exists and is kept"):
        write(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"old"
    write(tmp_path / "x", force=True)
    assert (tmp_path / "x").read_bytes() == b"new"


def test_a_file_that_comes_in_the_meantime_is_kept(drafts, tmp_path):
    def write_while_another_does():
        with open_new(tmp_path / "x") as stream:
            stream.write(b"new")
            (tmp_path / "x").write_bytes(b"of another")

    with pytest.raises(FileExistsError, match="is kept"):
        write_while_another_does()
    assert (tmp_path / "x").read_bytes() == b"of another"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_a_symbolic_link_stays_and_its_file_is_written(drafts, tmp_path, is_there):
    (tmp_path / "disk").mkdir()
    if is_there:
        (tmp_path / "disk" / "real").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("disk/real")
    write(link, force=True)
    assert link.is_symlink()
    assert (tmp_path / "disk" / "real").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe")
def test_a_device_or_pipe_is_written_to_and_stays(tmp_path):
    write("/dev/null", force=True)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write(tmp_path / "pipe")
    assert os.read(reader, 10) == b"new"
    os.close(reader)


def test_the_rights_are_those_that_the_user_gives_to_files(drafts, tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "x")
    finally:
        assert os.umask(before) == 0o027
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_the_longest_name_can_be_written(drafts, tmp_path):
    write(tmp_path / ("x" * 255))


@pytest.mark.parametrize("name", ["none/x", "file/x"])
def test_a_missing_folder_is_named(tmp_path, name):
    (tmp_path / "file").touch()
    path = tmp_path / name
    with pytest.raises(
        OSError, match="cannot be written: there is no folder"
    ) as caught:
        write(path)
    assert str(path) in str(caught.value)
    assert str(path.parent) + ". Make it first" in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        write(tmp_path, force=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
@pytest.mark.parametrize("size", [1, 10**6])
def test_a_full_disk_is_reported_with_the_name_given(size):
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        write("/dev/full", b"x" * size)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_cannot_get_its_name_takes_the_others_back(
    drafts, tmp_path, is_there
):
    first, link, folder = (tmp_path / name for name in ("first", "link", "folder"))
    if is_there:
        first.write_bytes(b"old")
    link.symlink_to("folder")

    def write_both():
        with open_all_new([first, link], force=True) as streams:
            for stream in streams:
                stream.write(b"new")
            folder.mkdir()
            link.unlink()
            link.write_bytes(b"of another")

    with pytest.raises(OSError, match="folder"):
        write_both()
    assert first.exists() == is_there
    assert not is_there or first.read_bytes() == b"old"
    assert link.read_bytes() == b"of another"
    names = {"link", "folder", *(["first"] if is_there else [])}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_several_files_are_written_together_or_not_at_all(drafts, tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    with open_all_new(paths) as streams:
        for stream, content in zip(streams, (b"1", b"2"), strict=True):
            stream.write(content)
        assert list(tmp_path.glob("[ab]")) == []
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]
    for others in ([tmp_path / "c", tmp_path / "a"], [tmp_path / "c", tmp_path]):
        with pytest.raises(OSError), open_all_new(others):  # noqa: PT011
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
