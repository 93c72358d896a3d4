"""The one error that bad files raise, and what every reader checks first."""

import contextlib
from pathlib import Path

import numpy as np

MEMORY_LIMIT_BYTES = 1_000_000_000


class DatasetError(Exception):
    """Files that cannot be used. The message names the file or folder, and says what to do.

    In a notebook only the message is shown: the traceback would be of this package, not of the mistake.
    """

    def __str__(self):
        return printable(super().__str__())

    def _render_traceback_(self):
        return [f"DatasetError: {self}"]


def printable(text):
    r"""Text that can be shown anywhere: of file names in an encoding other than UTF-8, odd bytes are escaped.

    >>> printable("caf\udce9.png")
    'caf\\udce9.png'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def existing(root):
    """`root` as a path that is there, or `DatasetError`."""
    if not str(root or "").strip():
        raise DatasetError("No path was given for the real images. Pass root= (--data-root).")
    with contextlib.suppress(RuntimeError):  # "~somebody" whom this computer does not know
        root = Path(root).expanduser()
    if not Path(root).exists():
        raise DatasetError(
            f"{root}: there is no such folder. Check the path that was given as root (--data-root)."
        )
    return Path(root)


def check_size(size):
    """`DatasetError` unless `size` is a whole number of pixels."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise DatasetError(f"size must be a whole number of pixels, at least 1, not {size!r}.")


def check_memory(n_images, height, width, what, limit=MEMORY_LIMIT_BYTES):
    """Refuse to hold more than `limit` bytes of float32 pixels."""
    needed = 4 * n_images * height * width
    if needed > limit:
        raise DatasetError(
            f"{what}: {n_images} images of {height}x{width} need {needed / 1e9:.1f} GB of memory as float32; "
            f"the limit is {limit / 1e9:g} GB. Give a smaller size=, or use datasets.stream, which holds one "
            "batch at a time. For image folders and phantoms, memory_limit= raises the limit."
        )
