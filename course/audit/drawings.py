"""Which figures an audit shows: the printed numbers beside what the others allow, drawn anew from the functions that checked them."""

import numpy as np

from course.audit.figures import Line, number_line
from helpers import audit

MOST_LINES = 12
BUDGET = 20_000_000  # steps of the search for matrices, a second or two
SYMBOLS = {"t": "t", "d": "Cohen's d", "g": "Hedges' g"}
OF_FITS = ("precision", "recall", "f1", "support", "accuracy", "averages", "decimals", "rounding")


def of(subjects):
    """The figures of a list of `checks.Subject`: a list of `figures.Figure`, empty where nothing can be drawn."""
    figures = []
    for one in subjects:
        found = DRAWN[one.check](one) if one.check in DRAWN else None
        figures += found if isinstance(found, list) else [found]
    return [figure for figure in [*figures, accuracies(subjects)] if figure]


def report(subject):
    """A report's accuracy: of the matrices that fit, expected by chance, printed in it, claimed beside it."""
    given = subject.given
    if given.get("support") is None:
        return None
    claims = {name: given.get(name) for name in ("accuracy", "averages")}
    asked = {name: given[name] for name in OF_FITS if name in given} | {"budget": BUDGET}
    fits = audit.confusion_from_report(**asked)
    if not fits.count and any(claims.values()):  # what the classes' rows alone allow
        fits = audit.confusion_from_report(**asked | {"accuracy": None, "averages": None})
    lines = []
    if fits.count:
        right, predicted = (np.array([example[i] for example in fits.examples]) for i in (0, 1))
        support = np.asarray(given["support"])
        agreement, expected = right.sum(1) / support.sum(), (predicted @ support) / support.sum() ** 2
        lines += [
            Line(f"{_matrices(fits)} the classes' rows", [(agreement.min(), agreement.max(), "allowed")]),
            Line("labels and predictions unrelated", [(expected.min(), expected.max(), "chance")]),
        ]
    printed = {"accuracy in the report": given["accuracy"]} if given.get("accuracy") is not None else {}
    for name, value in (printed | (given.get("beside") or {})).items():
        lines.append(Line(name, [(*_rounded(value, _decimals(given, name)), "printed")]))
    if len(lines) < 2 or not fits.count:
        return None
    return number_line(lines, f"{subject.name}: {_matrices(fits)} the classes' rows.", "accuracy, %")


def _matrices(fits):
    """ "4 confusion matrices fit"."""
    count = f"{fits.count:,}" if fits.count < 10**6 else f"{fits.count:.1e}"
    return f"{'' if fits.complete else 'at least '}{count} confusion {'matrix fits' if fits.count == 1 else 'matrices fit'}"


def averages(subject):
    """F1 beside what precision and recall allow it in each averaging, where none of them allows the printed one."""
    given, measures = subject.given, ("precision", "recall", "f1")
    if any(given.get(name) is None or np.isnan(given[name]) for name in measures):
        return None
    low, high = _rounded(given["f1"], given["decimals"]["f1"])
    lines = []
    for averaging in [given["averaging"]] if given["averaging"] else audit.AVERAGINGS:
        if averaging != "micro" and not given["support"]:
            return None
        allowed = audit.f1_bounds(
            given["precision"],
            given["recall"],
            averaging,
            given["support"],
            decimals=(given["decimals"]["precision"], given["decimals"]["recall"]),
        )
        if allowed[0] <= high and low <= allowed[1]:
            return None
        if not np.isnan(allowed).any():
            lines.append(Line(f"F1, {averaging} averages", [(*allowed, "allowed")]))
    if not lines:
        return None
    printed = Line("F1 as printed", [(low, high, "printed")])
    return number_line([*lines, printed], f"{subject.name}: no averaging allows the printed F1.", "F1, %")


def effects(subject):
    """Printed t, d and g, each beside those of both standard deviations: a list of figures."""
    return [
        _effect(subject, name, symbol)
        for name, symbol in SYMBOLS.items()
        if subject.given.get(name) is not None
    ]


def _effect(subject, name, symbol):
    given, printed = subject.given, subject.given[name]
    summary = {key: given[key] for key in ("mean_a", "sd_a", "n_a", "mean_b", "sd_b", "n_b")}
    sign = np.sign(printed) or 1.0  # signs of t, d and g are conventions
    values = {
        words: sign * abs(getattr(audit.effect_from_summary(**summary, sd_ddof=ddof), name))
        for ddof, words in ((0, "n"), (1, "n - 1"))
    }
    lines = [Line(f"SD divided by {words}", [(value, value, "allowed")]) for words, value in values.items()]
    lines.append(Line(f"{symbol} as printed", [(*_rounded(printed, given["decimals"][name]), "printed")]))
    nearest = min(values, key=lambda words: abs(values[words] - printed))
    found = f"{subject.name}: the printed {name} is nearest to that of SDs divided by {nearest}."
    return number_line(lines, found, symbol, percent=False)


def accuracies(subjects):
    """The accuracies of all models, beside that of always naming the largest class."""
    rows = [one for one in subjects if one.check == "audit_averages" and one.given.get("support")][
        :MOST_LINES
    ]
    lines = []
    for one in rows:
        printed = ({"accuracy": one.given["accuracy"]} if "accuracy" in one.given else {}) | (
            one.given.get("beside") or {}
        )
        label = f"{one.name}: {' and '.join(f'{100 * value:.4g}' for value in printed.values())} %"
        lines += [Line(label, [(value, value, "printed") for value in printed.values()])] if printed else []
    if len(lines) < 2:
        return None
    support = rows[0].given["support"]
    largest = max(support) / sum(support)
    lines = [Line("always naming the largest class", [(largest, largest, "chance")]), *lines]
    return number_line(
        lines,
        f"Accuracies as printed, beside {100 * largest:.1f} % for always naming the largest class.",
        "accuracy, %",
    )


def _rounded(value, decimals):
    """(low, high) of what is printed as `value`."""
    interval = audit.before_rounding(value, decimals, "nearest")
    return float(interval.low), float(interval.high)


def _decimals(given, name):
    return given["decimals"]["accuracy" if name == "accuracy in the report" else name]


DRAWN = {"audit_report": report, "audit_averages": averages, "audit_effects": effects}
