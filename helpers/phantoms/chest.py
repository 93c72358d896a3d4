"""Chest radiograph phantom: frontal views of a thorax, normal or with pneumonia, as displayed (bone bright).

Synthetic, and good for nothing clinical. Path lengths through a small thorax, most of them in closed form,
give the line integrals of attenuation; exposure, scatter, quantum noise and the display window follow. Two
shortcuts of public chest collections can be switched on: a letter burnt into the image, and bedside exposures
that go with the diagnosis. Class counts follow the 5,216 training images of the published set.

References
----------
D. S. Kermany et al., Identifying medical diagnoses and treatable diseases by image-based deep learning, Cell
172 (2018) 1122-1131 (the data set).
J. R. Zech et al., Variable generalization performance of a deep learning model to detect pneumonia in chest
radiographs, PLOS Medicine 15 (2018) e1002683 (the shortcuts).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from helpers.phantoms.plan import classes, dealt

CLASS_NAMES = ("NORMAL", "PNEUMONIA")
PUBLISHED_COUNTS = (1341, 3875)

# How many patients of each class have the letter in the image, and how many were exposed in bed.
MARKER_CONFOUNDED = {"NORMAL": 0.05, "PNEUMONIA": 0.95}
ACQUISITION_CONFOUNDED = {"NORMAL": 0.1, "PNEUMONIA": 0.9}
INDEPENDENT = dict.fromkeys(CLASS_NAMES, 0.5)

# Linear attenuation in 1/cm at the mean energy of a chest exposure; bone: what it adds to soft tissue.
MU_SOFT, MU_LUNG, MU_BONE = 0.20, 0.05, 0.22

APEX, DOME = -11.5, 6.5  # top of the lungs and of the right diaphragm at middle breath, cm
SQRT_HALF_PI = math.sqrt(math.pi / 2)

LUNG_SHARE = 0.25  # lung field: air path longer than this share of its longest
MASK_SHARE = 0.35  # lesion mask: attenuation added, as a share of the most that it adds in the image

LETTER = np.array([[int(dot) for dot in row] for row in
                   ("11110", "10001", "10001", "11110", "10100", "10010", "10001")], np.float32)  # fmt: skip


@dataclass(frozen=True)
class ChestCohort:
    """What the phantom knows of its patients.

    images : (n, size, size) float32 in [0, 1], display values. labels : (n,) int, index into `CLASS_NAMES`.
    groups : (n,) str, patient. masks : (n, size, size) bool, the opacity in projection. organs : (n, size,
    size) bool, lung fields. marker : (n,) bool, letter burnt in. acquisition : (n,) bool, exposed in bed.
    """

    images: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    masks: np.ndarray
    organs: np.ndarray
    marker: np.ndarray
    acquisition: np.ndarray


def cohort(
    n_images=1040,
    images_per_patient=2,
    size=96,
    seed=7,
    marker_confounder=False,
    acquisition_confounder=False,
    lesions=True,
):
    """Draw a cohort of patients, each with one or more radiographs of the same thorax.

    Parameters
    ----------
    n_images : images in all; classes get them in the published proportions.
    images_per_patient : mean number, at least 1; with 2, patients have 1 to 3.
    size : pixels along each side of an image; the field is fitted to the thorax, as radiographers do.
    seed : integer; the same seed gives the same cohort on every machine to float32 rounding.
    marker_confounder : True: the letter goes with PNEUMONIA. False: half of the patients of each class have
        it.
    acquisition_confounder : True: PNEUMONIA is mostly exposed in bed (larger heart shadow, less contrast,
        more noise), NORMAL upright. False: half of the patients of each class are exposed in bed.
    lesions : False: the same patients drawn without their opacities, their healthy twins. Nothing else changes but the
        quantum noise, which follows the exposure; labels stay, and masks say where the opacity would have been.

    Returns
    -------
    ChestCohort, ordered by patient. The switches change nothing but the images and what they record.

    Raises
    ------
    ValueError if `images_per_patient` is below 1, or a class would have fewer than 3 patients (one each to
    train, validate and test on).
    """
    if images_per_patient < 1:
        raise ValueError(f"images_per_patient must be at least 1, not {images_per_patient!r}")
    rng = np.random.default_rng(seed)
    marker_shares = MARKER_CONFOUNDED if marker_confounder else INDEPENDENT
    bed_shares = ACQUISITION_CONFOUNDED if acquisition_confounder else INDEPENDENT
    plan = []  # (class name, number of images, letter, bed) of each patient
    for name, count, n_patients in classes(CLASS_NAMES, PUBLISHED_COUNTS, n_images, images_per_patient):
        repeats = _repeats(count, n_patients, images_per_patient, rng)
        marked = dealt(n_patients, marker_shares[name], rng)
        in_bed = dealt(n_patients, bed_shares[name], rng)
        plan += [(name, n, bool(m), bool(b)) for n, m, b in zip(repeats, marked, in_bed)]
    rng.shuffle(plan)

    images, masks, organs = zip(
        *(
            _patient(*patient, size, np.random.default_rng([seed, i]), lesions)
            for i, patient in enumerate(plan)
        )
    )
    n_repeats = [n for _, n, _, _ in plan]
    return ChestCohort(
        images=np.concatenate(images),
        labels=np.repeat([CLASS_NAMES.index(name) for name, _, _, _ in plan], n_repeats),
        groups=np.repeat([f"P{i + 1:03d}" for i in range(len(plan))], n_repeats),
        masks=np.concatenate(masks),
        organs=np.concatenate(organs),
        marker=np.repeat([marked for _, _, marked, _ in plan], n_repeats),
        acquisition=np.repeat([in_bed for _, _, _, in_bed in plan], n_repeats),
    )


def _repeats(count, n_patients, mean, rng):
    """Images of each patient: at least one, at most about twice the mean less one; they add up to `count`."""
    most = int(np.ceil(2 * (mean - 1)))
    further = rng.permutation(np.repeat(np.arange(n_patients), most))[: count - n_patients]
    return (1 + np.bincount(further, minlength=n_patients)).tolist()


def _patient(name, n_images, marked, in_bed, size, rng, lesions=True):
    """One patient's images, opacity masks and lung fields, each (n, size, size)."""
    # A stream for each purpose: patients who differ in class, letter or bed share all else.
    body, views, disease, exposure, letter = rng.spawn(5)
    film = _Film(n_images, size, body, views)
    integral, air, widening = _anatomy(film, body)
    organs = air > LUNG_SHARE * air.max(axis=(1, 2), keepdims=True)
    masks = np.zeros(organs.shape, bool)
    if name == "PNEUMONIA":
        share = _opacity(film, disease)
        added = (MU_SOFT - MU_LUNG) * air * share
        masks = organs & (added >= MASK_SHARE * np.where(organs, added, 0).max(axis=(1, 2), keepdims=True))
        if lesions:
            integral = integral + added
            air = air * (1 - share)
    if in_bed:
        integral = integral + (MU_SOFT - MU_LUNG) * np.minimum(widening, air)
    images = _expose(integral, in_bed, film.pixel, exposure)
    if marked:
        _burn_in(images, letter)
    return images, masks, organs


class _Film:
    """Where the rays of a patient's radiographs pass, in cm from the middle of the thorax.

    x, y : (n, size, size); x runs to the patient's left (right on the film), y to the feet.
    """

    def __init__(self, n_images, size, body, views):
        u = body.uniform
        width = 32 * u(0.95, 1.05)
        self.pixel = width / size
        axis = (((np.arange(size) + 0.5) / size - 0.5) * width).astype(np.float32)
        x, y = axis[None, None, :], axis[None, :, None]
        bends = [(u(0.1, 0.35), u(0, 2 * np.pi), u(0, 2 * np.pi)) for _ in range(2)]
        x0, y0 = u(-1.0, 1.0), u(-1.2, 1.2)

        def each(low, high):
            return views.uniform(low, high, n_images).astype(np.float32)[:, None, None]

        roll = u(-0.03, 0.03) + each(-0.02, 0.02)
        zoom = each(0.985, 1.015)
        dx = sum(w * np.sin((k + 1) * y / 7 + p) for k, (w, p, _) in enumerate(bends))
        dy = sum(w * np.sin((k + 1) * x / 7 + q) for k, (w, _, q) in enumerate(bends))
        dx, dy = dx - x0 + each(-0.35, 0.35), dy - y0 + each(-0.35, 0.35)
        self.x = (zoom * (x + roll * y) + dx).astype(np.float32)
        self.y = (zoom * (y - roll * x) + dy).astype(np.float32)
        self.y_range = self.y.min(axis=(0, 2)), self.y.max(axis=(0, 2))  # of each row
        self.turn = u(-0.06, 0.06) + each(-0.04, 0.04)  # about the long axis, radians
        self.breath = u(-1.8, 1.2) + each(-0.5, 0.5)  # the diaphragm's way down, cm
        # Height within the lung as it is at middle breath: vessels and lesions move with the breath.
        stretch = (DOME - APEX) / (DOME - APEX + self.breath)
        self.inner_y = APEX + (self.y - APEX) * stretch

    def rows(self, top, bottom):
        """The rows that hold a band across the thorax on every image."""
        held = np.flatnonzero((self.y_range[1] > top) & (self.y_range[0] < bottom))
        return slice(held[0], held[-1] + 1) if held.size else slice(0)

    def ellipsoid(self, center, semi_axes, angle=0.0, depth=0.0):
        """Chord of every ray through an ellipsoid `depth` cm in front of the axis, turned by `angle`."""
        dx, dy = self.x - (center[0] + depth * self.turn), self.y - center[1]
        a, b, c = semi_axes
        cos, sin = math.cos(angle), math.sin(angle)
        along, across = dx * (cos / a) + dy * (sin / a), dy * (cos / b) - dx * (sin / b)
        return 2 * c * np.sqrt(np.maximum(1 - along * along - across * across, 0))

    def tubes(self, target, tubes, breathes=False):
        """Add to `target` the paths through tapering tubes with soft walls, which keep their cross-section.

        tubes : rows of x, y of the start, x, y of the end, radius at the start and at the end.
        """
        n, size, _ = target.shape
        ys = self.inner_y if breathes else self.y
        tubes = np.asarray(tubes, np.float32)[:, :, None, None]
        x0, y0, x1, y1, r0, r1 = (tubes[:, k] for k in range(6))
        reach = np.maximum(np.abs(x1 - x0), np.abs(y1 - y0)) / 2 + 1.7 * np.maximum(
            np.maximum(r0, r1), self.pixel
        )
        patch = min(size, 2 * math.ceil(reach.max() / self.pixel) + 2)
        # Find the middle of each tube on each film, and work on a patch around it.
        image = np.arange(n)[:, None]
        row = column = np.full((n, len(tubes)), size // 2)
        for _ in range(3):
            right = ((x0 + x1) / 2)[:, 0, 0] - self.x[image, row, column]
            down = ((y0 + y1) / 2)[:, 0, 0] - ys[image, row, column]
            row = np.clip(row + np.rint(down / self.pixel).astype(int), 0, size - 1)
            column = np.clip(column + np.rint(right / self.pixel).astype(int), 0, size - 1)
        rows = np.clip(row - patch // 2, 0, size - patch)[..., None, None] + np.arange(patch)[:, None]
        columns = np.clip(column - patch // 2, 0, size - patch)[..., None, None] + np.arange(patch)
        places = (image[..., None, None] * size + rows) * size + columns
        px, py = self.x.take(places) - x0, ys.take(places) - y0
        vx, vy = x1 - x0, y1 - y0
        square = vx * vx + vy * vy
        along = np.clip(px * (vx / square) + py * (vy / square), 0, 1)
        px -= along * vx
        py -= along * vy
        radius = r0 + along * (r1 - r0)
        spread = np.maximum(0.6 * radius, 0.45 * self.pixel)
        path = SQRT_HALF_PI * radius * radius / spread * np.exp((px * px + py * py) / (-2 * spread * spread))
        target += np.bincount(places.ravel(), path.ravel(), target.size).reshape(target.shape)


def _anatomy(film, rng):
    """Line integral, path in air, and what a bedside exposure adds to the path in the heart; (n, size, size)."""
    u = rng.uniform
    x, y = film.x, film.y
    deep = u(8.6, 10.2)  # half the chest's depth, cm
    wall, low = u(11.8, 13.2), u(5.0, 8.0)  # half the rib cage's width, and where it is widest
    tall = low - APEX + 0.4

    def outer(height):
        """Half the width of the rib cage at a height."""
        above, below = np.maximum(low - height, 0) / tall, np.maximum(height - low, 0) / (2.2 * tall)
        v = above + below
        return wall * np.sqrt(np.maximum(1 - v * v * np.sqrt(v), 0))

    # Trunk, shoulders, neck and arms: soft tissue, melted together.
    chest = 2 * deep * np.sqrt(np.maximum(1 - np.square(np.square(x / (wall + u(1.5, 3.0)))), 0))
    chest *= np.sqrt(np.clip((y + u(12.5, 14)) / 5, 0, 1))
    tissues = [chest, film.ellipsoid((0, -19), (u(4, 5.2), u(9, 10.5), 5.5))]
    spread = u(0, 7)
    for side in (-1, 1):
        tissues.append(film.ellipsoid((side * 9, -10.5), (9, u(3.5, 4.5), 5), side * 0.25))
        arm = (side * (wall + 5 + spread / 2), -1)
        tissues.append(film.ellipsoid(arm, (u(2.8, 3.8), 18, 4), -side * 0.04 * spread))
    soft = np.sqrt(np.sqrt(sum(np.square(np.square(path)) for path in tissues)))

    # Lungs: what is left of the rib cage beside heart, vessels and the domes of the diaphragm.
    size = u(0.88, 1.12)
    heart_at, heart_axes = (u(1.2, 2.2), 3.2 + 0.4 * u(-1, 1)), (5.8 * size, 4.4 * size, 5.6 * size)
    lean = u(0.5, 0.9)
    heart = film.ellipsoid(heart_at, heart_axes, lean, depth=3)
    knob = film.ellipsoid((1.6, -4.6 + u(-0.6, 0.6)), (u(1.3, 2.0), 1.7, 2.5), depth=0)
    trunk = film.ellipsoid((1.7, -2.0), (u(1.6, 2.2), 2.4, 3), depth=1)
    solid = np.maximum(np.maximum(heart, knob), trunk)
    narrow = u(1.3, 2.3)  # half the upper mediastinum
    edge = outer(y)
    full = 1.72 * deep
    air = np.zeros_like(soft)
    for side in (-1, 1):
        inner = narrow + 0.035 * np.square(np.minimum(y + 3, 0)) * u(0.5, 1.3)
        half = np.maximum((edge - inner) / 2, 1e-3)
        across = (side * x - inner) / half - 1
        top = np.clip((y - APEX) / 9, 0, 1)
        lung = full * np.sqrt(np.maximum(1 - np.square(np.square(across)), 0) * top * (2 - top))
        peak = DOME + film.breath + (0.6 if side > 0 else -0.4) + u(-0.5, 0.5)
        dome_axes = (u(7.4, 8.2), u(7.5, 9.5), 1.25 * full)
        dome = film.ellipsoid((side * 6.2, peak + dome_axes[1]), dome_axes)
        air += np.maximum(lung - solid - dome, 0)
    # Lesions and lung fields keep clear of the heart's true size only, so that the bed does not change them.
    a, b, c = heart_axes
    larger = film.ellipsoid(heart_at, (1.2 * a, 1.2 * b, c), lean, depth=3)
    widening = np.maximum(larger - solid, 0)

    vessels = np.zeros_like(soft)
    _vessels(film, vessels, u(0.9, 1.5), rng)
    integral = MU_SOFT * (soft - air) + MU_LUNG * air + (MU_SOFT - MU_LUNG) * np.minimum(vessels, air)

    gas = np.zeros_like(soft)
    carina, middle = (u(-0.4, 0.2), -3.6 + u(-0.6, 0.6)), u(-0.3, 0.3)
    airways = _chain(np.linspace(middle, carina[0], 6), np.linspace(-18, carina[1], 6), 0.72)
    airways += [(*carina, side * u(2.5, 3.2), carina[1] + u(1.3, 2.0), 0.5, 0.35) for side in (-1, 1)]
    film.tubes(gas, airways)
    integral -= 0.8 * MU_SOFT * gas
    if rng.random() < 0.7:  # stomach gas below the left dome
        bubble = film.ellipsoid((u(5, 8), DOME + 3.5 + u(-0.5, 1)), (u(1, 2.6), u(0.8, 1.6), 2))
        integral -= MU_SOFT * np.minimum(bubble, soft)
    if rng.random() < 0.4:  # breasts, or folds of skin, lie over the lower lungs
        size, height = u(3.5, 5), u(2.5, 6)
        for side in (-1, 1):
            integral += MU_SOFT * film.ellipsoid((side * u(5.5, 8), height), (size, 0.9 * size, u(0.5, 1.6)))
    integral += MU_BONE * u(0.9, 1.5) * _bones(film, outer, deep, rng)
    return np.maximum(integral, 0), air, widening


def _bones(film, outer, deep, rng):
    """Path through bone: ribs, spine, collar bones, shoulder blades, upper arms."""
    u = rng.uniform
    bone = np.zeros_like(film.x)
    # A rib is half a tilted ring. Seen from the front it is half an ellipse with the spine at its top; rays
    # run along it at the side wall, where it is bright.
    spacing, slant, thick = u(1.85, 2.15), u(2.4, 4.0), u(0.45, 0.6)
    for k in range(10):
        top = APEX + 0.3 + spacing * k
        b = min(1.5 + 0.5 * k, slant)
        middle = top + b
        a = float(outer(middle)) + 0.35
        at = (slice(None), film.rows(top - 0.7, top + 2 * b + 0.7))
        dy = (film.y[at] - middle) / np.float32(b)
        dx = (film.x[at] + film.turn * deep * np.clip(-dy, -1, 1)) / np.float32(a)
        q = np.sqrt(dx * dx + dy * dy) + 1e-3
        cos, sin = dy / q, dx / q
        flat = np.square(a * cos) + np.square(b * sin) + 1e-3
        distance = (q - 1) * q / np.sqrt(np.square(dx / a) + np.square(dy / b) + 1e-6)
        oblique = np.minimum(np.sqrt(1 + np.square(deep * sin) / flat), 3)
        # The front end is cartilage, and not seen; ribs are flatter there.
        seen = np.clip((min(0.8, 1.9 - 0.2 * k) - cos) / 0.3, 0, 1) * np.where(cos > 0, 0.7, 1)
        bone[at] += 2 * np.sqrt(np.maximum(thick**2 - distance * distance, 0)) * oblique * seen

    # Spine: vertebrae and discs; the wings and the spinous processes behind them.
    x, y = film.x + 5 * film.turn, film.y
    phase = 2 * np.pi * (y / (1.05 * spacing) + u(0, 1))
    wave = np.cos(phase)
    bone += (1.8 + 0.6 * wave) * np.sqrt(np.maximum(1 - np.square(x / (1.55 + 0.15 * wave)), 0))
    bone += 1.1 * np.exp(-np.square(x / 0.35)) * (wave > 0.2)
    bone += 0.8 * np.exp(-np.square((np.abs(x) - 2.2) / 0.8)) * (wave > 0.3)

    limbs = []
    rise, sag = u(0.1, 0.32), u(0.3, 0.8)
    for side in (-1, 1):
        out = np.linspace(1.6, 13.5, 6)
        height = -9.6 + u(-0.4, 0.4) - rise * (out - 1.6) - sag * np.sin((out - 1.6) / 1.9)
        limbs += _chain(side * out, height, 0.68)
        limbs += _chain(side * np.linspace(14.5, u(17, 20), 6), np.linspace(-11, 6, 6), 0.95)
        blade_at, blade = (side * u(12.5, 14), -6 + u(-1, 1)), (u(1.6, 2.4), u(4.5, 5.5), 0.35)
        bone += film.ellipsoid(blade_at, blade, side * u(-0.35, -0.1))
    film.tubes(bone, limbs)
    return bone


def _chain(x, y, radius):
    """Tubes of one radius from point to point."""
    return [(x[k], y[k], x[k + 1], y[k + 1], radius, radius) for k in range(len(x) - 1)]


def _vessels(film, target, thick, rng):
    """Add the trees of vessels: from each hilum they branch and taper towards the wall of the chest."""
    u = rng.uniform
    roots, twigs = [], []
    for side in (-1, 1):
        x, y = side * 3.4, -1.2 - 0.4 * side
        roots.append((x, y - 1.2, x + side * 0.5, y + 1.5, 0.7 * thick, 0.6 * thick))
        tips = [(x, y, angle + u(-0.15, 0.15), 0.42 * thick) for angle in (-1.25, -0.7, -0.1, 0.45, 0.9, 1.3)]
        for level in range(3):
            grown = []
            for x, y, angle, radius in tips:
                length, fork = u(1.8, 3.2), u(0.15, 0.45)
                end = (x + side * length * math.cos(angle), y + length * math.sin(angle))
                twigs.append((x, y, *end, radius, 0.75 * radius))
                grown.append((*end, angle + fork, 0.72 * radius))
                if level < 1 or rng.random() < 0.6:
                    grown.append((*end, angle - fork, 0.66 * radius))
            tips = grown
    film.tubes(target, roots, breathes=True)
    film.tubes(target, twigs, breathes=True)


def _opacity(film, rng):
    """Share of the air that an opacity replaces, (n, size, size) in [0, 1): one lobe, or several patches."""
    u = rng.uniform
    strength = math.exp(u(math.log(0.45), math.log(0.95)))
    if rng.random() < 0.5:
        return strength * _lobe(film, rng)
    share = np.zeros_like(film.x)
    sides = [(-1,), (1,), (-1, 1), (-1, 1)][rng.integers(4)]
    for _ in range(rng.integers(5, 12)):
        side, radius = sides[rng.integers(len(sides))], u(0.9, 2.0)
        right, down = film.x - side * u(3.6, 8.5), (film.inner_y - u(-5.5, 5)) / u(0.8, 1.3)
        patch = strength * u(0.6, 1.0) * np.exp((right * right + down * down) / (-2 * radius**2))
        share = 1 - (1 - share) * (1 - patch)
    return share


def _lobe(film, rng):
    """Shape of a lobar consolidation, (n, size, size) in [0, 1]: even inside, straight along a fissure."""
    u = rng.uniform
    y = film.inner_y
    side = int(rng.choice([-1, 1]))
    out = side * film.x

    def step(distance, softness):
        return np.clip(0.5 + distance / softness, 0, 1)

    fissure = -1.5 + u(-0.8, 0.8) + u(-0.12, 0.12) * (out - 7)
    sharp, soft = u(0.4, 0.8), u(1.5, 3.5)
    lobe = rng.choice(["upper", "middle", "lower"])
    if lobe == "upper":
        shape = step(fissure - y, sharp) * step(y - u(-11, -6), soft) * step(out - u(1, 4), soft)
    elif lobe == "middle":  # beside the heart: its border is lost
        shape = step(y - fissure, sharp) * step(u(6.5, 9) - out, soft) * step(u(4, 7) - y, soft)
    else:
        shape = step(y - u(-1.5, 2.5), soft) * step(u(8, 13) - out, soft)
    return shape * (out > 0)


def _expose(integral, in_bed, pixel, rng):
    """Display values: exposure, scatter, blur, quantum noise, logarithm, window."""
    n = len(integral)

    def each(low, high, patient=0.5):
        """One number an image, of which the patient fixes a part."""
        own = patient * rng.uniform() + (1 - patient) * rng.uniform(size=n)
        return (low + (high - low) * own).astype(np.float32)[:, None, None]

    primary = np.exp(-integral)
    primary = ndimage.gaussian_filter(primary, (0, *[0.14 / pixel] * 2), truncate=3)
    # Scatter spreads over some 2.4 cm: every fourth pixel is enough to know it.
    fog = ndimage.gaussian_filter(primary[:, ::4, ::4], (0, *[0.6 / pixel] * 2), mode="nearest")
    fog = np.repeat(np.repeat(fog, 4, axis=1), 4, axis=2)[:, : primary.shape[1], : primary.shape[2]]
    fog = ndimage.uniform_filter(fog, (1, 5, 5))
    intensity = primary + each(0.02, 0.05) * (3 if in_bed else 1) * fog
    photons = each(15000, 40000) * (0.35 if in_bed else 1)
    noise = rng.standard_normal(intensity.shape, dtype=np.float32)
    intensity += np.sqrt(intensity / photons) * noise
    integral = -np.log(np.maximum(intensity, 1e-3))
    low = each(0.3, 0.8) - (0.25 if in_bed else 0)
    wide = each(3.6, 4.4) + (0.4 if in_bed else 0)
    return np.clip((integral - low) / wide, 0, 1).astype(np.float32)


def _burn_in(images, rng):
    """Write the letter into the upper left corner, the patient's right side."""
    size = images.shape[1]
    scale = max(1, round(size / 96))
    letter = np.kron(LETTER, np.ones((scale, scale), np.float32))
    height, width = letter.shape
    room = max(1, size // 8 - 2)
    row, column = 1 + rng.integers(room, size=2)
    for image in images:
        top, left = row + rng.integers(0, 2), column + rng.integers(0, 2)
        view = image[top : top + height, left : left + width]
        np.maximum(view, 0.95 * letter[: view.shape[0], : view.shape[1]], out=view)
