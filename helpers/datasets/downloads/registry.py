"""What is on record of the data sets: `data/registry.toml`, read and checked."""

import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from helpers import paths
from helpers.datasets.base import DatasetError

REGISTRY = paths.DATA / "registry.toml"
ARCHIVES = ("zip", "tar")


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


def names(registry=None):
    """The names of all sets on record: a tuple of str."""
    return tuple(_read(registry))


def describe(name, registry=None):
    """What is on record of a data set: a `Source`. ValueError for an unknown name."""
    sources = _read(registry)
    if name not in sources:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(sources)}")
    return sources[name]


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
    if source.archive not in ("", *ARCHIVES):
        raise DatasetError(f"{what}: archive must be one of {', '.join(ARCHIVES)}, not {source.archive!r}.")
    for file in (name, source.file) if source.address else (name,):
        if file in ("", ".", "..") or set(file) & set("/\\:"):
            raise DatasetError(f"{what}: {file!r} must be a plain file name.")
    return source
