"""`fetch`: the real images of a data set, from this computer if they are here, else from their publishers.

from helpers.datasets import downloads
root = downloads.fetch("chest_xray")
print(downloads.manual_steps("kidney_ct"))

What is known of each set stands in `data/registry.toml`. A file is downloaded only if its checksum is on record
there, or through kagglehub, which checks what it downloads. Downloads lie in the folder `downloads` of the cache
(`COURSE_CACHE`). They are made ready in a folder of their own and moved to their final name when they are
complete: an interrupted run leaves nothing half done, and can be repeated.
"""

from helpers.datasets.downloads import local, transfer
from helpers.datasets.downloads.advice import steps
from helpers.datasets.downloads.registry import Source, describe, names

__all__ = ["Source", "describe", "fetch", "manual_steps", "names"]


def fetch(name, root=None, registry=None, progress=True):
    """The real images of a data set: a local copy if there is one, else a download.

    Looked at in this order: `root`; the folder or file `name` in the folder that the environment variable
    `COURSE_DATA_DIR` names; an earlier download that is complete. Then it is downloaded.

    Parameters
    ----------
    name : one of `names()`.
    root : folder or file of the images, if they are on this computer. A path that is not there is an error, even
        where an earlier download lies ready.
    registry : path of another registry than `data/registry.toml`.
    progress : show a progress bar, if tqdm is installed.

    Returns
    -------
    Path of a folder, or of a file for sets that are one file.

    Raises
    ------
    DatasetError : `root` is not there, or no local copy and no good download; says why, and what to do by hand.
    ValueError : unknown name.
    """
    source = describe(name, registry)
    if found := local.given(source, root) or local.kept(source) or local.downloaded(source):
        return found
    return transfer.from_kaggle(source) if source.kaggle else transfer.from_address(source, progress)


def manual_steps(name, registry=None):
    """How to get a data set by hand, how to cite it and under which licence it is: text of several lines."""
    return steps(describe(name, registry))
