"""A folder of images with the troubles of a real download, so that students can practise on it."""

import io

import numpy as np
from PIL import Image

from helpers import seeds


def write(dataset, folder, per_class=8, seed=7):
    """Write some images of `dataset` (two classes or more) as `folder/<class>/<class>- (<number>).<suffix>`,
    and spoil a few.

    Planted, in the first two classes: an exact copy, a copy that was saved anew, an image of half the size, a
    colour image, one with transparency, a PNG named .jpg; and, unreadable, an empty file, a cut-off file and
    a text file named .jpeg.
    """
    for label, name in enumerate(dataset.class_names):
        (folder / name).mkdir(parents=True)
        members = seeds.generator(seed, label).permutation(np.flatnonzero(dataset.labels == label))[
            :per_class
        ]
        for number, i in enumerate(members, 1):
            _picture(dataset.images[i]).save(folder / name / f"{name}- ({number}).jpg", quality=90)

    first, second = (folder / name for name in dataset.class_names[:2])
    original = first / f"{first.name}- (1).jpg"
    (first / f"{first.name}- (9).jpg").write_bytes(original.read_bytes())
    with Image.open(original) as picture:
        picture.save(first / f"{first.name}- (10).jpg", quality=80)
        picture.convert("RGB").save(first / f"{first.name}- (2).jpg", quality=90)
        picture.resize((picture.width // 2, picture.height // 2)).save(first / "test1.jpg", quality=90)
    with Image.open(second / f"{second.name}- (2).jpg") as picture:
        picture.convert("RGBA").save(second / f"{second.name}- (2).png")
        (second / f"{second.name}- (2).jpg").unlink()
        kept = io.BytesIO()
        picture.save(kept, "PNG")
    (second / f"{second.name}- (3).jpg").write_bytes(kept.getvalue())
    (second / f"{second.name}- (9).jpg").write_bytes(b"")
    (second / f"{second.name}- (10).jpg").write_bytes(original.read_bytes()[: original.stat().st_size // 3])
    (second / f"{second.name}- (11).jpeg").write_text("an error page, saved as an image\n", encoding="utf-8")


def _picture(image):
    return Image.fromarray(np.round(255 * image).astype(np.uint8))
