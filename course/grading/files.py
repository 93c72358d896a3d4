"""Open what strangers handed in: folders and zips, without following links, without waiting, within limits.

Every file is told, and none is passed over: as its bytes, or as the reason why it was not read.
"""

import io
import os
import stat
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

LARGEST = 64 << 20  # bytes of one file
ALL_OF_A_ZIP = 1 << 30  # bytes, unpacked, with all zips within it
ALL_OF_A_CLASS = 16 << 30  # of the zip that the LMS made; each zip within it has its own allowance
ENTRIES = 20_000
DEEPEST = 12  # folders within folders
ZIPS = 2  # zips within zips
SYSTEM = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass
class Room:
    """What a zip may still hold, the zips within it included: bytes, and files."""

    bytes: int = ALL_OF_A_ZIP
    entries: int = ENTRIES


@dataclass(frozen=True)
class Found:
    """file : its path below what was given, zips shown as folders. content : bytes, or None. why : the reason then.
    time : when it was handed in, as far as files tell; seconds. system : a file that no student wrote."""

    file: str
    content: bytes | None
    why: str
    time: float
    system: bool = False


def walk(path):
    """`Found` of every file in a folder or zip, or of the one file given, in the order of their names."""
    path = os.fspath(path)
    if os.path.isdir(path):
        yield from _folder(path, "", 0)
    else:
        folder, name = os.path.split(os.path.abspath(path))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            whole = _file(descriptor, name, name)
        finally:
            os.close(descriptor)
        yield from _unpacked(whole, 0, Room(ALL_OF_A_CLASS), outermost=True)


def _folder(path, below, depth, parent=None):
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW * (parent is not None)
    try:
        descriptor = os.open(path, flags, dir_fd=parent)
    except OSError as error:
        if parent is None:
            raise
        yield Found(below.rstrip("/"), None, f"is a folder that cannot be opened: {error.strerror}", 0)
        return
    try:
        for name in sorted(os.listdir(descriptor)):
            file = f"{below}{_shown(name)}"
            kind = os.lstat(name, dir_fd=descriptor).st_mode
            if stat.S_ISDIR(kind) and depth < DEEPEST:
                if name.lower().endswith((".ipynb", ".zip")):
                    yield Found(
                        file, None, "is a folder with the name of a file; what it holds is told below", 0
                    )
                yield from _folder(name, f"{file}/", depth + 1, descriptor)
            elif stat.S_ISDIR(kind):
                yield Found(file, None, f"lies deeper than {DEEPEST} folders", 0)
            else:
                yield from _unpacked(_file(descriptor, name, file), 0)
    finally:
        os.close(descriptor)


def _file(folder, name, file):
    """One file, if it is a plain one of decent size."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        link = stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode)
        return Found(
            file,
            None,
            "is a link; links are not followed" if link else f"cannot be opened: {error.strerror}",
            0,
        )
    with os.fdopen(descriptor, "rb") as stream:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return Found(file, None, "is no regular file", about.st_mtime)
        most = ALL_OF_A_ZIP if file.lower().endswith(".zip") else LARGEST
        large = about.st_size > (ALL_OF_A_CLASS if file == name else most)
        if large:
            return Found(file, None, f"is too large ({about.st_size >> 20} MB)", about.st_mtime)
        return Found(file, stream.read(), "", about.st_mtime, _of_the_system(file))


def _unpacked(found, zips, room=None, outermost=False):
    """The file itself, or what a zip holds. room : of the zip around it; None: it has its own."""
    is_zip = found.content is not None and found.content[:4] in (b"PK\x03\x04", b"PK\x05\x06")
    if not is_zip:
        yield found
    elif zips == ZIPS:
        yield Found(found.file, None, f"is a zip within {ZIPS} zips", found.time)
    else:
        below = "" if outermost else f"{found.file}/"
        try:
            with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
                yield from _entries(archive, below, zips, found, room or Room(), outermost)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            yield Found(found.file, None, f"is a zip that cannot be read ({error})", found.time)


def _entries(archive, below, zips, found, room, outermost):
    entries = archive.infolist()
    room.entries -= len(entries)
    if room.entries < 0:
        yield Found(
            found.file, None, f"is a zip of {len(entries)} entries; at most {ENTRIES} in all", found.time
        )
        return
    for entry in entries:
        file = f"{below}{_shown(entry.filename)}"
        if entry.filename.endswith("/"):
            continue
        one = _entry(archive, entry, file, min(LARGEST, room.bytes), found.time)
        room.bytes -= len(one.content or b"")
        yield from _unpacked(one, zips + 1, None if outermost else room)


def _entry(archive, entry, file, most, time):
    """One file of a zip, of at most so many bytes. What its head says of its size is not believed.

    time : of the zip; it counts where an entry has no date (zips then say 1980).
    """
    try:
        time = datetime(*entry.date_time).timestamp() if entry.date_time[0] > 1980 else time
    except (ValueError, OverflowError):
        pass
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if not parts:
        return Found(file, None, "has no name", time)
    if ".." in parts or entry.filename.startswith(("/", "\\")) or "\\" in entry.filename or ":" in parts[0]:
        return Found(file, None, "has a path that leads out of its zip", time)
    if len(parts) > DEEPEST:
        return Found(file, None, f"lies deeper than {DEEPEST} folders", time)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return Found(file, None, "is a link or no regular file", time)
    if entry.flag_bits & 1:
        return Found(file, None, "is encrypted", time)
    try:
        with archive.open(entry) as stream:
            content = stream.read(most + 1)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError, RuntimeError) as error:
        return Found(file, None, f"cannot be unpacked ({error})", time)
    except Exception as error:  # zlib, bz2 and lzma have errors of their own
        return Found(file, None, f"cannot be unpacked ({type(error).__name__})", time)
    if len(content) > most:
        return Found(file, None, "is too large once it is unpacked", time)
    return Found(file, content, "", time, _of_the_system(file))


def _of_the_system(file):
    """Files that a Mac, Windows or Jupyter adds by itself."""
    parts = file.split("/")
    return bool(set(parts) & {*SYSTEM, ".ipynb_checkpoints"}) or parts[-1].startswith("._")


def _shown(name):
    """A name that can be printed and written: control characters and surrogates are spelt out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
