"""`fetch`: the real images of a data set, from this computer if they are here, else from their publishers.

from helpers.datasets import downloads
root = downloads.fetch("chest_xray")
print(downloads.manual_steps("kidney_ct"))

What is known of each set stands in `data/registry.toml`. A file is downloaded only if its checksum is on record
there, or through kagglehub, which checks what it downloads. Downloads lie in the folder `downloads` of the cache
(`COURSE_CACHE`). They are made ready in a folder of their own and moved to their final name when they are
complete: an interrupted run leaves nothing half done, and can be repeated.
"""

import importlib.util
import json
import lzma
import os
import re
import shutil
import tarfile
import tempfile
import time
import tomllib
import zipfile
import zlib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path, PurePosixPath, PureWindowsPath

import pooch
import requests  # comes with pooch; only its errors are used

from helpers.datasets.base import DatasetError
from helpers.results import cache

REGISTRY = Path(__file__).resolve().parents[2] / "data" / "registry.toml"
TIMEOUT = 30  # seconds without a byte from the server
PARTIAL = ".partial-"  # names of what is not complete begin so
LEFTOVER = 24 * 3600  # seconds after which what a killed run left behind is removed
UNPACK = {"zip": pooch.Unzip, "tar": pooch.Untar}
# What zipfile and tarfile raise for archives that are damaged, or none at all.
UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Source:
    """Where the images of one data set come from, as `data/registry.toml` has it.

    name : as `fetch` takes it.
    title, licence, cite, homepage : of the set, for people.
    manual : tuple of str, what to do by hand, step by step.
    address : of the file to download, http or https; "" where no lasting one is known.
    file : name of that file.
    size : bytes of that file; None where unknown.
    checksum : "sha256:" and 64 hexadecimal digits; "" where unknown.
    archive : "zip" or "tar" (also .tar.gz and the like) if the file is to be unpacked; else "".
    kaggle : "owner/name" of the set on Kaggle; "" if it is not fetched from there.
    """

    name: str
    title: str
    licence: str
    cite: str
    homepage: str
    manual: tuple
    address: str = ""
    file: str = ""
    size: int | None = None
    checksum: str = ""
    archive: str = ""
    kaggle: str = ""


def fetch(name, root=None, registry=None, progress=True):
    """The real images of a data set: a local copy if there is one, else a download.

    Looked at in this order: `root`; the folder or file `name` in the folder that the environment variable
    `COURSE_DATA_DIR` names; an earlier download that is complete. Then it is downloaded.

    Parameters
    ----------
    name : one of `names()`.
    root : folder or file of the images, if they are on this computer.
    registry : path of another registry than `data/registry.toml`.
    progress : show a progress bar, if tqdm is installed.

    Returns
    -------
    Path of a folder, or of a file for sets that are one file.

    Raises
    ------
    DatasetError : no local copy and no good download; says why, and what to do by hand. ValueError : unknown
    name.
    """
    source = describe(name, registry)
    if found := _on_disk(source, root) or _downloaded(source):
        return found
    try:
        return _from_kaggle(source) if source.kaggle else _from_address(source, progress)
    except DatasetError as error:
        if _given(root):
            raise DatasetError(f"{root}: there is no such folder or file. {error}") from error
        raise


def names(registry=None):
    """The names of all sets on record: a tuple of str."""
    return tuple(_read(registry))


def describe(name, registry=None):
    """What is on record of a data set: a `Source`. ValueError for an unknown name."""
    sources = _read(registry)
    if name not in sources:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(sources)}")
    return sources[name]


def manual_steps(name, registry=None):
    """How to get a data set by hand, how to cite it and under which licence it is: text of several lines."""
    return _steps(describe(name, registry))


# The registry


def _read(registry):
    """The registry: name -> `Source`."""
    path = Path(registry or REGISTRY)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read as a registry of data sets (TOML): {error}") from error
    return {name: _source(path, name, entry) for name, entry in entries.items()}


def _source(path, name, entry):
    """One entry of the registry; a wrong one is told with the file's name."""
    what = f"{path}: the entry {name!r}"
    if not isinstance(entry, dict):
        raise DatasetError(f"{what} must be a table, [{name}].")
    known = {field.name: field for field in fields(Source) if field.name != "name"}
    if unknown := set(entry) - set(known):
        raise DatasetError(f"{what} has unknown fields: {', '.join(sorted(unknown))}.")
    if missing := [key for key, field in known.items() if field.default is MISSING and not entry.get(key)]:
        raise DatasetError(f"{what} lacks {', '.join(missing)}.")
    for key, value in entry.items():
        expected = {"manual": list, "size": int}.get(key, str)
        if type(value) is not expected:
            raise DatasetError(f"{what}: {key} must be {expected.__name__}, not {value!r}.")
    source = Source(name, **entry | {"manual": tuple(str(step) for step in entry["manual"])})
    if source.checksum and not re.fullmatch("sha256:[0-9a-f]{64}", source.checksum):
        raise DatasetError(
            f"{what}: checksum must be 'sha256:' and 64 hexadecimal digits, not {source.checksum!r}."
        )
    if source.archive not in ("", *UNPACK):
        raise DatasetError(f"{what}: archive must be one of {', '.join(UNPACK)}, not {source.archive!r}.")
    for file in (name, source.file) if source.address else (name,):
        if file in ("", ".", "..") or set(file) & set("/\\:"):
            raise DatasetError(f"{what}: {file!r} must be a plain file name.")
    return source


# On this computer


def _given(root):
    return bool(str(root or "").strip())


def _on_disk(source, root):
    """The local copy that the user named, or None."""
    if _given(root) and (path := Path(root).expanduser()).exists():
        return path
    folder = os.environ.get("COURSE_DATA_DIR", "").strip()
    if folder and (path := Path(folder).expanduser() / source.name).exists():
        return path
    return None


def _downloads():
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


def _downloaded(source):
    """An earlier download that is complete, or None.

    A single file must have its checksum. An unpacked archive, and what kagglehub downloaded, must have its
    stamp, which is written last.
    """
    folder = _downloads()
    if source.checksum and not source.archive:
        path = folder / source.name / source.file
        return path if path.is_file() and _checksum(path) == source.checksum else None
    try:
        stamp = json.loads(_stamp_path(source).read_text(encoding="utf-8"))
        path = folder / stamp["path"]  # absolute if kagglehub keeps it elsewhere
        return path if stamp["of"] == (source.kaggle or source.checksum) and path.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stamp_path(source):
    return _downloads() / f"{source.name}.complete.json"


def _stamp(source, path):
    """Write down that `path` is complete, in one step."""
    final = _stamp_path(source)
    content = json.dumps({"of": source.kaggle or source.checksum, "path": str(path)})
    number, temporary = tempfile.mkstemp(prefix=PARTIAL, dir=final.parent)
    with open(number, "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(temporary, final)


def _checksum(path):
    return f"sha256:{pooch.file_hash(str(path))}"


# From elsewhere


def _from_kaggle(source):
    """Let kagglehub download; it keeps its own cache, verifies, and returns a folder."""
    try:
        import kagglehub
    except ImportError as error:
        reason = "it comes from Kaggle, and kagglehub is not installed (pip install kagglehub)"
        raise _refusal(source, reason, again=False) from error
    try:
        path = Path(kagglehub.dataset_download(source.kaggle)).resolve()
    except Exception as error:  # kagglehub raises many kinds: network, account, its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _refusal(source, f"kagglehub could not download {source.kaggle}: {reason}") from error
    if not path.is_dir() or not any(path.iterdir()):
        raise _refusal(source, f"kagglehub says that it is in {path}, but nothing is there")
    _stamp(source, path)
    return path


def _from_address(source, progress):
    """Download, verify and unpack in a folder of its own; then move it to the final name."""
    if not source.address:
        raise _refusal(source, "no public address is on record", again=False)
    if not source.checksum:
        reason = "no checksum is on record, so nothing would tell a good file from a bad one"
        raise _refusal(source, reason, again=False)
    folder = _downloads()
    _sweep(folder)
    _check_space(source, folder)
    try:
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=folder, ignore_cleanup_errors=True) as partial:
            file = _retrieve(source, Path(partial) / "ready", progress)
            ready = _unpacked(source, file) if source.archive else file.parent
            return _install(source, ready, folder / source.name)
    except OSError as error:
        raise _refusal(source, f"{folder}: {error}") from error


def _check_space(source, folder):
    """An archive and what it holds lie side by side for a while."""
    needed, free = (source.size or 0) * (2 if source.archive else 1), shutil.disk_usage(folder).free
    if needed > free:
        raise _refusal(
            source, f"{folder} has {free / 1e9:.1f} GB left, and about {needed / 1e9:.1f} GB are needed"
        )


def _retrieve(source, folder, progress):
    """The downloaded file, verified."""
    http = pooch.HTTPDownloader(
        progressbar=bool(progress and importlib.util.find_spec("tqdm")),
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"User-Agent": f"explainable-imaging course (pooch {pooch.__version__})"},
    )

    def download(url, file, _):
        http(url, file, None)
        if (found := _checksum(file)) != source.checksum:
            raise _refusal(
                source,
                f"{source.file} is not the file on record: expected {source.checksum}, found {found}. It was "
                "damaged on the way, or its publishers have changed it. It was not kept",
            )

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # else it writes to stderr, which is red in a notebook
    try:
        return Path(pooch.retrieve(source.address, source.checksum, source.file, folder, downloader=download))
    except (requests.RequestException, ValueError) as error:
        raise _refusal(source, _reason(error)) from error
    finally:
        logger.setLevel(level)


def _unpacked(source, file):
    """The folder into which a verified archive was unpacked. Its members are looked at first."""
    try:
        if bad := _unsafe(file, source.archive):
            raise _refusal(
                source, f"{file.name} holds {bad!r}: a link, or a file to be written outside its folder"
            )
        if not UNPACK[source.archive](extract_dir="unpacked")(str(file), "download", None):
            raise _refusal(source, f"{file.name} is empty")
    except UNREADABLE as error:
        raise _refusal(source, f"{file.name} cannot be unpacked as {source.archive}: {error}") from error
    return file.parent / "unpacked"


def _unsafe(file, archive):
    """The first member that leads out of the folder, or is a link or a device; None if all are harmless."""
    if archive == "zip":
        with zipfile.ZipFile(file) as opened:
            members = [(name, True) for name in opened.namelist()]
    else:
        with tarfile.open(file) as opened:
            members = [(member.name, member.isfile() or member.isdir()) for member in opened]
    for name, plain in members:
        path = PurePosixPath(name.replace("\\", "/"))
        if not plain or path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive:
            return name
    return None


def _install(source, ready, final):
    """Move the folder `ready` to its final name. Another run may have been faster: then its copy is taken."""
    if found := _downloaded(source):
        return found
    try:
        _stamp_path(source).unlink(missing_ok=True)
        if final.exists():  # not complete, or of another checksum
            shutil.rmtree(final)
        os.replace(ready, final)
    except OSError:
        if found := _downloaded(source):
            return found
        raise
    if not source.archive:
        return final / source.file
    _stamp(source, final.name)
    return final


def _sweep(folder):
    """Remove what killed runs have left behind."""
    for leftover in folder.glob(f"{PARTIAL}*"):
        try:
            if time.time() - leftover.stat().st_mtime > LEFTOVER:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        except OSError:
            pass  # in use, or already gone


# What to tell people


def _reason(error):
    """Why a download failed."""
    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"the server sent nothing for {TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut before the file was complete"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached. Is there a network?"
    return str(error) or type(error).__name__


def _refusal(source, reason, again=True):
    """The error to raise: what failed and why, and what to do instead."""
    where = f" from {source.address}" if source.address else ""
    end = "" if reason.endswith((".", "?")) else "."
    advice = "Try again, or do it by hand." if again else "Do it by hand."
    return DatasetError(f"{source.name}: not downloaded{where}: {reason}{end} {advice}\n\n{_steps(source)}")


def _steps(source):
    steps = list(source.manual)
    if source.checksum:
        size = f"{source.size:,} bytes, " if source.size else ""
        steps.append(f"Check {source.file}: {size}SHA-256 {source.checksum.removeprefix('sha256:')}.")
    steps.append(
        f"Say where the images are: pass root= (--data-root), or name their folder {source.name} and set the "
        "environment variable COURSE_DATA_DIR to the folder that holds it."
    )
    lines = [f"{source.title}, by hand:"]
    lines += [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    lines += [f"Licence: {source.licence}", f"Cite: {source.cite}", f"Homepage: {source.homepage}"]
    return "\n".join(lines)
