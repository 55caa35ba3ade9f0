"""Write files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

AnyPath = str | os.PathLike[str]


@contextmanager
def open_new(path: AnyPath, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Write a file that appears whole or not at all.

    The stream becomes the file when the block ends without an error. Until then it has
    no name, so that a process that is killed leaves nothing behind (where a system has
    no files without a name, one called ``.stancekit-*``). Of a symbolic link the file
    it points to is written, the link stays; a device or pipe is written to. A file that
    exists is replaced only with `force`; errors name the path that was given.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_new(f"{folder}/answer.txt") as stream:
    ...         _ = stream.write(b"42")
    ...     Path(folder, "answer.txt").read_text()
    '42'
    """
    with open_all_new([path], force=force) as streams:
        yield streams[0]


@contextmanager
def open_all_new(
    paths: Sequence[AnyPath], *, force: bool = False
) -> Iterator[list[IO[bytes]]]:
    """Write several files as :func:`open_new` does, all of them or none.

    None gets its name before all are written whole. If then one cannot get its name,
    those before it give theirs back to the old files.
    """
    refuse_existing(*paths, force=force)
    drafts: list[_Draft] = []
    is_whole = False
    try:
        for path in paths:
            drafts.append(_Draft(path))
        yield [draft.stream for draft in drafts]
        for draft in drafts:
            draft.finish()
        refuse_existing(*paths, force=force)  # it may have come in the meantime
        for draft in drafts[:-1]:  # the last one has nobody to wait for
            draft.keep_old()
        for draft in drafts:
            draft.take_name()
        is_whole = True
    except OSError as error:
        # A full disk has no name, and the temporary one says nothing to the user.
        if error.errno and error.filename is None:
            error.filename = ", ".join(map(str, paths))
        raise
    finally:
        for draft in drafts:
            draft.clear(is_whole=is_whole)


def refuse_existing(*paths: AnyPath, force: bool = False) -> None:
    """Raise OSError if a file cannot be made there, or exists without `force`."""
    for path in map(Path, paths):
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder. Name a file in it.")
        if path.is_file() and not force:
            raise FileExistsError(
                f"{path} exists and is kept. Give another name, or allow it to be "
                "replaced (force=True)."
            )
        folder = Path(os.path.realpath(path)).parent
        if not path.exists() and not folder.is_dir():
            raise FileNotFoundError(
                f"{path} cannot be written: there is no folder {folder}. Make it first."
            )


class _Draft:
    """A file that is being written."""

    def __init__(self, path: AnyPath) -> None:
        self.path = Path(path)
        self.target = Path(os.path.realpath(path))
        self.hidden = self.target.with_name(f".stancekit-{secrets.token_hex(8)}")
        self.old = self.hidden.with_suffix(".old")
        self.was_there = self.has_name = False
        self.is_device = self.path.exists() and not self.path.is_file()
        self.stream = self.path.open("wb") if self.is_device else self._open()

    def _open(self) -> IO[bytes]:
        try:
            os.stat("/proc/self/fd")  # the way to give it a name later
            number = os.open(self.target.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
            return open(number, "wb")
        except (AttributeError, OSError):  # not on this system, or this kind of disk
            try:
                return self.hidden.open("xb")
            except OSError as error:
                error.filename = str(self.path)
                raise

    def finish(self) -> None:
        """Put all on the disk, under the hidden name."""
        self.stream.flush()
        if not self.is_device and isinstance(self.stream.name, int):
            # Given a folder, even one that is not used, Python lets links be followed.
            number = self.stream.fileno()
            os.link(f"/proc/self/fd/{number}", self.hidden, src_dir_fd=number)
        self.stream.close()

    def keep_old(self) -> None:
        """Give the file that is there, if any, a second name."""
        if self.target.is_file():
            self.was_there = True
            with suppress(OSError):  # some disks have no second names
                os.link(self.target, self.old)

    def take_name(self) -> None:
        if not self.is_device:
            self.hidden.replace(self.target)
            self.has_name = True

    def clear(self, *, is_whole: bool) -> None:
        """Remove what has a hidden name; what is not whole gives its own one back."""
        if self.has_name and not is_whole and self.old.exists():
            self.old.replace(self.target)
        elif self.has_name and not is_whole and not self.was_there:
            self.target.unlink()
        with suppress(OSError):  # that the disk is full has been said
            self.stream.close()
        self.hidden.unlink(missing_ok=True)
        self.old.unlink(missing_ok=True)
