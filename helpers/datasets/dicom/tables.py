"""Lookup tables of DICOM, by pydicom's own functions.

These functions take a table's entries in the packing that the standard prescribes, and count indices in the type of
the entries or of the pixels. Files pack 8-bit entries by twos, write them in big endian, or have more entries than the
type counts; so the table is laid out plainly, and the pixels are clipped to it, before it is applied.
"""

import numpy as np
from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi


def _is_bytes(data, length):
    """One byte an entry, and one more where the length is odd."""
    return len(data) in (length, length + length % 2)


def _entries(data, length, little):
    """The `length` entries of a table: (length,) int."""
    if isinstance(data, bytes):
        kind = np.uint8 if _is_bytes(data, length) else np.dtype("<u2" if little else ">u2")
        data = np.frombuffer(data[: length * np.dtype(kind).itemsize], kind)
    data = np.atleast_1d(np.asarray(data, int))[:length]
    if len(data) < length:
        raise ValueError(f"a lookup table has {len(data)} entries and should have {length}")
    return data


def _apply(function, keyword, values, tags, little, largest):
    """A table of the sequence `keyword`, applied to whole numbers of which `largest` is the largest possible.

    Returns
    -------
    what the table gives, its depth in bits, and its entries.
    """
    item = tags[keyword].value[0]
    length, first, depth = (int(number) for number in item.LUTDescriptor)
    length = length or 2**16
    if first >= 2**15 and first > largest:
        first -= 2**16  # a negative number, read as an unsigned one
    entries = _entries(item.LUTData, length, little)
    plain, table = Dataset(), Dataset()
    descriptor = [length % 2**16, first, 16]  # of no one type: a long table may begin below 0
    table.add(DataElement("LUTDescriptor", "SS", descriptor, validation_mode=IGNORE))
    table.add_new("LUTData", "US", entries.tolist())
    plain.add_new(keyword, "SQ", [table])
    inside = np.clip(np.floor(values), first, first + length - 1).astype(np.int64)
    return function(inside, plain), depth, entries


def modality(stored, tags, little, largest):
    """Modality LUT Sequence: the entries, as float64. `largest` : the largest number that can be stored."""
    return _apply(apply_modality_lut, "ModalityLUTSequence", stored, tags, little, largest)[0].astype(float)


def voi(values, tags, little, largest):
    """VOI LUT Sequence: grey in [0, 1], float64. `largest` : the largest number that the modality can give.

    White is the largest entry that the table's depth allows; where the table uses less than a quarter of that, its own
    largest.
    """
    given, depth, entries = _apply(apply_voi, "VOILUTSequence", values, tags, little, largest)
    white = max(2**depth - 1, entries.max())
    return given / (white if entries.max() >= white / 4 else max(entries.max(), 1))


def palette(stored, tags, little):
    """PALETTE COLOR: (h, w, 3) in [0, 1], float64."""
    length, first, depth = (int(number) for number in tags.RedPaletteColorLookupTableDescriptor)
    length = length or 2**16
    if "RedPaletteColorLookupTableData" in tags:
        white = _lay_out_palette(tags, length, depth, little)
    elif depth == 8 and length > 256:
        raise ValueError("a segmented palette of more than 256 entries of 8 bits is not supported")
    else:
        white = 2**depth - 1
    inside = np.clip(stored.astype(np.int64), first, first + length - 1)
    return apply_color_lut(inside, tags)[..., :3] / white


def _lay_out_palette(tags, length, depth, little):
    """16 bits an entry for every colour. Returns the number that is white: 255 also where words hold nothing larger."""
    names = [f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")]
    small = _is_bytes(tags[names[0]].value, length)
    colours = [_entries(tags[name].value, length, little) for name in names]
    for name, entries in zip(names, colours):
        tags.add_new(name, "OW", entries.astype(np.uint16).tobytes())
    for name in names:
        tags[name.replace("Data", "Descriptor")].value[2] = 16
    tags.pop("AlphaPaletteColorLookupTableData", None)
    if small or np.max(colours) < 256:
        return 255
    return 2**16 - 1 if depth in (8, 16) else 2**depth - 1
