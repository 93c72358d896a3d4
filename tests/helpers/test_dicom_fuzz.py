"""Random valid DICOM files: the reader agrees with pydicom's documented functions, applied one after the other."""

import copy

import numpy as np
from dicom_files import item, palette, table, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, Sequence
from pydicom.dataset import FileMetaDataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, apply_windowing
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from helpers.datasets import dicom

SYNTAXES = [ExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian]
LUMA = np.array([0.299, 0.587, 0.114])


def _limits(bits, signed):
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)


@st.composite
def grey_files(draw):
    """What a file holds: the stored numbers, and for every frame the tags that hold for it."""
    signed, allocated = draw(st.booleans()), draw(st.sampled_from([8, 16, 32]))
    bits = draw(st.integers(allocated // 2 + 1, allocated))
    order_of = draw(st.sampled_from(SYNTAXES))
    low, high = _limits(bits, signed)
    frames = draw(st.integers(1, 3))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stored = numbers.integers(low, high, (frames, 4, 5), endpoint=True)
    kind = draw(st.sampled_from(["none", "rescale", "table"] if bits <= 12 else ["none", "rescale"]))
    voi = draw(
        st.sampled_from(
            ["none", "window", "windows", "table"] if bits <= 12 else ["none", "window", "windows"]
        )
    )
    shown = []
    for _ in range(frames):
        tags = {}
        if kind == "rescale":
            slope = draw(st.sampled_from([1, 2, -1, 0.5, 0.0003] if voi != "table" else [1, 2, -1]))
            tags |= {"RescaleSlope": slope, "RescaleIntercept": draw(st.sampled_from([0, -1024, 7]))}
        if voi.startswith("window"):
            span = (high - low) * abs(tags.get("RescaleSlope", 1))
            level = round(float(numbers.uniform(-0.2, 1.2) * span), 3)
            width = round(float(numbers.uniform(0.05, 1.5) * span + 2), 3)
            tags |= {"WindowCenter": level, "WindowWidth": width}
            if voi == "windows":
                tags |= {"WindowCenter": [level, 1], "WindowWidth": [width, 77]}
            if function := draw(st.sampled_from([None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])):
                tags["VOILUTFunction"] = function
        shown.append(tags)
    order = "<" if order_of.is_little_endian else ">"
    common = {}
    if kind == "table":
        first, entries = draw(st.integers(low, low + 9)), numbers.integers(0, 2**16, high - low + 1)
        common["ModalityLUTSequence"] = table(entries, first, 16, order)
    if voi == "table":
        depth = draw(st.sampled_from([8, 10, 12, 16]))
        entries = numbers.integers(0, 2**depth, draw(st.integers(16, 5000)))
        entries[0] = 2**depth - 1
        lowest = draw(st.integers(-50 if signed and kind != "table" else 0, 50))
        common["VOILUTSequence"] = table(entries, lowest, depth, order)
    return {
        "stored": stored, "bits": bits, "allocated": allocated, "signed": int(signed), "syntax": order_of,
        "shown": shown, "common": common, "place": draw(st.sampled_from(["root", "shared", "per frame"])),
        "modality": draw(st.sampled_from(["CT", "MR", "PT"])),
        "photometric": draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"])),
    }  # fmt: skip


def _groups(tags):
    """Functional groups that hold the tags of one frame."""
    group = Dataset()
    rescale = {name: value for name, value in tags.items() if name.startswith("Rescale")}
    window = {name: value for name, value in tags.items() if not name.startswith("Rescale")}
    if rescale:
        group.PixelValueTransformationSequence = item(**rescale, RescaleType="US")
    if window:
        group.FrameVOILUTSequence = item(**window)
    return group


def _write(path, file):
    tags = {"NumberOfFrames": len(file["stored"])}
    if file["place"] == "per frame":
        tags["PerFrameFunctionalGroupsSequence"] = Sequence([_groups(tags) for tags in file["shown"]])
    else:
        file["shown"] = file["shown"][:1] * len(file["stored"])
        if file["place"] == "shared":
            tags["SharedFunctionalGroupsSequence"] = Sequence([_groups(file["shown"][0])])
        else:
            tags |= file["shown"][0]
    return write(
        path, file["stored"], bits=file["bits"], allocated=file["allocated"], signed=file["signed"],
        syntax=file["syntax"], Modality=file["modality"], PhotometricInterpretation=file["photometric"],
        **{"RescaleSlope": None, "RescaleIntercept": None} | tags | file["common"],
    )  # fmt: skip


def _reference(file):
    """Grey by pydicom's functions, step by step: (frames, 4, 5)."""
    numbers, grey, limits = [], [], _limits(file["bits"], file["signed"])
    for stored, shown in zip(file["stored"], file["shown"]):
        tags = Dataset()
        tags.file_meta = FileMetaDataset()
        tags.file_meta.TransferSyntaxUID = file["syntax"]
        tags.BitsStored, tags.PixelRepresentation = file["bits"], file["signed"]
        tags.PhotometricInterpretation = "MONOCHROME2"
        for name, value in (shown | file["common"]).items():
            setattr(tags, name, copy.deepcopy(value))
        values = apply_modality_lut(stored.astype(np.int64), tags)
        numbers.append((values, apply_modality_lut(np.array(limits), tags)))
        if "VOILUTSequence" in tags:
            length, first, depth = tags.VOILUTSequence[0].LUTDescriptor
            # pydicom counts the entries of a table of 8 bits in 8 bits: the same table, said to be of 16.
            tags.VOILUTSequence[0].LUTDescriptor = [length, first, 16]
            grey.append(
                apply_voi(np.clip(values.astype(int), first, first + length - 1), tags) / (2**depth - 1)
            )
        elif "WindowWidth" in tags:
            black, white = limits
            if "ModalityLUTSequence" in tags:
                black, white = 0, 2**16 - 1
            slope, intercept = shown.get("RescaleSlope", 1), shown.get("RescaleIntercept", 0)
            black, white = black * slope + intercept, white * slope + intercept
            grey.append((apply_windowing(values, tags) - black) / (white - black))
        elif file["modality"] == "CT" and (
            file["signed"] or "RescaleSlope" in tags or "ModalityLUTSequence" in tags
        ):
            grey.append(np.clip((values + 160.0) / 400, 0, 1))
    if not grey:
        grey = list(_by_range(numbers, file))
    grey = np.stack(grey)
    return 1 - grey if file["photometric"] == "MONOCHROME1" else grey


def _by_range(numbers, file):
    """No window: what the type can hold, over all frames; what was found where that says nothing."""
    values = np.stack([values for values, _ in numbers])
    black, white = values.min(), values.max()
    if not file["signed"] and file["allocated"] <= 16:
        held = np.concatenate([ends for _, ends in numbers])
        if "ModalityLUTSequence" in file["common"]:
            held = np.frombuffer(
                file["common"]["ModalityLUTSequence"][0].LUTData,
                "<u2" if file["syntax"].is_little_endian else ">u2",
            )
            first = file["common"]["ModalityLUTSequence"][0].LUTDescriptor[1]
            held = held[: max(2 ** file["bits"] - first, 1)]
        if file["bits"] <= 8 or white - black >= (held.max() - held.min()) / 4:
            black, white = held.min(), held.max()
    return (values - black) / max(white - black, 1e-30)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(file=grey_files())
def test_grey_files_of_every_kind_agree_with_pydicom(tmp_path_factory, file):
    path = _write(tmp_path_factory.mktemp("fuzz") / "x.dcm", file)
    with np.errstate(over="ignore"):  # far below a SIGMOID window
        got, want = dicom.read(path).images, _reference(file)
    assert got.shape == want.shape and got.dtype == np.float32
    assert np.abs(got - want).max() <= 1 / 255


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_colour_files_agree_with_pydicom(tmp_path_factory, data):
    numbers = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), "seed"))
    syntax = data.draw(st.sampled_from(SYNTAXES), "syntax")
    path = tmp_path_factory.mktemp("fuzz") / "x.dcm"
    bits, frames = data.draw(st.sampled_from([8, 16]), "bits"), data.draw(st.integers(1, 2), "frames")
    common = {
        "bits": bits,
        "syntax": syntax,
        "Modality": "US",
        "NumberOfFrames": frames,
        "RescaleSlope": None,
    }
    if data.draw(st.booleans(), "palette"):
        stored = numbers.integers(0, 2**bits, (frames, 4, 5))
        entries, first = (
            numbers.integers(0, 2**16, (data.draw(st.integers(2, 600)), 3)),
            data.draw(st.integers(0, 9)),
        )
        tags = palette(entries, first, "<" if syntax.is_little_endian else ">")
        write(path, stored, PhotometricInterpretation="PALETTE COLOR", **common, **tags)
        reference = Dataset()  # pydicom takes the entries for little endian
        for name, value in palette(entries, first).items():
            setattr(reference, name, value)
        want = apply_color_lut(stored, reference) @ LUMA / (2**16 - 1)
    else:
        stored = numbers.integers(0, 2**bits, (frames, 4, 5, 3))
        colour = {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 0}
        write(path, stored, **common, **colour)
        want = stored @ LUMA / (2**bits - 1)
    assert np.abs(dicom.read(path).images - want).max() <= 1 / 255
