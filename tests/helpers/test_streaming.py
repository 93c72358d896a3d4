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


def _small(root):
    """Two classes of two JPEG files of 24x24; returns the ramp that they show."""
    ramp = np.tile(np.linspace(0, 255, 24).round().astype(np.uint8), (24, 1))
    for label, name in enumerate("AB"):
        (root / name).mkdir(exist_ok=True)
        for i in range(2):
            Image.fromarray(ramp // (2 + i + label)).save(root / name / f"{i}.jpg", quality=95)
    return ramp


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_names_that_are_no_utf_8_are_streamed_and_can_be_shown(tmp_path, kind):
    ramp = _small(tmp_path)
    path = os.fsencode(tmp_path / "A") + b"/caf\xe9." + kind.lower().encode()
    with open(path, "wb") as file:
        Image.fromarray(ramp).save(file, kind)
    loaded = datasets.load("kidney_ct", "folder", tmp_path)
    images, labels, _ = _collect(datasets.stream("kidney_ct", tmp_path, size=24))
    assert len(images) == 5 and np.array_equal(labels, loaded.labels)
    assert np.abs(images - loaded.images).mean() < 0.005
    with open(path, "wb") as file:
        file.write(b"nothing")
    with pytest.raises(DatasetError) as caught:
        datasets.stream("kidney_ct", tmp_path, size=24)
    assert "caf\\udce9" in str(caught.value) and str(caught.value).encode("utf-8")


def test_the_same_black_and_white_as_in_load(tmp_path):
    ramp = _small(tmp_path)
    Image.fromarray(ramp / np.float32(255)).save(tmp_path / "A" / "unit.tif")
    Image.fromarray(ramp.astype(np.uint16) * 16).save(tmp_path / "B" / "deep.png")
    for options in ({}, {"value_range": (0, 128)}):
        loaded = datasets.load("kidney_ct", "folder", tmp_path, size=24, **options)
        batches = datasets.stream("kidney_ct", tmp_path, size=24, **options)
        assert np.allclose(_collect(batches)[0], loaded.images, atol=1e-6)
        assert all(note in loaded.provenance for note in batches.notes)
    Image.fromarray(ramp / np.float32(170)).save(tmp_path / "A" / "odd.tif")
    with pytest.raises(DatasetError, match="from 0 to 1.5"):
        datasets.stream("kidney_ct", tmp_path, size=24)


def test_what_a_stream_leaves_out_is_listed(tmp_path):
    _small(tmp_path)
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "B" / "broken.jpg").write_bytes(b"")
    skipped = datasets.stream("kidney_ct", tmp_path, size=24, skip_unreadable=True).skipped
    assert dict(zip(skipped["file"], skipped["kind"], strict=True)) == {
        "broken.jpg": "unreadable",
        "notes.txt": "left out",
    }


@pytest.mark.parametrize("size", [0, -5, 33.5, True, "32", None])
def test_wrong_sizes_and_batch_sizes_are_refused(tmp_path, size):
    _small(tmp_path)
    with pytest.raises(DatasetError, match="size must be a whole number of pixels"):
        datasets.stream("kidney_ct", tmp_path, size=size)
    with pytest.raises(ValueError, match="batch_size must be a whole number"):
        datasets.stream("kidney_ct", tmp_path, size=24, batch_size=size)


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
