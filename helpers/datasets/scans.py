"""Guess which slices belong to one scan, for image folders without patient ids.

The published kidney set names its files `Cyst- (123).jpg`. Within a class, consecutive numbers are mostly
neighbouring slices of one scan, and look alike; where the next file suddenly looks different, another scan
begins. Scans with a pair of slices closer than the same threshold are one: stored twice, or cut in two because
the files between them are missing.

That is a proxy. A patient scanned on two days counts as two; two patients who look alike may be joined. And
pixel similarity is what a nearest-neighbour lookup uses, too: near twins across scans are removed by design.
"""

import re

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers import neighbours

# Root mean square differences of 64x64 thumbnails in [0, 1]. On 3,164 of the published kidney slices, files with
# consecutive numbers differ by 0.009 at the median, and no step lies between 0.022 and 0.087. Where files are missing,
# slices of one patient (by their look) lie further apart: Normal 12, 24, 36 ... 96 up to 0.075, Tumor 1657 and 1718
# 0.086; the nearest neighbours of two patients are 0.105 apart. Slices far apart in number come as near as 0.084 although
# their patients look different. Any JUMP from 0.076 to 0.083 with any GAP from 0.087 to 0.104 gives the same 61 scans.
JUMP = 0.08
GAP = 0.10


def file_numbers(names):
    """The last whole number in each file name; -1 where there is none. (n,) int."""
    found = (re.findall(r"\d+", str(name).rsplit(".", 1)[0]) for name in names)
    return np.array([int(numbers[-1][-15:]) if numbers else -1 for numbers in found])  # 15 digits fit an int


def infer_scans(names, labels, thumbnails, jump=JUMP, gap=GAP):
    """Cut every class's slices, in the order of their numbers, where neighbours jump; join scans with a pair of
    slices that do not.

    Parameters
    ----------
    names : (n,) file names. labels : (n,) int. thumbnails : (n, 64, 64) float32 in [0, 1].
    jump, gap : root mean square difference above which two neighbours are not of one scan: with consecutive numbers,
        and where files are missing between them. Below `jump`, any two slices are of one scan.

    Returns
    -------
    (n,) str, such as "S003". A file without a number stands alone, unless it is nearer than
    `jump` to a slice of a scan.
    """
    labels, numbers = np.asarray(labels), file_numbers(names)
    order = np.lexsort((numbers, labels))
    step = np.diff(thumbnails[order], axis=0)
    distance = np.sqrt((step**2).mean(axis=(1, 2)))
    unnumbered = numbers[order] < 0
    missing = np.diff(numbers[order]) > 1
    starts = (
        (distance > np.where(missing, gap, jump))
        | (np.diff(labels[order]) != 0)
        | unnumbered[1:]
        | unnumbered[:-1]
    )
    run = np.empty(len(labels), int)
    run[order] = np.r_[0, np.cumsum(starts)]

    nearest, rms = neighbours.nearest_in_other_folds(thumbnails, run)
    twins = np.flatnonzero(rms < jump)
    links = coo_array((np.ones(len(twins)), (run[twins], run[nearest[twins]])), shape=(run.max() + 1,) * 2)
    scan = connected_components(links, directed=False)[1]
    return np.array([f"S{number + 1:03d}" for number in scan[run]])
