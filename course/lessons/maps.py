"""Record the heatmaps of lesson 06, so that its statistics can be tried where no network can be trained: in a browser.

    solutions/06_heatmap_statistics.py, profile quick, phantom  ->  data/maps/chest_phantom.npz   (its card: data/maps/README.md)

The lesson's own cells train the networks and choose the images; this only keeps what they make.
"""

import contextlib
import io
import os
import zipfile

import matplotlib
import numpy as np

from course import project
from course.lessons import build
from course.project import CourseError, write_whole

LESSON, FILE = "06", "data/maps/chest_phantom.npz"
NEEDED = ("networks", "test", "drawn", "sick", "disease", "several", "outputs", "maps_of")
LARGEST = 300_000  # bytes


def record(root):
    """Run lesson 06 as far as it trains networks, and write their maps; returns the path of the file.

    Raises
    ------
    CourseError : the lesson no longer makes what is recorded, or the file would be larger than 300 kB.
    """
    (lesson,) = project.lessons(root, [LESSON])
    os.environ.setdefault("COURSE_CACHE", str(root / "build" / "cache"))
    made = _run(lesson, project.address(root))
    arrays = _arrays(*(made[name] for name in NEEDED))
    content = _packed(arrays)
    if len(content) > LARGEST:
        raise CourseError(f"{FILE} would have {len(content) / 1e3:.0f} kB; at most {LARGEST / 1e3:.0f}.")
    path = root / FILE
    path.parent.mkdir(exist_ok=True)
    write_whole(path, content)
    print(f"{FILE}: {len(content) / 1e3:.0f} kB, " + ", ".join(f"{n} {a.shape}" for n, a in arrays.items()))
    return path


def _run(lesson, address):
    """The names that the lesson's cells make, up to the cell that makes the last one that is needed."""
    matplotlib.use("agg")  # figures are drawn, and looked at by nobody
    names = {}
    for cell in build.read(lesson, address).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            if "checks." in cell.source:  # a check of an answer that was left out
                continue
            with contextlib.redirect_stdout(None):
                exec(compile(cell.source, str(lesson.source), "exec"), names)
            if all(name in names for name in NEEDED):
                return names
    missing = ", ".join(name for name in NEEDED if name not in names)
    raise CourseError(
        f"{lesson.source}: no cell makes {missing}. Mend course/lessons/maps.py: it records them."
    )


def _arrays(networks, test, drawn, sick, disease, several, outputs, maps_of):
    called = np.stack([outputs(one, test.images[drawn]).argmax(axis=1) for one in networks])
    of_disease, of_called = (
        np.stack(
            [maps_of(one, test.images[drawn], index[k], relu=False) for k, one in enumerate(networks)]
        ).astype(np.float32)
        for index in ([disease] * len(networks), called)
    )
    called_several = outputs(networks[0], several.images).argmax(axis=1)
    return {
        "signed_of_pneumonia": of_disease,
        "signed_of_predicted": of_called,
        "called_pneumonia": called == disease,
        "pneumonia": sick,
        "patients": test.groups[drawn].astype(str),
        "several_of_predicted": maps_of(networks[0], several.images, called_several).astype(np.float32),
        "several_patients": several.groups.astype(str),
    }


def _packed(arrays):
    """An .npz whose bytes are the same for the same arrays: no times inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.lib.format.write_array(one, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), one.getvalue(), zipfile.ZIP_DEFLATED
            )
    return file.getvalue()
