"""Black and white for frames that have neither window nor table: one range for all of a kind in the set.

An unsigned type of up to 16 bits has a range: from the smallest to the largest number it can hold, rescaled; with
slopes that differ from file to file (PET), from the smallest to the largest of all files. Signed types, 32 bits and
floats have none that says anything, and a type of more than 8 bits of which the set fills less than a quarter has none
either (12 bits of data in 16): there the range runs from the smallest to the largest number found in the whole set.
In both cases equal numbers are equal greys.
"""

import numpy as np

FILLED = 1 / 4  # of the possible range; below it the images would be all but black


def shared(frames):
    """Black and white of every kind.

    Returns
    -------
    dict : kind -> (low, high), and the decisions as a list of sentences.
    """
    kinds, notes = {}, []
    for frame in frames:
        if frame.kind is not None:
            kinds.setdefault(frame.kind, []).append(frame)
    chosen = {}
    for kind, members in kinds.items():
        chosen[kind], why = _range(members)
        low, high = chosen[kind]
        notes.append(
            f"{len(members)} {kind[0] or 'other'} images without window: black {low:g}, white {high:g}, {why}"
        )
    return chosen, notes


def _range(members):
    found = _union([frame.found for frame in members if frame.found]) or (0.0, 0.0)
    if any(frame.possible is None for frame in members):
        return found, "the smallest and largest number found"
    low, high = _union([frame.possible for frame in members])
    few = members[0].kind[2] < 256 or found[0] == found[1]
    if few or found[1] - found[0] >= FILLED * (high - low):
        return (low, high), "what the stored type can hold"
    return found, "the smallest and largest number found"


def _union(pairs):
    return (min(low for low, _ in pairs), max(high for _, high in pairs)) if pairs else None


def to_unit(frame, ranges):
    """The frame's values as (h, w) float32 grey in [0, 1]; padding is black."""
    low, high = ranges.get(frame.kind, (0.0, 1.0))
    unit = np.clip((frame.values + (frame.offset - low)) / max(high - low, 1e-30), 0, 1)
    if frame.inverted:
        unit = 1 - unit
    if frame.padding is not None:
        unit = np.where(frame.padding, np.float32(0), unit)
    return unit.astype(np.float32)
