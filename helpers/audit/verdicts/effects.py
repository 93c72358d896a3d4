"""Findings about two groups' summary, and about means of whole numbers."""

from helpers.audit.counts import grim
from helpers.audit.effects import decimals_as_written, explained_by, possible_effects
from helpers.audit.findings import finding, gravest_first
from helpers.audit.power import power

GRIM = "N. J. L. Brown, J. A. J. Heathers, Social Psychological and Personality Science 8 (2017) 363-369"
COHEN = "J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, equation 2.5.2"
DIVISORS = {0: "n (ddof 0)", 1: "n - 1 (ddof 1)"}


def audit_effects(
    mean_a, sd_a, n_a, mean_b, sd_b, n_b, *, t=None, d=None, g=None, p=None, decimals=None, power_draws=100
):
    """Do printed t, d, g and p follow from the summary, and all from one standard deviation?

    Parameters
    ----------
    mean_a, sd_a, n_a, mean_b, sd_b, n_b, t, d, g, p : as printed, numbers or text ("0.0000"); None for what is not
        printed. Signs of t, d and g do not count.
    decimals : {name: printed decimals}; of what is not named, as the number is written.
    power_draws : as in `audit_report`.

    Returns
    -------
    list of Finding: A007 for each effect that no usual formula gives; A008 if each has one, but not the same SD; A303;
    A401.
    """
    summary = {"mean_a": mean_a, "sd_a": sd_a, "mean_b": mean_b, "sd_b": sd_b}
    printed = {name: value for name, value in {"t": t, "d": d, "g": g, "p": p}.items() if value is not None}
    if any(value is None for value in (*summary.values(), n_a, n_b)) or not printed:
        return [
            finding(
                "A401",
                "Two means, SDs and numbers of values, and one of t, d, g and p, are needed.",
                "Nothing.",
                "That the effects are right, or wrong.",
            )
        ]
    decimals = {name: decimals_as_written(value) for name, value in (summary | printed).items()} | (
        decimals or {}
    )
    numbers = {name: float(value) for name, value in (summary | printed).items()}
    n_a, n_b = int(n_a), int(n_b)
    groups = (numbers["mean_a"], numbers["sd_a"], n_a, numbers["mean_b"], numbers["sd_b"], n_b)
    ranges = possible_effects(*groups, decimals)
    explained = explained_by(groups, {name: numbers[name] for name in printed}, decimals)
    found = [_unexplained(name, printed[name], ranges) for name, ddofs in explained.items() if not ddofs]
    common = set.intersection({0, 1}, *(ddofs for ddofs in explained.values() if ddofs))
    if not common:
        found.append(_torn(printed, explained, ranges))
    if not found:
        found.append(_follow(printed, common, n_a, n_b, decimals, power_draws))
    return gravest_first(found)


def audit_mean(mean, n, *, decimals=2, items=1, rounding="any", power_draws=200):
    """A printed mean of whole numbers (`grim`): A006 or A304, with the power of the check."""
    possible = grim(mean, n, decimals, items=items, rounding=rounding)
    if not possible:
        return [
            finding(
                "A006",
                f"No sum of {n * items} whole numbers has the mean {mean} with {decimals} decimals.",
                "The mean, or n, is wrong, or the values are not whole numbers.",
                "Which of these.",
                GRIM,
            )
        ]
    evidence = f"Some sum of {n * items} whole numbers has the mean {mean}."
    if power_draws:
        share = power(
            "grim", n_draws=power_draws, n=n, items=items, decimals=decimals, rounding=rounding
        ).value
        evidence += (
            f" Of random means with a wrong digit the check calls {share:.0%} impossible."
            if share
            else " With so many values every mean is possible: the check could not have failed."
        )
    return [finding("A304", evidence, "The mean can be of whole numbers.", "That it is right.", GRIM)]


def _unexplained(name, value, ranges):
    allowed = "; ".join(
        f"SDs divided by {DIVISORS[ddof]}: {ranges[ddof][name][0][0]:.5g} to {ranges[ddof][name][0][1]:.5g}"
        for ddof in (0, 1)
    )
    return finding(
        "A007",
        f"{name} = {value} is printed. The summary gives, up to the sign, {allowed}.",
        f"{name}, or a number of the summary, is wrong, or {name} is of another formula.",
        "Which of these; a standard error printed as a standard deviation does this too.",
        COHEN,
    )


def _torn(printed, explained, ranges):
    parts = [
        f"{name} = {printed[name]} needs SDs divided by {' or '.join(DIVISORS[ddof] for ddof in sorted(ddofs))}"
        + "".join(f" ({DIVISORS[other]} gives {ranges[other][name][0][0]:.4f})" for other in {0, 1} - ddofs)
        for name, ddofs in explained.items()
        if len(ddofs) == 1
    ]
    return finding(
        "A008",
        "; ".join(parts) + ".",
        "One set of standard deviations cannot give both. The sample SD, divided by n - 1, is what t and d need; where the "
        "printed SDs were divided by n, the effect that needs n - 1 used the wrong one.",
        "That the difference between the groups is not there: it is hardly changed.",
        COHEN,
    )


def _follow(printed, common, n_a, n_b, decimals, draws):
    evidence = (
        f"{', '.join(printed)} follow from the summary with SDs divided by "
        f"{' or by '.join(DIVISORS[ddof] for ddof in sorted(common))}."
    )
    if draws and {"t", "d"} <= set(printed):
        found = power("effect", n_draws=draws, n_a=n_a, n_b=n_b, decimals=min(decimals["t"], decimals["d"]))
        evidence += f" Of {draws} random summaries with one wrong digit in t or d the check calls {found.value:.0%} impossible."
    return finding(
        "A303",
        evidence,
        "The effects are of these means and standard deviations.",
        "That the values are independent (several images of a patient are not), or that the difference matters.",
        COHEN,
    )
