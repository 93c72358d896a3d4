"""`stream` gives what `load` gives, batch by batch, in bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.writing import write


@pytest.fixture(scope="module")
def jpegs(tmp_path_factory):
    """48 smooth grey JPEG files of 64x64 in two classes, three sizes below."""
    root = tmp_path_factory.mktemp("jpegs")
    rng = np.random.default_rng(0)
    for number in range(48):
        coarse = Image.fromarray(rng.integers(0, 255, (8, 8), np.uint8))
        path = root / ("A" if number % 3 else "B") / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        coarse.resize((64, 64), Image.Resampling.BICUBIC).save(path, quality=95)
    return root


def _collect(batches):
    images, labels = zip(*((images.numpy(), labels.numpy()) for images, labels in batches))
    return np.concatenate(images), np.concatenate(labels), [len(batch) for batch in images]


@pytest.mark.parametrize("size", [64, 48, 32, 20])
def test_stream_gives_the_images_and_labels_of_load(jpegs, size):
    loaded = datasets.load("kidney_ct", "folder", jpegs, size=size)
    batches = datasets.stream("kidney_ct", jpegs, size=size, batch_size=20)
    images, labels, sizes = _collect(batches)
    assert sizes == [20, 20, 8] and batches.class_names == ["A", "B"]
    assert images.shape == (48, size, size) and images.dtype == np.float32 and labels.dtype == np.int32
    assert np.array_equal(labels, loaded.labels)
    assert np.abs(images - loaded.images).mean() < (0.002 if size == 64 else 0.02)
    assert images.min() >= 0 and images.max() <= 1


def test_other_modes_and_mixed_sizes_are_streamed_too(jpegs, tmp_path):
    for name in "AB":
        (tmp_path / name).mkdir()
        for number, path in enumerate(sorted((jpegs / name).iterdir())[:4]):
            Image.open(path).resize((40 + 8 * number, 40)).save(tmp_path / name / f"{number}.jpg", quality=95)
    loaded = datasets.load("kidney_ct", "folder", tmp_path, size=32)
    assert np.abs(_collect(datasets.stream("kidney_ct", tmp_path, size=32))[0] - loaded.images).mean() < 0.02
    Image.open(tmp_path / "A" / "0.jpg").convert("RGBA").save(tmp_path / "A" / "9.png")
    loaded = datasets.load("kidney_ct", "folder", tmp_path, size=32)
    images, labels, _ = _collect(datasets.stream("kidney_ct", tmp_path, size=32))
    assert np.allclose(images, loaded.images, atol=1e-6) and np.array_equal(labels, loaded.labels)


def test_official_parts_and_order(kidney, tmp_path):
    one = kidney.subset(np.arange(30))
    part = np.repeat(["train", "validation", "test"], 10)
    write(Dataset(**(vars(one) | {"part": part, "masks": None})), tmp_path, "folder")
    assert len(_collect(datasets.stream("kidney_ct", tmp_path, size=16, part="test"))[1]) == 10
    with pytest.raises(ValueError, match="no part 'exam'; there are test, train, validation"):
        datasets.stream("kidney_ct", tmp_path, size=16, part="exam")
    batches = datasets.stream("kidney_ct", tmp_path, size=16, part="train", shuffle=True, seed=3)
    first, second = _collect(batches)[0], _collect(batches)[0]
    again = _collect(datasets.stream("kidney_ct", tmp_path, size=16, part="train", shuffle=True, seed=3))[0]
    assert np.array_equal(first, again) and not np.array_equal(first, second)
    assert np.allclose(np.sort(first.mean(axis=(1, 2))), np.sort(second.mean(axis=(1, 2))))


def test_a_broken_file_is_told_before_the_stream_begins(jpegs, tmp_path):
    for name in "AB":
        (tmp_path / name).mkdir()
        for path in (jpegs / name).iterdir():
            os.link(path, tmp_path / name / path.name)
    bad = tmp_path / "B" / "99.jpg"
    content = (jpegs / "A" / "1.jpg").read_bytes()
    bad.write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match="99.jpg"):
        datasets.stream("kidney_ct", tmp_path, size=16)
    assert len(_collect(datasets.stream("kidney_ct", tmp_path, size=16, skip_unreadable=True))[1]) == 48
    with pytest.raises(ValueError, match="unknown data set"):
        datasets.stream("liver", tmp_path, size=16)
    with pytest.raises(DatasetError, match="whole number"):
        datasets.stream("kidney_ct", jpegs, size=0)


def test_load_names_stream_where_memory_would_not_do(jpegs):
    with pytest.raises(DatasetError, match="datasets.stream"):
        datasets.load("kidney_ct", "folder", jpegs, size=4000)


MEASURE = r"""
import pathlib, re, resource, sys
from helpers import datasets
count = sum(len(labels) for _, labels in datasets.stream("kidney_ct", sys.argv[1], size=224, batch_size=32, shuffle=True))
status = pathlib.Path("/proc/self/status")
if status.is_file():  # what getrusage tells on Linux includes the memory of the process that started this one
    print(count, 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)))
else:
    print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.skipif(os.name == "nt", reason="peak memory is read the POSIX way")
def test_the_published_set_passes_in_bounded_memory(kidney, tmp_path):
    """12,446 JPEG files of 224x224, made of hard links to phantoms: less than 1.5 GB at the peak."""
    originals = []
    for i in range(0, 600, 10):
        path = tmp_path / f"{i}.jpg"
        Image.fromarray(np.uint8(255 * kidney.images[i])).resize((224, 224)).save(path, quality=90)
        originals.append(path)
    for number in range(12446):
        folder = tmp_path / "set" / ("A" if number % 2 else "B")
        folder.mkdir(parents=True, exist_ok=True)
        os.link(originals[number % len(originals)], folder / f"{number}.jpg")
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "set")], capture_output=True, text=True
    )
    count, peak = map(int, told.stdout.split())
    assert count == 12446 and peak < 1.5e9
