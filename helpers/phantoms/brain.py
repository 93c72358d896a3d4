"""Head CT phantom: axial slices in Hounsfield units (HU), without or with a mild or severe infection.

Synthetic, and good for nothing clinical. An infection is one or more small abscesses (fluid core, thin rim
that takes up contrast agent) in a swamp of vasogenic oedema (dark, follows the white matter in fingers). Its
extent makes the grade, and with it comes the number of abscesses (mild 1 or 2, severe 3 to 5). With e = lesion
volume / brain volume over a patient's slices (oedema, rims and cores against everything inside the pial surface):

    None: e = 0        Mild: 0 < e < 0.08        Severe: e >= 0.08

Extents are drawn from 0.03 to 0.07 and from 0.11 to 0.24, so no patient lies near the border. Patients of
every class may have what radiologists learn to ignore: chalk in the pineal gland and the choroid plexus,
uneven ventricles, pale white matter around them, an old infarct. Class counts follow the training part of a
public three-class set (1,038 none, 1,406 mild, 114 severe).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import fft

from helpers.phantoms.canvas import Canvas, correlated_noise
from helpers.phantoms.plan import ct_patients

CLASS_NAMES = ("None", "Mild", "Severe")
PUBLISHED_COUNTS = (1038, 1406, 114)

GRADE_THRESHOLD = 0.08  # lesion volume over brain volume: Mild below, Severe from here on
EXTENT = {"None": (0.0, 0.0), "Mild": (0.030, 0.070), "Severe": (0.11, 0.24)}

# How often a patient of each class receives contrast agent.
CONTRAST_INDEPENDENT = dict.fromkeys(CLASS_NAMES, 0.5)
CONTRAST_CONFOUNDED = {"None": 0.1, "Mild": 0.85, "Severe": 0.95}

# HU without contrast agent, and what a full dose adds.
TISSUE_HU = {
    "skin": (45, 5),
    "fat": (-90, 0),
    "table": (1250, 0),
    "diploe": (650, 0),
    "csf": (7, 0),
    "grey": (38, 4),
    "white": (28, 2),
    "falx": (52, 25),
    "sinus": (52, 75),
    "vessel": (42, 90),
    "plexus": (32, 40),
    "chalk": (260, 0),
    "rim": (22, 58),
    "holder": (-250, 0),
}

ACROSS = np.mgrid[-16:17, 0:17]  # waves across the field of view, down and to the right, in `_waves`
LENGTH = np.hypot(*ACROSS)


@dataclass(frozen=True)
class BrainCohort:
    """What the phantom knows of its patients.

    hu : (n, size, size) float32, Hounsfield units. labels : (n,) int, index into `CLASS_NAMES`.
    groups : (n,) str, patient. masks : (n, size, size) bool, the lesion: oedema, rims and cores.
    organs : (n, size, size) bool, the brain with its ventricles. contrast : (n,) bool, agent given.
    """

    hu: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    masks: np.ndarray
    organs: np.ndarray
    contrast: np.ndarray


def cohort(n_images=1280, slices_per_patient=10, size=96, seed=7, contrast_confounder=False):
    """Draw a cohort of patients, each with several neighbouring slices; every slice of an infection shows it.

    Parameters
    ----------
    n_images : slices in all; classes get them in the published proportions.
    slices_per_patient : mean number; patients have between half and one and a half times as many.
    size : pixels along each side of a slice; the field of view is fitted to the head.
    seed : integer; the same seed gives the same cohort on every machine to float32 rounding.
    contrast_confounder : False: half of the patients of each class receive contrast agent. True: it goes with
        the class, as where only suspected infections are scanned with agent.

    Returns
    -------
    BrainCohort, ordered by patient and, within a patient, from the crown down.

    Raises
    ------
    ValueError if a class would have fewer than 3 patients (one each to train, validate and test on).
    """
    known, (hu, masks, organs) = ct_patients(
        CLASS_NAMES,
        PUBLISHED_COUNTS,
        n_images,
        slices_per_patient,
        CONTRAST_CONFOUNDED if contrast_confounder else CONTRAST_INDEPENDENT,
        seed,
        lambda name, n_slices, contrast, rng: _patient(name, n_slices, contrast, size, rng),
    )
    return BrainCohort(hu=hu, masks=masks, organs=organs, **known)


def _patient(name, n_slices, contrast, size, rng):
    """One patient's slices in HU, lesion masks and brain masks, each (n, size, size)."""
    # Every draw is made with and without agent, so that cohorts which differ in it share all else.
    u = rng.uniform
    dose = u(0.85, 1.15) * contrast
    reach = u(14, 22)
    z = u(16, 32) + np.linspace(reach, -reach, n_slices)  # mm above the pineal gland
    extent = np.exp(u(*np.log(EXTENT[name]))) if name != "None" else 0.0
    side = rng.choice([-1, 1])

    head = _Head(z, dose, side * min(40 * extent, 6) * u(0, 1), size, rng)
    head.draw_all()
    masks = np.zeros(head.brain.shape, bool)
    if extent:
        masks = _infect(head, extent, side, rng)
    noise = u(3, 4.2) * correlated_noise(masks.shape, rng, peak=u(0.16, 0.26))
    return np.maximum(head.canvas.hu + noise, -1024), masks, head.brain


def _infect(head, extent, side, rng):
    """Paint the infection, `extent` of the brain's volume, and return its mask."""
    u, canvas, z = rng.uniform, head.canvas, head.z
    n_foci = 1 + rng.binomial(1, 0.35) if extent < GRADE_THRESHOLD else rng.integers(3, 6)
    area = head.brain.sum(axis=(1, 2))
    # Abscesses fill less than half of the lesion; what is left of it is oedema.
    weight = u(0.5, 1, n_foci)
    radii = np.sqrt(u(0.25, 0.45) * extent * area.mean() * weight / weight.sum() / np.pi) * canvas.pixel

    allowed = head.brain & (head.fluid < 0.4)
    field = np.full(canvas.hu.shape, -np.inf, np.float32)  # mm; the lesion is where it is highest
    abscesses = []
    heights = rng.permutation(np.linspace(0.8, 0.2, n_foci) if n_foci > 1 else [0.5])
    for number, (radius, height) in enumerate(zip(radii, heights)):
        flank = side if number < 2 else rng.choice([-1, 1])
        angle, place = u(-1.15, 1.15), u(0.50, 0.74)
        x, y = flank * head.a.min() * place * np.cos(angle), head.b.min() * place * np.sin(angle)
        up = z[-1] + (height + u(-0.15, 0.15)) * (z[0] - z[-1])
        away = np.sqrt((canvas.x - x) ** 2 + (canvas.y - y) ** 2 + (0.4 * (z - up)[:, None, None]) ** 2)
        away += 2 * np.maximum(-flank * canvas.x, 0)  # the falx holds it back
        np.maximum(field, 1.5 * radius - away, out=field)

        tall = radius * u(1.5, 2.5)
        section = radius * np.sqrt(np.clip(1 - ((z - up) / tall) ** 2, 0, 1))
        shape, turn, rim = u(0.75, 1.0), u(0, np.pi), u(1.8, 2.8)
        outer = canvas.ellipse((x, y), (section, section * shape), turn)
        inner = np.maximum(section - rim, 0)
        core = canvas.ellipse((x, y), (inner, inner * shape), turn)
        abscesses.append((outer, head.hu["rim"] + u(-6, 10) * head.dose, core, u(9, 14)))

    # Fingers: oedema creeps along white matter and spares the cortex.
    field += u(6, 11) * head.white + u(2, 4) * _waves(canvas, z, (14, 30), rng)[0]
    for outer, _, _, _ in abscesses:
        field[:, *outer.window][outer.coverage >= 0.5] = 99
    field[~allowed] = -np.inf

    # The slices share out the volume: more in the middle of the lesion, some on each of them.
    profile = 1 + 0.35 * np.cos(np.linspace(-1, 1, len(z)) * u(1.5, 3) + u(-0.8, 0.8))
    pixels = np.maximum(np.round(extent * area.sum() * profile * area / (profile * area).sum()), 1).astype(
        int
    )
    level = np.array([np.sort(f, axis=None)[-n] for f, n in zip(field, pixels)])[:, None, None]
    masks = field >= level

    swollen = np.clip(0.5 + (field - level) / u(4, 9), 0, 1) * (1 - head.fluid)
    canvas.hu -= u(12, 16) * swollen * (0.35 + 0.65 * head.white)
    for outer, rim, core, pus in abscesses:
        canvas.paint(outer, rim, within=head.solid)
        canvas.paint(core, pus, within=head.solid)
    return masks


class _Head:
    """A head on its canvas, with what the lesions need to know of it.

    a, b : semi-axes of the brain in each slice, mm. brain : bool, inside the pial surface. white : share of
    white matter, fluid : share of CSF, solid : share of brain that is not CSF; all (n, size, size).
    """

    def __init__(self, z, dose, midline_shift, size, rng):
        u = rng.uniform
        self.z, self.dose, self.rng = z, dose, rng
        self.age = u(0, 1)  # young adult to very old
        self.hu = {tissue: plain + dose * uptake for tissue, (plain, uptake) in TISSUE_HU.items()}
        for tissue, spread in {"table": 200, "diploe": 150, "csf": 4, "grey": 1.5, "white": 1.5}.items():
            self.hu[tissue] += u(-spread, spread)
        section = np.sqrt(1 - (np.clip(z - 8, 0, None) / u(82, 92)) ** 2)
        self.a, self.b = u(64, 71) * section, u(80, 89) * section
        self.bone, self.scalp = u(5.5, 8.5), u(4, 8)
        egg, turn, lean = u(0.04, 0.13), u(-0.13, 0.13), u(-0.1, 0.1)
        x0, y0 = u(-5, 5), u(-6, 6)  # where the head lies
        waves = [(u(0, 2 * np.pi), u(0, 2 * np.pi), u(0.3, 1.4)) for _ in range(2)]
        depth = z[:, None, None] - z.mean()

        def shift(x, y):
            px, py = (
                np.cos(turn) * (x - x0) + np.sin(turn) * (y - y0),
                np.cos(turn) * (y - y0) - np.sin(turn) * (x - x0),
            )
            px, py = px + lean * depth * 0.4, py + lean * depth
            bent = px * (1 - egg * py / 90)
            bent = bent - midline_shift * np.exp(-((px / 40) ** 2) - ((py - 5) / 45) ** 2)
            wobble = sum(w * np.sin((k + 1) * py / 45 + p + depth / 50) for k, (p, _, w) in enumerate(waves))
            nod = sum(w * np.sin((k + 1) * px / 45 + q - depth / 50) for k, (_, q, w) in enumerate(waves))
            return bent + wobble - x, py + nod - y

        reach = self.b.max() + self.bone + self.scalp
        self.canvas = Canvas(len(z), size, 2 * reach * u(1.07, 1.13), shift)

    def draw(self, tissue, center, semi_axes, angle=0.0, within=None, add=0.0):
        region = self.canvas.ellipse(center, semi_axes, angle)
        self.canvas.paint(region, self.hu[tissue] + add, within)
        return region

    def cut(self, middle, height, roll=0.0):
        """Relative width, slice by slice, of something with this middle and half height along z."""
        return np.sqrt(np.maximum(1 - ((self.z + roll - middle) / height) ** 2, 0))

    def draw_all(self):
        self._shell()
        self._cortex()
        self._deep_grey_and_ventricles()
        self._vessels()

    def _shell(self):
        """Head holder, scalp and skull; what is inside is fluid for now."""
        u, a, b = self.rng.uniform, self.a, self.b
        t, s = self.bone, self.scalp
        cup, thick = b.max() + t + s, u(3, 6)
        within = np.broadcast_to(self.canvas.y > u(0.1, 0.4) * cup, self.canvas.hu.shape).astype(np.float32)
        present = self.rng.random() < 0.7
        self.draw("holder", (0, 6), (present * (cup + thick), present * (cup + thick)), within=within)
        self.canvas.paint(self.canvas.ellipse((0, 6), (present * cup, present * cup)), -1000.0, within)
        self.draw("skin", (0, 0), (a + t + s, b + t + s))
        self.draw("fat", (0, 0), (a + t + s - 2, b + t + s - 2))
        self.draw("table", (0, 0), (a + t, b + t))
        self.draw("diploe", (0, 0), (a + 0.68 * t, b + 0.68 * t))
        self.draw("table", (0, 0), (a + 0.34 * t, b + 0.34 * t))
        self.inside = self.canvas.whole(self.draw("csf", (0, 0), (a, b)))

    def _cortex(self):
        """Grey ribbon along surface, sulci and midline; white matter below it."""
        u, canvas, z = self.rng.uniform, self.canvas, self.z
        a, b = self.a[:, None, None], self.b[:, None, None]
        gap = u(0.6, 1.2) + 2.2 * self.age**2 * u(0.6, 1.2)  # between skull and brain, mm
        furrow = u(0.3, 0.6) + 0.9 * self.age**2 * u(0.6, 1.2)  # half width of a sulcus, mm
        ribbon = u(3.0, 4.2)
        depth = (1 - np.hypot(canvas.x / a, canvas.y / b)) * np.sqrt(a * b)
        wave, slope = _waves(canvas, z, (26, 44), self.rng)
        sulcus = np.abs(wave) / (slope + 0.02) + np.maximum(depth - u(15, 21), 0)
        # Between the hemispheres, except where the corpus callosum joins them.
        bridge = u(40, 46) * self.cut(10, 34)[:, None, None]
        midline = np.abs(canvas.x) + np.maximum(bridge - np.abs(canvas.y - 4), 0)

        def closer_than(extra):
            shares = (
                np.clip(0.5 + (gap + extra - depth) / canvas.pixel, 0, 1),
                _slab(sulcus, furrow + extra, canvas.pixel),
                _slab(midline, furrow + 0.4 + extra, canvas.pixel),
            )
            return 1 - math.prod(1 - share for share in shares)

        self.fluid = closer_than(0)
        self.white = (1 - closer_than(ribbon)) * self.inside
        self.brain = (self.inside >= 0.5) & (depth >= gap)
        grey = self.hu["grey"] + (self.hu["white"] - self.hu["grey"]) * self.white
        content = grey + self.fluid * (self.hu["csf"] - grey)
        falx = 0.8 * _slab(midline, 0.8, canvas.pixel)
        content += falx * (self.hu["falx"] - content)
        canvas.hu += self.inside * (content - self.hu["csf"])

    def _deep_grey_and_ventricles(self):
        u, rng = self.rng.uniform, self.rng
        wide = u(0.6, 0.9) + 0.75 * self.age**1.5 * u(0.6, 1.2)
        roll, uneven = u(-4, 4), u(-0.18, 0.18) * (1 + (rng.random() < 0.15))
        drawn, chambers = [], []
        pale, halo = u(2, 6) * (u(0, 1) < 0.15 + 0.6 * self.age), u(3, 8)  # small-vessel disease
        chalky, lump, plexus = rng.random(2) < 0.45, u(1.6, 3.2, 2), u(2.5, 4.5)
        for k, sign in enumerate((-1, 1)):
            v = wide * (1 + sign * uneven)
            fissure = (sign * (self.a - 9), -12)
            open_ = self.cut(0, u(14, 20), sign * roll)
            drawn.append(("grey", fissure, (15 * open_, 6.5 * open_), sign * 0.25))
            chambers.append((fissure, ((10 + 3 * self.age) * open_, (1 + 2 * self.age) * open_), sign * 0.25))

            deep = self.cut(8, 17, sign * roll)
            drawn += [
                ("grey", (sign * (15 + 5 * v), -22), (4.5 * deep, 10 * deep), sign * 0.4),
                ("grey", (sign * (9 + 2 * v), 9), (7.5 * deep, 13 * deep), sign * -0.45),
                ("grey", (sign * 29, -4), (6.5 * deep, 17 * deep), sign * 0.15),
            ]
            front, body = self.cut(14, 17, sign * roll), self.cut(25, 14, sign * roll)
            back = self.cut(11, 16, sign * roll)
            chambers += [
                ((sign * (5 + 5 * v), -25), (4.2 * v * front, 14 * front), sign * 0.38),
                ((sign * (6 + 6 * v), 2), (5.2 * v * body, 31 * body), sign * -0.14),
                ((sign * (21 + 4 * v), 33), (5.0 * v * back, 14 * back), sign * -0.35),
            ]
        slit, cistern = self.cut(0, 13), self.cut(-4, 12)
        chambers += [
            ((0, 4), (2.4 * wide * slit, 13 * slit), 0.0),
            ((0, 27), (10 * cistern, 4.5 * cistern), 0.0),
        ]

        canvas, solid = self.canvas, self.inside * (1 - self.fluid)
        for tissue, center, semi_axes, angle in drawn:
            region = self.draw(tissue, center, semi_axes, angle, within=solid)
            self.white[:, *region.window] *= 1 - region.coverage
        for center, (p, q), angle in chambers:
            if pale and abs(center[1]) > 24 and np.ndim(center[0]) == 0 and center[0]:  # caps on the horns
                cap = canvas.ellipse(center, (p + halo * (p > 0), q + halo * (q > 0)), angle)
                canvas.hu[:, *cap.window] -= pale * cap.coverage * self.white[:, *cap.window]
        for center, semi_axes, angle in chambers:
            region = self.draw("csf", center, semi_axes, angle, within=self.inside)
            window = (slice(None), *region.window)
            self.fluid[window] = np.maximum(self.fluid[window], region.coverage)
        self._old_infarct()
        for k, sign in enumerate((-1, 1)):
            ball = self.cut(13, 8, sign * roll)
            place = (sign * (21 + 4 * wide), 29)
            self.draw("plexus", place, (plexus * wide * ball, plexus * ball), within=self.inside)
            chalk = lump[k] * chalky[k] * self.cut(12, 7, sign * roll)
            self.draw("chalk", place, (chalk, chalk), within=self.inside, add=u(-120, 60))
        pineal = u(1.2, 2.6) * (rng.random() < 0.6) * self.cut(0, 6)
        self.draw("chalk", (0, 20), (pineal, pineal), add=u(-120, 60))
        self.solid = self.inside * (1 - self.fluid)

    def _old_infarct(self):
        """A scar of nearly fluid density, in a few of the old: round in the depth or a patch of cortex."""
        u = self.rng.uniform
        present, cortical = self.rng.random() < 0.05 + 0.15 * self.age, self.rng.random() < 0.4
        sign, angle = self.rng.choice([-1, 1]), u(-1.2, 1.2)
        place, radius, height = (
            (u(0.8, 0.92), u(5, 10), u(8, 20)) if cortical else (u(0.3, 0.5), u(2, 4), u(4, 9))
        )
        cut = present * radius * self.cut(u(self.z.min(), self.z.max()), height)
        center = (sign * place * self.a.min() * np.cos(angle), place * self.b.min() * np.sin(angle))
        region = self.draw(
            "csf", center, (cut, cut * u(0.6, 1)), u(0, np.pi), within=self.inside, add=u(0, 6)
        )
        self.white[:, *region.window] *= 1 - region.coverage
        self.fluid[:, *region.window] = np.maximum(self.fluid[:, *region.window], region.coverage)

    def _vessels(self):
        """Venous sinus at the ends of the midline, arteries near the surface: they shine with agent."""
        u = self.rng.uniform
        bore = u(2.2, 3.8)
        self.draw("sinus", (0, self.b - 3), (bore, bore))
        self.draw("sinus", (0, 2 - self.b), (0.6 * bore, 0.6 * bore))
        for _ in range(7):
            turn, slope, bore = u(0, 2 * np.pi), u(-0.012, 0.012), u(0.5, 1.1)
            angle, place = turn + slope * (self.z - 20), u(0.72, 0.97)
            self.draw(
                "vessel", (place * self.a * np.cos(angle), place * self.b * np.sin(angle)), (bore, bore)
            )


def _slab(distance, half_width, pixel):
    """Share of a pixel, whose centre is `distance` >= 0 from the middle of a slab, that the slab covers."""
    near, far = np.minimum(pixel / 2 - distance, half_width), np.minimum(distance + pixel / 2, half_width)
    return np.clip((near + far) / pixel, 0, 1)


def _waves(canvas, z, lengths, rng):
    """A smooth random field of unit variance and the size of its slope in the plane (per mm).

    A sum of plane waves with wavelengths in the range `lengths` (mm); it changes slowly along z. Summed by
    Fourier transform: many small matrix products keep the threads of the algebra library waiting.
    """
    size = len(canvas.axis)
    ky, kx = ACROSS
    k = LENGTH / (size * canvas.pixel)
    weights = rng.standard_normal((2, *k.shape))
    drift = 0.35 * rng.uniform(-1, 1, k.shape) * k
    used = (k * min(lengths) < 1) & (k * max(lengths) > 1) & (np.abs(ky) < size / 2) & (kx < size / 2)
    ky, kx, drift = ky[used], kx[used], drift[used]
    weights = (weights[0] + 1j * weights[1])[used]
    weights *= size**2 / np.sqrt(2 * np.sum(np.abs(weights) ** 2))
    spectrum = np.zeros((3, len(z), size, size // 2 + 1), np.complex64)
    waves = weights * np.exp(2j * np.pi * np.outer(z, drift))
    for part, factor in enumerate((1.0, 2j * np.pi * kx, 2j * np.pi * ky)):
        spectrum[part][:, ky, kx] = waves * factor
    field, *slope = fft.irfft2(spectrum, s=(size, size))
    return field, np.hypot(*slope) / np.float32(size * canvas.pixel)
