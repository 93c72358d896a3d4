"""The result of a comparison, and how to report it."""

import html
from dataclasses import dataclass

from helpers.heatmap_stats import wording


@dataclass(frozen=True)
class Comparison:
    """Two groups a and b compared; prints as a table, `sentence()` as one sentence.

    Signs: difference, d, g and their intervals are b - a, positive where b is larger; t, welch_t are of a - b and u of a
    over b, as in SciPy. All p are two-sided. Intervals are (low, high) at 1 - alpha.

    n, means, sds : of a and of b; SDs with ddof 1. unit : "images" or "patients": what each value is.
    difference : mean b - mean a; interval: from Welch's t; bootstrap_interval: BCa, or None where it is undefined.
    t, df, p : Student. welch_t, welch_df, welch_p : Welch. u, u_p : Mann-Whitney. permutation_p : of the difference.
    d, d_interval : Cohen's d. g, g_interval : Hedges' g. Intervals BCa, or None.
    patients : Comparison of the patients' means, or None where no patients were given.
    icc, mean_cluster_size, design_effect : intra-class correlation within the arms (None where every patient has one
        image); images a patient, averaged over images (sum m^2 / sum m); 1 + (mean_cluster_size - 1) icc. None without
        patients.
    notes : texts, what could not be computed.
    """

    names: tuple
    unit: str
    n: tuple
    means: tuple
    sds: tuple
    difference: float
    interval: tuple
    bootstrap_interval: tuple | None
    t: float
    df: float
    p: float
    welch_t: float
    welch_df: float
    welch_p: float
    u: float
    u_p: float
    permutation_p: float
    d: float
    d_interval: tuple | None
    g: float
    g_interval: tuple | None
    alpha: float
    patients: "Comparison | None" = None
    icc: float | None = None
    mean_cluster_size: float | None = None
    design_effect: float | None = None
    notes: tuple = ()

    def sentence(self):
        """One sentence in reporting style, by Welch's t; of the patients' means where patients were given."""
        return wording.sentence(self if self.patients is None else self.patients)

    def __str__(self):
        rows = self._rows()
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([lines[0], "-" * len(max(lines, key=len)), *lines[1:], *self._footnotes()])

    def _repr_html_(self):
        def row(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        head, *body = self._rows()
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._footnotes())
        return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in body)}</table>{notes}"

    def _rows(self):
        """The table: a column of labels, one for the images and one for the patients where they were given."""
        a, b = self.names
        level = wording.level(self.alpha)
        columns = [self._column(a, b, level)]
        if self.patients is not None:
            columns.append(self.patients._column(a, b, level))
        rows = [(label, *(column[label] for column in columns)) for label in columns[0]]
        if self.patients is not None:
            icc = "-" if self.icc is None else f"{self.icc:.3f}"
            blank = ("",) * (len(columns) - 1)
            rows += [
                ("images a patient (averaged over images)", f"{self.mean_cluster_size:.2f}", *blank),
                ("intra-class correlation; design effect", f"{icc}; {self.design_effect:.2f}", *blank),
            ]
        return rows

    def _column(self, a, b, level):
        alpha = self.alpha
        column = {f"{b} against {a}": f"by {self.unit.removesuffix('s')}"}
        for name, n, mean, sd in zip(self.names, self.n, self.means, self.sds):
            column[name] = f"n = {n}, M = {mean:.4g}, SD = {sd:.4g}"
        return column | {
            f"difference ({b} - {a}), Welch {level}": f"{self.difference:.4g} {wording.interval(self.interval)}",
            f"bootstrap (BCa) {level} of it": wording.interval(self.bootstrap_interval),
            f"Student's t ({a} - {b})": f"t({self.df:g}) = {self.t:.4f}, {wording.p_value(self.p, alpha)}",
            f"Welch's t ({a} - {b})": f"t({self.welch_df:.1f}) = {self.welch_t:.4f}, {wording.p_value(self.welch_p, alpha)}",
            f"Mann-Whitney U (of {a})": f"{self.u:g}, {wording.p_value(self.u_p, alpha)}",
            "permutation of the difference": wording.p_value(self.permutation_p, alpha),
            f"Cohen's d ({b} - {a}), {level}": f"{self.d:.4f} {wording.interval(self.d_interval)}",
            f"Hedges' g ({b} - {a}), {level}": f"{self.g:.4f} {wording.interval(self.g_interval)}",
        }

    def _footnotes(self):
        a, b = self.names
        signs = f"Signs: t is of {a} - {b}; difference, d and g are of {b} - {a}. All p are two-sided."
        return [signs, *self.notes, *(self.patients.notes if self.patients is not None else ())]
