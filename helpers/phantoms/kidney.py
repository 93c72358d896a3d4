"""Kidney CT phantom: axial slices of an abdomen in Hounsfield units (HU), with cysts, tumours and stones.

Synthetic, and good for nothing clinical. It copies what makes the published kidney data set treacherous:
several near-identical slices a patient, and a contrast agent that goes with the diagnosis. Class counts
follow the 12,446 slices of the published set.

References
----------
M. N. Islam et al., Vision transformer and explainable transfer learning models for auto detection of kidney
cyst, stone and tumor from CT-radiography, Scientific Reports 12 (2022) 11440 (the data set).
"""

from dataclasses import dataclass

import numpy as np

from helpers.phantoms.canvas import Canvas, correlated_noise
from helpers.phantoms.plan import ct_patients

CLASS_NAMES = ("Cyst", "Normal", "Stone", "Tumor")
PUBLISHED_COUNTS = (3709, 5077, 1377, 2283)

# How often a patient of each class receives contrast agent. The published files do not record it; by their
# look, normal abdomens were mostly scanned with contrast, cysts and stones mostly without. Tumours were both.
# The phantom makes the pattern plain.
CONTRAST_CONFOUNDED = {"Cyst": 0.1, "Normal": 0.95, "Stone": 0.05, "Tumor": 0.95}
CONTRAST_INDEPENDENT = dict.fromkeys(CLASS_NAMES, 0.5)

# HU without contrast agent, and what a full dose adds in the portal venous phase.
TISSUE_HU = {
    "fat": (-100, 0),
    "muscle": (50, 18),
    "liver": (55, 55),
    "spleen": (46, 75),
    "kidney": (32, 145),
    "medulla": (30, 120),
    "vessel": (42, 120),
    "bowel": (30, 40),
    "marrow": (170, 10),
    "bone": (600, 0),
    "disc": (75, 0),
    "canal": (25, 5),
    "urine": (5, 0),
    "gas": (-850, 0),
    "couch": (-550, 0),
}


@dataclass(frozen=True)
class KidneyCohort:
    """What the phantom knows of its patients.

    hu : (n, size, size) float32, Hounsfield units. labels : (n,) int, index into `CLASS_NAMES`.
    groups : (n,) str, patient. masks : (n, size, size) bool, the lesion. contrast : (n,) bool, agent given.
    """

    hu: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    masks: np.ndarray
    contrast: np.ndarray


def cohort(n_images=1248, slices_per_patient=12, size=96, seed=7, contrast_confounder=True):
    """Draw a cohort of patients, each with several neighbouring slices that show the finding.

    Parameters
    ----------
    n_images : slices in all; classes get them in the published proportions.
    slices_per_patient : mean number; patients have between half and one and a half times as many.
    size : pixels along each side of a slice; the field of view is fitted to the body, as radiographers do.
    seed : integer; the same seed gives the same cohort on every machine to float32 rounding.
    contrast_confounder : True: contrast agent goes with the class, as in the published set. False: half of
        the patients of each class receive it.

    Returns
    -------
    KidneyCohort, ordered by patient and, within a patient, from head to feet.

    Raises
    ------
    ValueError if a class would have fewer than 3 patients (one each to train, validate and test on).
    """
    known, (hu, masks) = ct_patients(
        CLASS_NAMES,
        PUBLISHED_COUNTS,
        n_images,
        slices_per_patient,
        CONTRAST_CONFOUNDED if contrast_confounder else CONTRAST_INDEPENDENT,
        seed,
        lambda name, n_slices, contrast, rng: _patient(name, n_slices, contrast, size, rng),
    )
    return KidneyCohort(hu=hu, masks=masks, **known)


def _patient(name, n_slices, contrast, size, rng):
    """One patient's slices (n, size, size) in HU and lesion masks (n, size, size)."""
    # Every draw is made with and without agent, so that cohorts which differ in it share all else.
    dose = rng.uniform(0.85, 1.2) * contrast
    side = rng.choice([-1, 1])
    lesions = _lesions(name, side, rng)
    # Only slices that show the finding carry its label, so a small finding is covered by thin slices.
    reach = min(0.85 * max(lesion["radius"] for lesion in lesions), 24.0) if lesions else 24.0
    z = np.linspace(-reach, reach, n_slices)

    canvas, kidneys, cavity = _anatomy(z, dose, size, rng)
    masks = np.zeros(canvas.hu.shape, bool)
    for lesion in lesions:
        region, hu = _lesion(canvas, lesion, kidneys[side], z, dose, rng)
        canvas.paint(region, hu, within=cavity)
        coverage = canvas.whole(region) * cavity
        # A stone smaller than a pixel still has one: the pixel that holds most of it.
        masks |= (coverage > 0) & (coverage >= np.minimum(0.5, coverage.max(axis=(1, 2), keepdims=True)))
    noise = rng.uniform(9, 18) * correlated_noise(canvas.hu.shape, rng, peak=rng.uniform(0.14, 0.24))
    return np.maximum(canvas.hu + noise, -1024), masks


def _lesions(name, side, rng):
    """What a patient of this class has in one kidney: kind, size in mm, place on the kidney's rim (1) or
    inside (0)."""
    place = {"angle": rng.uniform(-1.9, 0.6), "z": 0.0}  # 0 points away from the spine, negative to the front
    if name == "Cyst":
        return [{"kind": "cyst", "radius": rng.uniform(8, 24), "depth": rng.uniform(0.6, 1.0), **place}]
    if name == "Tumor":
        return [{"kind": "tumour", "radius": rng.uniform(11, 32), "depth": rng.uniform(0.6, 1.0), **place}]
    if name == "Stone":
        first = {"kind": "stone", "radius": rng.uniform(2.5, 7), "depth": rng.uniform(0.15, 0.5), **place}
        others = [
            {"kind": "stone", "radius": first["radius"] * rng.uniform(0.5, 0.9), "depth": rng.uniform(0.15, 0.6),
             "angle": rng.uniform(-2.5, 2.5), "z": rng.uniform(-5, 5)}
            for _ in range(rng.integers(0, 3))
        ]  # fmt: skip
        return [first, *others]
    return []


def _lesion(canvas, lesion, kidney, z, dose, rng):
    """Region and HU of a lesion: a ball cut by every slice."""
    (cx, cy), (a, b), outward = kidney
    angle = lesion["angle"]
    x = cx + outward * a.max() * lesion["depth"] * np.cos(angle)
    y = cy + b.max() * lesion["depth"] * np.sin(angle)
    flatness = rng.uniform(0.8, 1.0)
    radius = lesion["radius"] * np.sqrt(
        np.clip(1 - ((z - lesion["z"]) / (lesion["radius"] * 1.02)) ** 2, 0, 1)
    )
    region = canvas.ellipse((x, y), (radius, radius * flatness), rng.uniform(0, np.pi))
    if lesion["kind"] == "cyst":
        return region, rng.uniform(0, 20)  # fluid: the agent does not reach it
    if lesion["kind"] == "stone":
        return region, rng.uniform(400, 1400)
    # Tumour: soft tissue that takes up the agent unevenly, around a core that is dead and does not.
    core = canvas.ellipse(
        (x + rng.uniform(-0.3, 0.3) * lesion["radius"], y + rng.uniform(-0.3, 0.3) * lesion["radius"]),
        (radius * rng.uniform(0.3, 0.6), radius * rng.uniform(0.3, 0.6)),
        rng.uniform(0, np.pi),
    )
    living = 1 - canvas.whole(core)[:, *region.window]
    patches = correlated_noise(canvas.hu.shape, rng, peak=0.06)[:, *region.window]
    uptake = dose * rng.uniform(55, 110) * (1 + 0.3 * patches)
    return region, (rng.uniform(18, 28) + 12 * living + 3 * patches + uptake * living).astype(np.float32)


def _anatomy(z, dose, size, rng):
    """Draw the abdomen. Returns the canvas, the two kidneys by side (-1 image left, 1 right) and the cavity's
    coverage."""
    u = rng.uniform
    hu = {tissue: plain + dose * uptake for tissue, (plain, uptake) in TISSUE_HU.items()}
    hu["liver"] += u(-25, 8)  # fatty livers are dark
    hu["marrow"] += u(-50, 50)
    hu["kidney"] += u(-4, 6) + dose * u(-25, 25)
    tall = u(0.9, 1.12)  # body build
    wide, deep = 160 * tall * u(0.96, 1.06), 114 * tall * u(0.96, 1.06)
    fat = u(8, 17)  # thickness under the skin, mm
    x0, y0 = u(-8, 8), u(-14, 6)  # where the patient lies

    waves = [(u(0, 2 * np.pi), u(0, 2 * np.pi), u(1.2, 4.0)) for _ in range(3)]
    depth = z[:, None, None]

    def shift(x, y):
        dx = sum(w * np.sin((k + 1) * y / 65 + p + depth / 40) for k, (p, _, w) in enumerate(waves))
        dy = sum(w * np.sin((k + 1) * x / 65 + q - depth / 45) for k, (_, q, w) in enumerate(waves))
        return dx - x0, dy - y0

    canvas = Canvas(len(z), size, 2 * wide * u(1.08, 1.13), shift)

    def draw(tissue, center, semi_axes, angle=0.0, within=None, add=0.0):
        region = canvas.ellipse(center, semi_axes, angle)
        canvas.paint(region, hu[tissue] + add, within)
        return region

    # Couch, skin and fat, wall of muscle, cavity filled with fat.
    draw("couch", (0, deep + 22), (u(150, 190), 11))
    draw("gas", (0, deep + 15), (u(150, 190), 11), add=-150)
    draw("fat", (0, 0), (wide, deep))
    draw("muscle", (0, 2), (wide - fat, deep - fat))
    wall = u(9, 14)
    cavity = canvas.whole(draw("fat", (0, -2), (wide - fat - wall, deep - fat - wall)))

    # Spine with its muscles; discs alternate with vertebrae along z.
    back = deep - fat
    spine = 0.50 * back
    disc = (np.cos(2 * np.pi * (z + u(0, 34)) / 34) > 0.75).astype(float)
    for sign in (-1, 1):
        draw("muscle", (sign * 34, spine + 38), (30, 24), sign * 0.3)
        draw("muscle", (sign * 36, spine + 4), (15, 19), sign * -0.4)
        draw("bone", (sign * 20, spine + 31), (16, 5), sign * 0.5)
    draw("bone", (0, spine + 44), (4.5, 15))
    draw("bone", (0, spine), (24, 18))
    draw("marrow", (0, spine), (21, 15.5))
    draw("disc", (0, spine), (22 * disc, 16.5 * disc))
    draw("canal", (0, spine + 23), (9, 7.5))

    # Liver on the image's left, spleen on the right: both end towards the feet.
    taper = np.clip(1 - (z + 26) / u(120, 200), 0.3, 1)
    liver = (-0.50 * wide + u(-8, 8), -8 + u(-12, 8))
    draw("liver", liver, (0.43 * wide * taper, 0.60 * deep * taper), u(-0.3, 0.1), within=cavity)
    spleen_taper = np.clip(1 - (z + 26) / u(70, 140), 0, 1)
    draw(
        "spleen",
        (0.66 * wide, 14 + u(-10, 10)),
        (22 * spleen_taper, 42 * spleen_taper),
        u(-0.4, 0),
        within=cavity,
    )

    # Bowel: loops of soft tissue, some with gas that rises to the front.
    for _ in range(rng.integers(5, 9)):
        cx, cy, r, mid = u(-0.25, 0.62) * wide, u(-0.62, -0.05) * deep, u(11, 21), u(-45, 45)
        r = r * np.sqrt(np.clip(1 - ((z - mid) / u(35, 70)) ** 2, 0, 1))
        draw("bowel", (cx, cy), (r, r * u(0.7, 1)), u(0, np.pi), within=cavity, add=u(-15, 15))
        if rng.random() < 0.5:
            draw("gas", (cx, cy - 0.35 * r), (0.6 * r, 0.4 * r), within=cavity)

    # Great vessels in front of the spine; some walls are calcified, and are no kidney stones.
    aorta, bore = (9 + u(-4, 4), spine - 27), u(8.5, 12)
    draw("vessel", aorta, (bore, bore))
    draw("vessel", (-17 + u(-4, 4), spine - 25), (u(10, 14), u(7, 11)))
    if rng.random() < 0.3:
        turn, height = u(0, 2 * np.pi), u(3, 9)
        chalk = u(2, 3.5) * np.sqrt(np.clip(1 - ((z - u(-15, 15)) / height) ** 2, 0, 1))
        draw("bone", (aorta[0] + bore * np.cos(turn), aorta[1] + bore * np.sin(turn)), (chalk, chalk))

    # Ribs: cuts through slanting bones, so they travel along the wall from slice to slice.
    for sign in (-1, 1):
        for start in u(-0.5, 1.1, rng.integers(2, 4)):
            turn = start + z / 160
            rib = ((wide - fat - 6) * sign * np.cos(turn), (deep - fat - 6) * np.sin(turn))
            draw("bone", rib, (4, 9), 0)

    inner = wide - fat - wall
    kidneys = {sign: _kidney(draw, sign, inner, spine, z, rng, cavity) for sign in (-1, 1)}
    return canvas, kidneys, cavity


def _kidney(draw, sign, inner, spine, z, rng, cavity):
    """Draw one kidney: cortex, medulla, sinus fat and pelvis. Returns (centre, semi-axes, outward
    direction)."""
    u = rng.uniform
    length, middle = u(48, 60), u(-12, 12)
    section = np.sqrt(np.clip(1 - ((z - middle) / length) ** 2, 0.05, 1))
    a, b, lean = u(26, 34) * section, u(30, 39) * section, sign * u(-0.5, -0.1)
    center = (sign * min(u(64, 76), 0.88 * inner - a.max()), spine - 14 + u(-8, 8))
    draw("kidney", center, (a, b), lean, within=cavity)
    draw("medulla", (center[0] - sign * 2, center[1]), (0.68 * a, 0.68 * b), lean, within=cavity)
    hilum = (center[0] - sign * 0.55 * a, center[1] - 2)
    draw("fat", hilum, (0.55 * a, 0.42 * b), lean, within=cavity, add=15)
    draw("urine", (hilum[0] + sign * 2, hilum[1]), (0.30 * a, 0.2 * b), lean, within=cavity)
    return center, (a, b), sign
