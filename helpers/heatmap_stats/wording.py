"""Numbers and sentences in reporting style."""

import math


def sentence(comparison):
    """A `Comparison` of independent values as one sentence, by Welch's t; careful where p is not below alpha."""
    (a, b), percent = comparison.names, level(comparison.alpha)
    sd = min(sd for sd in comparison.sds if sd > 0)
    unit = "" if comparison.unit == "images" else f" {comparison.unit}"
    arm_a, arm_b = (
        f"{name} (n = {n}{unit}, M = {number(mean, sd)}, SD = {number(own_sd, sd)})"
        for name, n, mean, own_sd in zip(comparison.names, comparison.n, comparison.means, comparison.sds)
    )
    low, high = (number(end, sd) for end in comparison.interval)
    of_g = comparison.g_interval
    figures = (
        f"difference {number(comparison.difference, sd)} ({b} - {a}), {percent} [{low}, {high}], "
        f"Welch t({comparison.welch_df:.1f}) = {comparison.welch_t:z.2f} ({a} - {b}), "
        f"{p_value(comparison.welch_p, comparison.alpha)}, Hedges' g = {comparison.g:z.2f}"
        + (f", {percent} [{of_g[0]:z.2f}, {of_g[1]:z.2f}]" if of_g else "")
    )
    if comparison.welch_p >= comparison.alpha:
        return (
            f"No difference was shown between {arm_b} and {arm_a}: {figures}; the data agree with every difference in "
            "the interval, which is not to say that there is none."
        )
    return f"{arm_b} {'exceeded' if comparison.difference > 0 else 'lay below'} {arm_a}: {figures}."


def p_value(p, alpha):
    """p with three decimals, with more where it would round to alpha; a small one as a power of ten too; never 0."""
    if p < 0.001:
        return f"p < .001 ({p:.1e})".replace("e-0", "e-") if p > 0 else "p < .001 (below 1e-307)"
    if p >= 0.9995:
        return "p > .999"
    digits = 3
    while p != alpha and float(f"{p:.{digits}f}") == alpha and digits < 12:
        digits += 1
    return f"p = {p:.{digits}f}".replace("0.", ".", 1)


def interval(ends):
    """[low, high], four digits each."""
    return "[not defined]" if ends is None else f"[{ends[0]:.4g}, {ends[1]:.4g}]"


def level(alpha):
    """What an interval at 1 - alpha is called: 95 % CI."""
    return f"{100 * (1 - alpha):g} % CI"


def number(value, sd):
    """A figure with as many decimals as show two digits of a standard deviation; very small and large ones as powers of ten."""
    decimals = 1 - math.floor(math.log10(sd))
    if -6 <= decimals <= 6 or not math.isfinite(value):
        return f"{value:z.{max(0, decimals)}f}"
    place = math.floor(math.log10(abs(value))) if value else -decimals
    return f"{value:z.{max(1, min(place + decimals, 16))}e}"
