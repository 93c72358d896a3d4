"""What can a row of precision, recall, F1 and accuracy be the average of?"""

from helpers.audit.averages import accuracy_bounds, f1_bounds
from helpers.audit.printed import AVERAGINGS, COLUMNS, interval
from helpers.audit.reports import confusion_from_report
from helpers.audit.rounding import throughout

# Which formula a reading takes for F1, and which for recall; (f1_bounds, accuracy_bounds).
READINGS = {
    "macro": ("macro", "macro"),
    "weighted": ("weighted", "weighted"),
    "micro": ("micro", "micro"),
    "harmonic": (None, "macro"),
    "one class": (None, None),
}
WORDS = {
    "macro": "macro averages",
    "weighted": "averages weighted by support",
    "micro": "micro averages",
    "harmonic": "macro averages whose F1 is their harmonic mean",
    "one class": "figures of one class",
}
SLACK = 1e-12  # of the floats in which bounds are computed


def readings(averaging, classes):
    """The readings to try: the one that is told, or all that are usual."""
    if averaging is None:
        return [name for name in READINGS if name != "one class" or classes in (None, 2)]
    if averaging == "macro":
        return ["macro", "harmonic"]
    if averaging not in READINGS:
        raise ValueError(f"averaging must be one of {', '.join(READINGS)} or None, not {averaging!r}")
    return [averaging]


def exclusions(row, reading, support, classes, decimals, way):
    """Why a row cannot be read so under one rounding: {"f1", "accuracy" or "matrix": a phrase}, empty if it can.

    Parameters
    ----------
    row : {"precision", "recall", "f1", "accuracy": printed share}; what is missing or None is not looked at.
    reading : key of READINGS. support : (k,) int or None. classes : int or None. decimals : {name: decimals}.
    way : one rounding, not "any".
    """
    for_f1, for_accuracy = READINGS[reading]
    row = {name: value for name, value in row.items() if value is not None}
    printed = {name: interval(value, decimals[name], way) for name, value in row.items()}
    found = {}
    if {"precision", "recall", "f1"} <= set(row):
        low, high = f1_bounds(
            row["precision"], row["recall"], for_f1, support, classes=classes,
            decimals=(decimals["precision"], decimals["recall"]), rounding=way,
        )  # fmt: skip
        if low != low:
            found["f1"] = "precision and recall differ"
        elif printed["f1"].high < low - SLACK or printed["f1"].low > high + SLACK:
            found["f1"] = f"F1 would lie between {low:.5f} and {high:.5f}"
    if {"recall", "accuracy"} <= set(row) and for_accuracy is not None:
        found |= _accuracy(row, printed, for_accuracy, support, decimals, way)
    if not found and support is not None and len(support) == 2:
        found |= _two_classes(row, reading, support, decimals, way)
    return found


def _accuracy(row, printed, averaging, support, decimals, way):
    """Whether recall, averaged so, excludes the accuracy."""
    if averaging in ("weighted", "micro"):
        both = printed["recall"].meets(printed["accuracy"])
        n = None if support is None else int(support.sum())
        if both is None or (n and both.whole(n)[0] > both.whole(n)[1]):
            return {"accuracy": f"recall, {row['recall']}, would be the accuracy"}
    elif support is not None:
        low, high = accuracy_bounds(
            row["recall"], "macro", support, decimals=decimals["recall"], rounding=way
        )
        if printed["accuracy"].high < low - SLACK or printed["accuracy"].low > high + SLACK:
            return {"accuracy": f"accuracy would lie between {low:.4f} and {high:.4f}"}
    return {}


def _two_classes(row, reading, support, decimals, way):
    """Of two classes all matrices can be looked at."""
    scores = {name: value for name, value in row.items() if name != "accuracy"}
    asked = {"support": support, "accuracy": row.get("accuracy"), "rounding": way, "limit": 0}
    places = decimals | dict.fromkeys(AVERAGINGS, {name: decimals[name] for name in COLUMNS})
    if reading == "one class":
        tables = [{name: [value, None][::order] for name, value in scores.items()} for order in (1, -1)]
    elif reading == "harmonic":
        tables = [{"averages": {"macro": {name: value for name, value in scores.items() if name != "f1"}}}]
    else:
        tables = [{"averages": {reading: scores}}]
    for table in tables:
        fits = confusion_from_report(**table, **asked, decimals=places)
        if fits.count or not fits.complete:
            return {}
    return {"matrix": f"none of the confusion matrices of {support[0]} and {support[1]} images gives it"}


def possible_readings(row, averaging, support, classes, decimals, rounding):
    """The readings that some rounding leaves open, and {reading: why not} of the others, under the first rounding."""
    possible, why = [], {}
    for reading in readings(averaging, classes):
        reasons = [exclusions(row, reading, support, classes, decimals, way) for way in throughout(rounding)]
        if all(reasons):
            why[reading] = reasons[0]
        else:
            possible.append(reading)
    return possible, why
