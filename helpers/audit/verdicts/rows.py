"""Findings about a row of averaged figures."""

from helpers.audit.averages import accuracy_bounds
from helpers.audit.chance import majority_row
from helpers.audit.exclusions import READINGS, SLACK, WORDS, possible_readings
from helpers.audit.findings import finding, gravest_first
from helpers.audit.power import power
from helpers.audit.printed import counts, decimals_by_name, interval, share
from helpers.audit.rounding import throughout
from helpers.audit.verdicts.ignorance import largest_class_alone, macro_recall_of_chance

OPITZ = "J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv 1911.03347 (2019)"


def audit_averages(
    precision=None,
    recall=None,
    f1=None,
    accuracy=None,
    *,
    averaging=None,
    support=None,
    classes=None,
    beside=None,
    decimals=4,
    rounding="any",
    power_draws=100,
):
    """Findings about one row of averaged figures: is there an averaging that gives it, and is it above chance?

    Parameters
    ----------
    precision, recall, f1, accuracy : shares as printed, or None.
    averaging : "macro", "weighted", "micro", "one class"; None where it is not told: all are tried.
    support : (k,) images per class, or None. classes : number of classes, where the support is not known.
    beside : {name: accuracy} printed elsewhere for the same images. decimals, rounding, power_draws : as in `audit_report`;
        a number, or {"precision": 4, "accuracy": 4, name: 4 ...}.

    Returns
    -------
    list of Finding: A001 (two classes), A002, A003, A004, A102, A103, A202, A302, A401, A403.
    """
    given = decimals if isinstance(decimals, dict) else {}
    decimals = decimals_by_name(4 if given else decimals) | given
    row = {"precision": precision, "recall": recall, "f1": f1, "accuracy": accuracy}
    row = {name: value for name, value in row.items() if share(value, name, decimals[name]) is not None}
    support = None if support is None else counts(support)
    classes = len(support) if support is not None else classes
    if len(row) < 2:
        return [
            finding(
                "A401",
                f"Only {', '.join(row) or 'nothing'} is given.",
                "Nothing.",
                "That the row is right, or wrong.",
            )
        ]
    possible, why = possible_readings(row, averaging, support, classes, decimals, rounding)
    found = []
    always = largest_class_alone(row, support, decimals, rounding)
    if always:
        found += always
    elif not possible:
        found.append(_impossible(row, why))
    else:
        found += _below_both(row, possible)
        found += macro_recall_of_chance(row, possible, support, classes, decimals, rounding)
    found += _beside(row, beside, possible, always, support, decimals, rounding)
    if averaging is None and not {one.severity for one in found} & {"at chance"} and possible:
        found.append(_not_told(possible, why))
    if all(one.severity == "not applicable" for one in found):
        found.append(_consistent(row, possible, support, decimals, rounding, power_draws))
    return gravest_first(found)


def _impossible(row, why):
    """A003 if F1 already excludes every reading, else A004; A001 if that took all matrices of two classes."""
    reasons = "; ".join(f"{WORDS[name]}: {', '.join(reason.values())}" for name, reason in why.items())
    code = "A003" if all("f1" in reason for reason in why.values()) else "A004"
    code = "A001" if any("matrix" in reason for reason in why.values()) else code
    printed = ", ".join(f"{name} {value}" for name, value in row.items())
    return finding(
        code,
        f"Printed: {printed}. As {reasons}.",
        "No usual averaging of one set of predictions gives this row. Probably its numbers were averaged in different ways, "
        "or are of different predictions.",
        "Which number is wrong; and nothing about the model.",
        OPITZ,
    )


def _below_both(row, possible):
    """A202: only averages can have an F1 below both."""
    if not {"precision", "recall", "f1"} <= set(row) or row["f1"] >= min(row["precision"], row["recall"]):
        return []
    return [
        finding(
            "A202",
            f"F1 {row['f1']} lies below precision {row['precision']} and recall {row['recall']}.",
            "An average can do this only if some class has more precision than recall and another less.",
            "That the row is wrong: " + ", ".join(WORDS[name] for name in possible) + " would allow it.",
            OPITZ,
        )
    ]


def _not_told(possible, why):
    excluded = "; ".join(
        f"{WORDS[name]} are excluded ({', '.join(reason.values())})" for name, reason in why.items()
    )
    return finding(
        "A403",
        f"Not told is what was averaged, and how. Possible: {', '.join(WORDS[name] for name in possible)}."
        + (f" {excluded[0].upper()}{excluded[1:]}." if excluded else ""),
        "Recall cannot be compared with a level of chance; and what excludes an averaging may itself be of other predictions.",
        "That the row is right, or wrong.",
        OPITZ,
    )


def _beside(row, beside, possible, always, support, decimals, rounding):
    """A002 for every accuracy printed elsewhere that the row's recall excludes under all readings left."""
    found = []
    for name, value in (beside or {}).items():
        places = decimals.get(name, 4)
        if always:
            allowed = [(majority_row(support).accuracy,) * 2]
        elif support is None or "recall" not in row or any(READINGS[one][1] is None for one in possible):
            continue
        else:
            allowed = [
                accuracy_bounds(
                    row["recall"], READINGS[one][1], support, decimals=decimals["recall"], rounding=rounding
                )
                for one in possible or ("macro", "weighted")
            ]
        ends = [interval(value, places, way) for way in throughout(rounding)]
        low, high = min(low for low, _ in allowed), max(high for _, high in allowed)
        if any(one.high >= low - SLACK and one.low <= high + SLACK for one in ends):
            continue
        found.append(
            finding(
                "A002",
                f"{name}: {value}. Beside this row an accuracy can lie between {low:.4f} and {high:.4f}.",
                "The row and this accuracy are not of the same predictions of these images.",
                "Which of the two is wrong; they may come from other images, another network, or labels in another order.",
                "A macro recall R of k classes is at best k R of the largest classes recognised whole",
            )
        )
    return found


def _consistent(row, possible, support, decimals, rounding, draws):
    evidence = f"Possible as {', '.join(WORDS[name] for name in possible)}."
    if draws and support is not None and possible[0] in ("macro", "weighted", "one class") and len(row) == 4:
        found = power(
            "averages",
            n_draws=draws,
            support=support,
            averaging=possible[0],
            decimals=decimals,
            rounding=rounding,
        )
        evidence += f" Of {draws} random rows of this shape with one wrong digit the check calls {found.value:.0%} impossible."
    elif draws:
        evidence += " How often the check would have found a wrong digit is not known without support, or with fewer columns."
    return finding(
        "A302",
        evidence,
        "The numbers can be averages of one set of predictions.",
        "That they are right. Averages leave much room: ask for the rows of the classes.",
        OPITZ,
    )
