"""Patients, none of them missing."""

import numpy as np

# Also as text: what str() makes of a missing patient, and what tables hold in place of one.
MISSING = ("", "none", "nan", "nat", "<na>", "na", "n/a", "#n/a", "null", "unknown")


def patients(groups, n=None, name="groups"):
    """The patient (or scan, or fold) of each image; none may be missing, for all that are would become one patient.

    Parameters
    ----------
    groups : (n,) texts or numbers. n : how many are expected; None: any number. name : what the error calls them.

    Returns
    -------
    (n,) of the type given; texts where types are mixed.

    Raises
    ------
    ValueError : None, NaN, NA, empty or masked among them, another shape.
    """
    groups = np.asarray(groups, object) if isinstance(groups, (list, tuple)) else unmasked(groups)
    groups = groups.astype(str) if groups.dtype.kind == "S" else groups
    if groups.ndim != 1 or (n is not None and len(groups) != n):
        wanted = "one for each image, (n,)" if n is None else f"one for each of the {n} images"
        raise ValueError(f"expected {name}, {wanted}; got shape {groups.shape}")
    told = groups.astype(str) if groups.dtype.kind in "mM" else groups
    missing = [k for k, group in enumerate(told.tolist()) if str(group).strip().lower() in MISSING]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(groups)} images have no entry in {name} (None, NaN or empty text), the first is "
            f"image {missing[0]}: together they would count as one. Leave these images out, or give each its own"
        )
    return plain(groups) if plain(groups).dtype.kind in "iufbU" else groups.astype(str)


def unmasked(values):
    """As an array; None where entries of a masked array are masked."""
    if not (isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values)):
        return np.asarray(values)
    entries = values.data.astype(object)
    entries[np.ma.getmaskarray(values)] = None
    return entries


def plain(values):
    """As an array; where Python objects hide whole numbers, truth values or text, of that type."""
    try:
        values = unmasked(values)
        return np.asarray(values.tolist()) if values.dtype == object else values
    except ValueError as error:
        raise ValueError(f"expected an array of one shape; got rows of different lengths ({error})") from None
