"""What is on this computer already: folders that the user named, and earlier downloads that are complete."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import pooch

from helpers.datasets.base import DatasetError
from helpers.datasets.downloads.advice import steps
from helpers.results import cache

PARTIAL = ".partial-"  # names of what is not complete begin so
LEFTOVER = 24 * 3600  # seconds after which what a killed run left behind is removed


def given(source, root):
    """The path that the user named, if any. One that is not there is an error: nothing else is taken for it."""
    if not str(root or "").strip():
        return None
    path = Path(root).expanduser()
    if path.exists():
        return path
    raise DatasetError(
        f"{root}: there is no such folder or file. Correct root= (--data-root); without it, {source.name} is looked "
        f"for in COURSE_DATA_DIR and among earlier downloads, and downloaded. Or do it by hand.\n\n{steps(source)}"
    )


def kept(source):
    """The local copy in the folder that the environment variable names, or None."""
    folder = os.environ.get("COURSE_DATA_DIR", "").strip()
    if folder and (path := Path(folder).expanduser() / source.name).exists():
        return path
    return None


def place():
    """The folder of all downloads."""
    try:
        folder = cache() / "downloads"
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The folder for downloads cannot be written: {error}. Set the environment variable COURSE_CACHE to "
            "a folder that can be."
        ) from error
    return folder


def downloaded(source):
    """An earlier download that is complete, or None.

    A single file must have its checksum. An unpacked archive, and what kagglehub downloaded, must have its
    stamp, which is written last.
    """
    folder = place()
    if source.checksum and not source.archive:
        path = folder / source.name / source.file
        return path if path.is_file() and checksum(path) == source.checksum else None
    try:
        told = json.loads(_stamp_path(source).read_text(encoding="utf-8"))
        path = folder / told["path"]  # absolute if kagglehub keeps it elsewhere
        return path if told["of"] == (source.kaggle or source.checksum) and path.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stamp_path(source):
    return place() / f"{source.name}.complete.json"


def stamp(source, path):
    """Write down that `path` is complete, in one step."""
    final = _stamp_path(source)
    content = json.dumps({"of": source.kaggle or source.checksum, "path": str(path)})
    number, temporary = tempfile.mkstemp(prefix=PARTIAL, dir=final.parent)
    with open(number, "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(temporary, final)


def checksum(path):
    return f"sha256:{pooch.file_hash(str(path))}"


def install(source, ready, final):
    """Move the folder `ready` to its final name. Another run may have been faster: then its copy is taken."""
    if found := downloaded(source):
        return found
    try:
        _stamp_path(source).unlink(missing_ok=True)
        if final.exists():  # not complete, or of another checksum
            shutil.rmtree(final)
        os.replace(ready, final)
    except OSError:
        if found := downloaded(source):
            return found
        raise
    if not source.archive:
        return final / source.file
    stamp(source, final.name)
    return final


def sweep(folder):
    """Remove what killed runs have left behind."""
    for leftover in folder.glob(f"{PARTIAL}*"):
        try:
            if time.time() - leftover.stat().st_mtime > LEFTOVER:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        except OSError:
            pass  # in use, or already gone
