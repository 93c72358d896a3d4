"""What lies below a folder: images, other files and folders, nothing passed over but hidden files."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from helpers.datasets import kinds

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".gif", ".tif", ".tiff"}
IMAGE_SUFFIXES |= {".webp", ".avif", ".jp2", ".j2k", ".pbm", ".pgm", ".ppm", ".pnm", ".mpo"}
# Images and arrays in formats that are not read.
UNREAD = (
    ".npy",
    ".nii",
    ".nii.gz",
    ".mha",
    ".mhd",
    ".nrrd",
    ".heic",
    ".heif",
    ".psd",
    ".tga",
    ".ico",
    ".svs",
    ".exr",
)
LEFTOVERS = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini"}  # of archives and file managers


@dataclass(frozen=True, eq=False)
class Folder:
    """A folder and all below it, sorted as people count ("2" before "10").

    path : of the folder. images : paths of files that are images by their ending, or by their bytes where the ending
    says nothing. others : (path, kind, reason) of what is not read; kind is "image" (of another format), "dicom", "mat",
    "npz" or "".
    folders : tuple of `Folder`.
    """

    path: Path
    images: tuple
    others: tuple
    folders: tuple

    @property
    def name(self):
        return self.path.name

    @property
    def count(self):
        """Images in the folder and below."""
        return len(self.images) + sum(folder.count for folder in self.folders)

    def is_empty(self):
        """Whether there is no file in it or below, but for hidden ones."""
        return not self.images and not self.others and all(folder.is_empty() for folder in self.folders)

    def filled(self):
        """The folders right below that hold images, at any depth."""
        return [folder for folder in self.folders if folder.count]

    def below(self):
        """The folder itself and every one below it."""
        return [self] + [deeper for folder in self.folders for deeper in folder.below()]

    def all_images(self):
        """Paths of all images in the folder and below; those of the folder itself come first."""
        return [path for folder in self.below() for path in folder.images]


def scan(path, entered=None):
    """Look through a folder; links to folders are followed once, and never back into what is read anyway."""
    path = Path(path)
    entered = [path.resolve()] if entered is None else entered
    images, others, folders = [], [], []
    try:
        entries = [entry for entry in os.scandir(path) if not _hidden(entry.name)]
    except OSError as error:
        return Folder(path, (), ((path, "", f"the folder cannot be opened: {error.strerror}"),), ())
    for entry in sorted(entries, key=lambda entry: natural(entry.name)):
        found = Path(entry.path)
        if found.is_dir():
            if entry.is_symlink() and _known(found.resolve(), entered):
                others.append((found, "", "a link to a folder that is read in its own place"))
            else:
                if entry.is_symlink():
                    entered.append(found.resolve())
                folders.append(scan(found, entered))
        elif not (found.is_file() or entry.is_symlink()):
            others.append((found, "", "no regular file"))
        elif found.suffix.lower() in IMAGE_SUFFIXES or (kind := kinds.of_file(found)) == "image":
            images.append(found)
        elif found.name.lower().endswith(UNREAD):
            others.append(
                (found, "image", f"{found.suffix} files are not read; save images as PNG, or arrays as .npz")
            )
        else:
            others.append((found, kind, kinds.NAMES[kind]))
    return Folder(path, tuple(images), tuple(others), tuple(folders))


def natural(name):
    """Sort key: text and numbers alternate, and numbers count as numbers."""
    return [int(part) if i % 2 else part.casefold() for i, part in enumerate(re.split(r"(\d+)", name))], name


def _hidden(name):
    return name.startswith(".") or name.casefold() in LEFTOVERS


def _known(target, entered):
    return any(target.is_relative_to(one) or one.is_relative_to(target) for one in entered)
