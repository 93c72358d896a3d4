"""What turns stored numbers into grey, tag by tag: the right values, also where the tags are odd."""

import numpy as np
import pydicom
import pytest
from dicom_files import item, palette, ramp, table, write
from pydicom import Dataset, Sequence
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from helpers import datasets, windows
from helpers.datasets import DatasetError, dicom

NO_RESCALE = {"RescaleSlope": None, "RescaleIntercept": None}
MR = NO_RESCALE | {"Modality": "MR"}
UNIT = np.arange(256).reshape(16, 16) / 255


def _image(path, **options):
    return dicom.read(path, **options).images[0]


def _refused(path, **options):
    with pytest.raises(DatasetError) as caught:
        dicom.read(path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_a_window_is_the_files_own_in_every_byte_order(tmp_path, syntax):
    window = {"WindowCenter": 40, "WindowWidth": 401, "VOILUTFunction": "LINEAR"}
    path = write(tmp_path / "1.dcm", ramp(-160, 239) + 1024, syntax=syntax, **window)
    assert np.abs(_image(path) - UNIT).max() < 1 / 255  # LINEAR: level - 0.5, width - 1


def test_the_first_of_several_windows_holds(tmp_path):
    path = write(tmp_path / "1.dcm", ramp(0, 80) + 1024, WindowCenter=[40, 400], WindowWidth=[80, 1800])
    reading = dicom.read(path)
    assert reading.images.max() == 1 and reading.files.window_width.tolist() == [80]


def test_window_takes_the_place_of_window_and_table_of_ct_only(tmp_path):
    hu = np.full((4, 4), 140 + 1024)
    path = write(tmp_path / "ct.dcm", hu, WindowCenter=0, WindowWidth=50, VOILUTSequence=table([0, 65535]))
    assert np.allclose(_image(path, window=(140, 10)), 0.5)
    write(tmp_path / "mr.dcm", hu, WindowCenter=1164, WindowWidth=400, **MR)
    reading = dicom.read(tmp_path, window=windows.Window(140, 10))
    assert np.allclose(reading.images, 0.5, atol=0.01)
    assert reading.files.window_level.tolist() == [140, 1164]
    (tmp_path / "ct.dcm").unlink()
    assert "none of the 1 images is CT" in _refused(tmp_path, window=(40, 400))
    for wrong in ((40, 0), (40,), "brain", (np.nan, 10)):
        with pytest.raises(ValueError, match="window must be"):
            dicom.read(tmp_path, window=wrong)


def test_ct_without_window_has_that_of_the_data_set(tmp_path):
    path = write(tmp_path / "1.dcm", ramp(0, 80) + 1024)
    brain, kidney, chest = (
        datasets.load(name, "dicom", path) for name in ("brain_ct", "kidney_ct", "chest_xray")
    )
    assert np.abs(brain.images[0] - UNIT).max() < 0.01
    assert kidney.images.min() == pytest.approx(0.4) and kidney.images.max() == pytest.approx(0.6)
    assert np.array_equal(chest.images, kidney.images)
    assert "1 CT images name no window: level 40, width 80 HU is taken" in brain.provenance
    assert np.allclose(datasets.load("brain_ct", "dicom", path, window=(40, 400)).images, kidney.images)


def test_window_of_a_phantom_and_of_what_has_none():
    wide, narrow = (datasets.load("kidney_ct", n_images=312, size=16, window=w) for w in (None, (40, 80)))
    inside = (narrow.images > 0) & (narrow.images < 1)
    assert np.allclose(wide.images[inside], 0.4 + 0.2 * narrow.images[inside], atol=1e-5) and inside.any()
    with pytest.raises(ValueError, match="takes no window"):
        datasets.load("chest_xray", window=(40, 80))
    with pytest.raises(ValueError, match="takes no labels"):
        datasets.load("kidney_ct", labels="none")


@pytest.mark.parametrize("width", [0, -5, ""])
def test_a_window_without_width_is_none(tmp_path, width):
    path = write(tmp_path / "1.dcm", ramp(-160, 240) + 1024, WindowCenter=1000, WindowWidth=width)
    assert np.abs(_image(path) - UNIT).max() < 0.01


def test_a_window_narrower_than_one_is_taken_as_it_stands(tmp_path):
    tags = {
        "Modality": "PT",
        "RescaleSlope": 0.001,
        "RescaleIntercept": 0,
        "WindowCenter": 0.5,
        "WindowWidth": 0.5,
    }
    image = _image(write(tmp_path / "1.dcm", ramp(0, 1000), **tags))
    assert np.abs(image - np.clip(ramp(0, 1000) / 500 - 0.5, 0, 1)).max() < 1 / 255


def test_sigmoid(tmp_path):
    tags = {"WindowCenter": 500, "WindowWidth": 200, "VOILUTFunction": "SIGMOID"} | MR
    image = _image(write(tmp_path / "1.dcm", ramp(0, 1000), **tags))
    assert np.abs(image - 1 / (1 + np.exp(-4 * (ramp(0, 1000) - 500) / 200))).max() < 1e-5
    assert "VOI LUT Function" in _refused(
        write(tmp_path / "2.dcm", ramp(0, 9), **tags | {"VOILUTFunction": "CUBIC"})
    )


@pytest.mark.parametrize(("slope", "intercept"), [(None, -1024), ("", -1024)])
def test_a_missing_slope_is_one(tmp_path, slope, intercept):
    path = write(tmp_path / "1.dcm", ramp(-160, 240) + 1024, RescaleSlope=slope, RescaleIntercept=intercept)
    assert np.abs(_image(path) - UNIT).max() < 0.01


def test_a_slope_of_zero_is_refused(tmp_path):
    assert "Rescale Slope is 0" in _refused(write(tmp_path / "1.dcm", ramp(0, 9), RescaleSlope=0))


def test_a_modality_table_of_signed_numbers(tmp_path):
    entries = (65535 * (np.arange(256) / 255) ** 0.25).astype(int)
    tags = MR | {"ModalityLUTSequence": table(entries, first=-128)}
    for bits, syntax in (
        (8, ImplicitVRLittleEndian),
        (12, ExplicitVRBigEndian),
        (16, ImplicitVRLittleEndian),
    ):
        if syntax == ExplicitVRBigEndian:
            tags["ModalityLUTSequence"] = table(entries, first=-128, order=">")
        path = write(tmp_path / f"{bits}.dcm", ramp(-128, 127), bits=bits, signed=1, syntax=syntax, **tags)
        assert np.abs(_image(path).ravel() - (np.arange(256) / 255) ** 0.25).max() < 1 / 255
        tags["ModalityLUTSequence"] = table(entries, first=-128)


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_a_voi_table_after_an_intercept(tmp_path, depth):
    """4,096 entries from -1024 HU on, of 8 bits too, which pydicom counts in 8 bits."""
    entries = np.round((2**depth - 1) * (np.arange(4096) / 4095) ** 0.5)
    tags = {"VOILUTSequence": table(entries, first=-1024, depth=depth)}
    hu = ramp(-1024, 3071)
    image = _image(write(tmp_path / "1.dcm", hu + 1024, syntax=ImplicitVRLittleEndian, **tags))
    assert np.abs(image - ((hu + 1024) / 4095) ** 0.5).max() < 1 / 255


def test_entries_of_eight_bits_packed_by_twos(tmp_path):
    packed = Dataset()
    packed.add_new("LUTDescriptor", "US", [256, 0, 8])
    packed.add_new("LUTData", "OW", np.arange(255, -1, -1, np.uint8).tobytes())
    image = _image(write(tmp_path / "1.dcm", ramp(0, 255), bits=8, VOILUTSequence=Sequence([packed]), **MR))
    assert np.abs(image - (1 - UNIT)).max() < 1e-6


def test_a_table_that_is_too_short_is_refused(tmp_path):
    broken = table(np.arange(256))
    broken[0].LUTDescriptor = [4096, 0, 16]
    said = _refused(write(tmp_path / "1.dcm", ramp(0, 255), VOILUTSequence=broken, **MR))
    assert "has 256 entries and should have 4096" in said


def test_monochrome1_is_turned_after_window_and_table(tmp_path):
    tags = {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}
    image = _image(write(tmp_path / "1.dcm", ramp(-160, 240) + 1024, **tags))
    assert np.abs(image - (1 - UNIT)).max() < 0.01
    entries = 65535 * (np.arange(256) / 255) ** 2
    image = _image(
        write(tmp_path / "2.dcm", ramp(0, 255), bits=8, VOILUTSequence=table(entries), **tags | MR)
    )
    assert np.abs(image - (1 - UNIT**2)).max() < 1 / 255


def test_colours_become_luma(tmp_path):
    red = np.zeros((4, 4, 3))
    red[..., 0] = 255
    tags = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"} | NO_RESCALE
    window = {"WindowCenter": 10, "WindowWidth": 5}  # not for colours
    assert np.allclose(_image(write(tmp_path / "1.dcm", red, bits=8, Modality="US", **tags, **window)), 0.299)
    ybr = np.full((4, 4, 3), [76, 85, 255])  # the same red
    tags["PhotometricInterpretation"] = "YBR_FULL"
    assert np.allclose(
        _image(write(tmp_path / "2.dcm", ybr, bits=8, Modality="US", **tags)), 0.299, atol=2 / 255
    )


def test_a_palette_of_more_entries_than_a_byte_counts(tmp_path):
    entries = np.tile(np.linspace(65535, 0, 1000).round()[:, None], (1, 3))
    tags = {"PhotometricInterpretation": "PALETTE COLOR", "Modality": "US"} | NO_RESCALE
    for order, syntax in (("<", ImplicitVRLittleEndian), (">", ExplicitVRBigEndian)):
        path = write(tmp_path / "1.dcm", ramp(0, 999), syntax=syntax, **tags, **palette(entries, order=order))
        assert np.abs(_image(path) - (1 - ramp(0, 999) / 999)).max() < 1 / 255
    bytes_each = palette(entries // 257)
    for colour in ("Red", "Green", "Blue"):
        bytes_each[f"{colour}PaletteColorLookupTableDescriptor"] = [1000, 0, 8]
        bytes_each[f"{colour}PaletteColorLookupTableData"] = (entries[:, 0] // 257).astype(np.uint8).tobytes()
    image = _image(write(tmp_path / "2.dcm", ramp(0, 999), **tags, **bytes_each))
    assert np.abs(image - (1 - ramp(0, 999) / 999)).max() < 2 / 255


def test_shared_and_per_frame_groups(tmp_path):
    """Two frames of an enhanced CT that show the same HU with other intercepts, windows and positions."""
    frames = []
    for intercept, level, z in ((-1024, 40, 5.0), (-1000, 90, -5.0)):
        group = Dataset()
        group.PixelValueTransformationSequence = item(
            RescaleSlope=1, RescaleIntercept=intercept, RescaleType="HU"
        )
        group.FrameVOILUTSequence = item(WindowCenter=level, WindowWidth=400, VOILUTFunction="LINEAR_EXACT")
        group.PlanePositionSequence = item(ImagePositionPatient=[0, 0, z])
        frames.append(group)
    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    stored = np.stack([ramp(-160, 240) + 1024, ramp(-160, 240) + 1000])
    path = write(
        tmp_path / "1.dcm", stored, sop="1.2.840.10008.5.1.4.1.1.2.1", NumberOfFrames=2, **NO_RESCALE,
        SharedFunctionalGroupsSequence=Sequence([shared]), PerFrameFunctionalGroupsSequence=Sequence(frames),
    )  # fmt: skip
    reading = dicom.read(path)
    assert reading.files.position.tolist() == [-5, 5] and reading.files.frame.tolist() == [1, 0]
    assert reading.files.window_level.tolist() == [90, 40]
    assert np.abs(reading.images[1] - UNIT).max() < 0.01
    assert np.abs(reading.images[0] - np.clip(UNIT - 50 / 400, 0, 1)).max() < 0.01


def test_a_rescale_that_all_frames_share(tmp_path):
    shared = Dataset()
    shared.PixelValueTransformationSequence = item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")
    tags = NO_RESCALE | {"NumberOfFrames": 2, "SharedFunctionalGroupsSequence": Sequence([shared])}
    images = dicom.read(write(tmp_path / "1.dcm", np.stack([ramp(-160, 240) + 1024] * 2), **tags)).images
    assert images.shape == (2, 16, 16) and np.abs(images - UNIT).max() < 0.01


def test_slices_with_slopes_of_their_own_remain_comparable(tmp_path):
    """PET: the same stored numbers, twice the slope, twice as bright."""
    for name, slope in (("a", 0.001), ("b", 0.002)):
        write(
            tmp_path / f"{name}.dcm",
            ramp(0, 32767),
            signed=1,
            Modality="PT",
            RescaleSlope=slope,
            RescaleIntercept=0,
        )
    one, two = dicom.read(tmp_path).images
    assert np.allclose(2 * one, two, atol=1e-5) and two.max() == 1 and one.min() == 0
    for path in tmp_path.glob("*.dcm"):
        file = pydicom.dcmread(path)
        file.PixelRepresentation = 0
        file.save_as(path)
    one, two = dicom.read(tmp_path).images  # unsigned: up to what 16 bits can hold, 65535 * 0.002
    assert np.allclose(2 * one, two, atol=1e-5) and two.max() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("bits", "signed", "low", "high", "black", "white"),
    [
        (12, 0, 0, 2047, 0, 4095),  # MG, CR: the range is that of the bits stored
        (8, 0, 0, 50, 0, 255),
        (16, 0, 0, 4095, 0, 4095),  # 12 bits that are said to be 16
        (16, 1, -100, 1000, -100, 1000),  # signed
        (32, 0, 0, 900_000, 0, 900_000),
        (32, 0, 4_000_000_000, 4_000_000_255, 4_000_000_000, 4_000_000_255),  # a sliver far from 0
        (12, 0, 7, 7, 0, 4095),  # one number only
    ],
)
def test_black_and_white_without_window(tmp_path, bits, signed, low, high, black, white):
    path = write(tmp_path / "1.dcm", ramp(low, high), bits=bits, signed=signed, **MR)
    reading = dicom.read(path)
    assert np.abs(reading.images[0] - (ramp(low, high) - black) / (white - black)).max() < 1e-5
    assert f"black {black:g}, white {white:g}" in reading.notes[0] and np.isnan(reading.files.window_level[0])


def test_float_pixels_and_one_bit(tmp_path):
    values = np.linspace(-1.5, 2.5, 256).reshape(16, 16)
    tags = MR | {"BitsStored": None, "HighBit": None, "PixelData": None}
    path = write(
        tmp_path / "1.dcm", values, allocated=32, **tags, FloatPixelData=values.astype("<f4").tobytes()
    )
    assert np.abs(_image(path) - UNIT).max() < 1e-5
    path = write(tmp_path / "2.dcm", values, allocated=64, **tags, DoubleFloatPixelData=values.tobytes())
    assert np.abs(_image(path) - UNIT).max() < 1e-5
    bits = np.arange(256).reshape(16, 16) % 3 == 0
    packed = np.packbits(bits, bitorder="little").tobytes()
    path = write(tmp_path / "3.dcm", bits, bits=1, allocated=1, **MR | {"PixelData": packed})
    assert np.array_equal(_image(path), bits.astype(np.float32))


def test_float_pixels_that_are_no_numbers_are_refused(tmp_path):
    values = np.full((4, 4), np.nan, "<f4")
    tags = MR | {"BitsStored": None, "HighBit": None, "PixelData": None, "FloatPixelData": values.tobytes()}
    assert "NaN or infinite" in _refused(write(tmp_path / "1.dcm", values, allocated=32, **tags))


@pytest.mark.parametrize(("signed", "padding"), [(1, -2000), (0, -2000), (1, 63536)])
def test_padding_is_black_and_no_part_of_the_range(tmp_path, signed, padding):
    """-2000, also where it is written as the other kind of integer."""
    stored = ramp(100, 355)
    stored[0] = -2000 if signed else 63536
    tags = dict(PhotometricInterpretation="MONOCHROME1", **MR)
    file = pydicom.dcmread(write(tmp_path / "1.dcm", stored, signed=signed, **tags))
    file.add_new("PixelPaddingValue", "SS" if padding < 0 else "US", padding)
    file.save_as(tmp_path / "1.dcm")
    image = _image(tmp_path / "1.dcm")
    assert (image[0] == 0).all()
    assert np.abs(image[1:] - (1 - (stored[1:] - 116) / (355 - 116))).max() < 1e-5
    file.add_new("PixelPaddingRangeLimit", "SS" if signed else "US", 200 if signed else 65535)
    file.save_as(tmp_path / "1.dcm")
    assert (_image(tmp_path / "1.dcm")[0] == 0).all() and (_image(tmp_path / "1.dcm")[8:] > 0).any()


def test_numbers_in_the_upper_bits(tmp_path):
    path = write(tmp_path / "1.dcm", (ramp(-160, 240) + 1024) * 16, bits=12, HighBit=15)
    assert np.abs(_image(path) - UNIT).max() < 0.01


def test_resampled_padding_and_range(tmp_path):
    stored = np.kron(ramp(100, 355), np.ones((2, 2)))
    stored[:4] = -2000
    path = write(tmp_path / "1.dcm", stored, signed=1, PixelPaddingValue=-2000, **MR)
    image = _image(path, size=16)
    assert (image[:2] == 0).all() and image.max() > 0.97 and image.shape == (16, 16)
    assert image[2, 8:].min() > 0.02  # the padding does not run into the image


def test_real_dicom_files(real_data):
    reading = dicom.read(real_data / "dicom", size=64)
    assert len(reading.images) == 5 and set(reading.files.modality) == {"CT", "CR", "OT"}
    one, two = (reading.images[reading.files["file"] == f"cr_monochrome{n}.dcm"][0] for n in (1, 2))
    assert one.mean() > 0.05 and two.mean() > 0.05
    ct = pydicom.dcmread(real_data / "dicom" / "ct_50.dcm")
    hu = ct.pixel_array * float(ct.RescaleSlope) + float(ct.RescaleIntercept)
    image = dicom.read(real_data / "dicom" / "ct_50.dcm", window=(-600, 1500)).images[0]
    assert np.abs(image - windows.to_unit(hu, -600, 1500)).max() < 1 / 255


@pytest.mark.parametrize(("depth", "white"), [(16, 255), (16, 65535), (12, 4095)])
def test_white_of_a_palette_is_what_its_entries_are_made_for(tmp_path, depth, white):
    tags = {"bits": 8, "PhotometricInterpretation": "PALETTE COLOR", "Modality": "US"}
    colours = palette(np.tile(np.linspace(white, 0, 256).round()[:, None], (1, 3)))
    for name in [name for name in colours if name.endswith("Descriptor")]:
        colours[name] = [256, 0, depth]
    image = _image(write(tmp_path / "1.dcm", ramp(0, 255), **NO_RESCALE, **tags, **colours))
    assert np.abs(image.ravel() - np.linspace(1, 0, 256)).max() < 1 / 255
