"""Unpack an archive whose checksum is known, after its members have been looked at."""

import lzma
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath, PureWindowsPath

import pooch

from helpers.datasets.downloads.advice import refusal

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


def unpacked(source, file):
    """The folder into which a verified archive was unpacked. Its members are looked at first."""
    try:
        if bad := _unsafe(file, source.archive):
            raise refusal(
                source, f"{file.name} holds {bad!r}: a link, or a file to be written outside its folder"
            )
        if not UNPACK[source.archive](extract_dir="unpacked")(str(file), "download", None):
            raise refusal(source, f"{file.name} is empty")
    except UNREADABLE as error:
        raise refusal(source, f"{file.name} cannot be unpacked as {source.archive}: {error}") from error
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
