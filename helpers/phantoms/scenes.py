"""Scenes: random grey images with structures of thirteen kinds, to pretrain a backbone on.

They stand in for the large labelled collection that transfer learning starts from. No organ and no disease is
drawn here, and no code is shared with the phantoms of patients. Each scene is a cloudy field, some large soft
shapes, rib-like arcs and curved vessels, up to four structures brighter or darker than what they lie on, noise, and
a random display window. The clutter never is of a labelled kind: its shapes are larger than any disc, its lines
are curved or cross the whole image.

What is to be learnt is told for every cell of 32 x 32 pixels: which kinds are there, brighter or darker; and how
bright and how varied the cell is. A network that must say this cannot discard brightness, place or amount.

References
----------
H. Kataoka et al., Pre-training without natural images, ACCV 2020 (a source task that is drawn by formula).
"""

from typing import NamedTuple

import numpy as np
from scipy import fft, ndimage

from helpers import seeds

CELL = 32  # pixels along each side: what one place of MobileNetV2's last map stands for
MOST = 4  # structures in a scene


class Scenes(NamedTuple):
    """What is drawn, and what is to be learnt of it; c = size // 32 cells along each side.

    images : (n, size, size) float32 in [0, 1]. presence : (n, c, c, 26) float32 in [0, 1], the highest value in the
    cell of each kind's shape: of the 13 `CLASS_NAMES` where brighter than the ground, then of the 13 where darker.
    statistics : (n, c, c, 2) float32 in [0, 1], mean and standard deviation of the grey values in the cell.
    """

    images: np.ndarray
    presence: np.ndarray
    statistics: np.ndarray


def scenes(n, size=96, seed=7):
    """Draw scenes.

    Parameters
    ----------
    n : number of images, at least 1. Each gets 0 to 4 structures, of kinds, signs and places drawn at random.
    size : pixels along each side, a multiple of 32.
    seed : integer; the same seed gives the same scenes, another seed other ones.

    Returns
    -------
    Scenes.

    Raises
    ------
    ValueError : n below 1, or a size that is no multiple of 32.
    """
    if n < 1:
        raise ValueError(f"expected at least one scene, not {n}")
    if size < CELL or size % CELL:
        raise ValueError(f"scenes take a multiple of {CELL} pixels along each side, not {size}")
    cells = size // CELL
    images = np.empty((n, size, size), np.float32)
    presence = np.zeros((n, cells, cells, 2 * len(KINDS)), np.float32)
    for i in range(n):
        images[i] = _scene(size, presence[i], seeds.generator(seed, i))
    tiles = images.reshape(n, cells, CELL, cells, CELL)
    return Scenes(images, presence, np.stack([tiles.mean(axis=(2, 4)), tiles.std(axis=(2, 4))], axis=-1))


def _scene(size, presence, rng):
    """One image (size, size) float32 in [0, 1]; what is in its cells is written to `presence`."""
    axis = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)  # the image reaches from -1 to 1
    x, y = np.meshgrid(axis, axis)
    image = _background(x, y, rng)
    image += _lines(x, y, rng)
    image *= np.float32(np.exp(rng.uniform(np.log(0.1), 0))) / image.std()  # from faint clutter to dense
    cells = len(presence)
    for _ in range(rng.integers(0, MOST + 1)):
        kind, darker = rng.integers(len(KINDS)), rng.integers(2)
        draw, low, high = KINDS[CLASS_NAMES[kind]]
        radius = rng.uniform(low, high)
        u, v, pixel = _place(x, y, radius, rng)
        shape = draw(u, v, pixel, rng)
        if draw is _veil:  # what lies behind loses its detail
            image += shape * (ndimage.gaussian_filter(image, rng.uniform(0.03, 0.06) * size) - image)
        strength = np.float32(np.exp(rng.uniform(np.log(0.3), np.log(3))))
        image += (-strength if darker else strength) * shape
        told = presence[:, :, darker * len(KINDS) + kind]
        np.maximum(told, shape.reshape(cells, CELL, cells, CELL).max(axis=(1, 3)), out=told)
    image += np.float32(np.exp(rng.uniform(np.log(0.02), np.log(0.3)))) * _field(
        size, rng.uniform(0, 0.7), rng
    )
    return _display(image, rng)


def _place(x, y, radius, rng):
    """Coordinates of a structure, in units of its radius and turned at random, and the width of a pixel in them."""
    room = max(0.9 - radius, 0)
    cx, cy, angle = rng.uniform(-room, room), rng.uniform(-room, room), rng.uniform(0, 2 * np.pi)
    cos, sin = np.float32(np.cos(angle) / radius), np.float32(np.sin(angle) / radius)
    x, y = x - np.float32(cx), y - np.float32(cy)
    return cos * x + sin * y, cos * y - sin * x, 2 / (len(x) * radius)


def _field(size, slope, rng):
    """A random field (size, size) float32 whose amplitude falls with frequency as f^-slope; mean 0, SD 1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]).astype(np.float32)
    frequency[0, 0] = np.inf
    white = fft.rfft2(rng.standard_normal((size, size), dtype=np.float32))
    field = fft.irfft2(white * frequency ** np.float32(-slope), s=(size, size))
    return field / field.std()


def _background(x, y, rng):
    """A cloudy field, a gradient, and up to four large ellipses with edges from sharp to soft."""
    image = rng.uniform(0.1, 0.8) * _field(len(x), rng.uniform(1.3, 2.8), rng)
    image += rng.normal(0, 0.4) * x + rng.normal(0, 0.4) * y
    for _ in range(rng.integers(0, 5)):
        cx, cy, slant = rng.uniform(-0.8, 0.8, 3)
        a, b = rng.uniform(0.45, 1.3, 2)
        dx, dy = (x - cx) / a, (y - cy) / b
        distance = 1 - np.sqrt(dx**2 + dy**2 + slant * dx * dy)
        image += rng.normal(0, 1) * _step(distance, np.exp(rng.uniform(np.log(0.05), 0)))
    return image.astype(np.float32)


def _lines(x, y, rng):
    """Rib-like arcs in half of the scenes, and up to four curved vessels that get thinner on their way."""
    image = np.zeros_like(x)
    if rng.uniform() < 0.5:
        u, v, _ = _place(x, y, 1.0, rng)
        bent = v + np.float32(rng.uniform(0.2, 0.9)) * u * u
        band = np.cos(np.float32(rng.uniform(8, 24)) * bent + np.float32(rng.uniform(0, 6)))
        image += np.float32(rng.uniform(0.1, 0.6)) * _step(
            band - rng.uniform(-0.2, 0.6), rng.uniform(0.3, 1.5)
        )
    for _ in range(rng.integers(0, 5)):
        u, v, pixel = _place(x, y, rng.uniform(0.8, 1.0), rng)
        bow, wave, often, phase = rng.uniform((0.3, 0.05, 2, 0), (1.0, 0.3, 6, 6)).astype(np.float32)
        away = v - bow * u * u - wave * np.sin(often * u + phase)
        width = np.float32(pixel * rng.uniform(0.7, 3)) * np.clip(1.2 - 0.5 * u, 0.3, 1.8)
        image += np.float32(rng.normal(0, 0.5)) * _step(width - np.abs(away), 1.5 * pixel)
    return image


def _display(image, rng):
    """Grey values in [0, 1] float32: a window that mostly holds the image, its ends drawn at random."""
    low, high = rng.uniform(1, 3, 2)
    return np.clip((image + low) / (low + high), 0, 1)


# The structures: from coordinates in units of the radius, (size, size) float32 each, and the width of a pixel, to
# a shape of at most 1 in absolute value.


def _step(distance, soft):
    """0 outside (distance < 0), 1 inside, with a ramp of width `soft`."""
    return np.clip(0.5 + distance / np.float32(soft), 0, 1, dtype=np.float32)


def _blob(u, v, pixel, rng):
    return np.exp(-2 * (u**2 + (v / np.float32(rng.uniform(0.6, 1))) ** 2))


def _spots(u, v, pixel, rng, number, radius):
    """Small Gaussian spots at random within the unit circle."""
    shape = np.zeros_like(u)
    for _ in range(number):
        far, angle = np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        cu, cv, r = np.float32([far * np.cos(angle), far * np.sin(angle), rng.uniform(*radius)])
        shape = np.maximum(shape, np.exp(-((u - cu) ** 2 + (v - cv) ** 2) / r**2))
    return shape


def _small_blobs(u, v, pixel, rng):
    return _spots(u, v, pixel, rng, rng.integers(3, 7), (0.18, 0.3))


def _dots(u, v, pixel, rng):
    return _spots(u, v, pixel, rng, rng.integers(5, 14), (0.7 * pixel, 1.2 * pixel))


def _patch(u, v, pixel, rng):
    """A region with an uneven border, filled with flecks."""
    border, flecks = (_field(len(u), slope, rng) for slope in (2, rng.uniform(1, 1.6)))
    inside = _step(1 - np.hypot(u, v) + 0.2 * border, rng.uniform(0.2, 0.8))
    return inside * np.clip(0.5 + 0.5 * flecks, 0, 1, dtype=np.float32)


def _ring(u, v, pixel, rng):
    radius = np.hypot(u, v / np.float32(rng.uniform(0.7, 1)))
    return _step(max(pixel, rng.uniform(0.06, 0.2)) - np.abs(radius - 0.8), pixel)


def _disc(u, v, pixel, rng):
    return _step(1 - np.hypot(u, v / np.float32(rng.uniform(0.7, 1))), pixel)


def _bar(u, v, pixel, half_width):
    return _step(np.minimum(1 - np.abs(u), half_width - np.abs(v)), pixel)


def _stick(u, v, pixel, rng):
    return _bar(u, v, pixel, max(0.8 * pixel, rng.uniform(0.03, 0.1)))


def _cross(u, v, pixel, rng):
    half_width = max(0.8 * pixel, rng.uniform(0.06, 0.2))
    return np.maximum(_bar(u, v, pixel, half_width), _bar(v, u, pixel, half_width))


def _wave(u, often, pixel):
    """Stripes across u, with edges one pixel wide or wider."""
    return _step(np.sin(np.float32(often) * u), min(2, pixel * often))


def _grid(u, v, pixel, rng):
    often = min(rng.uniform(5, 12), 1.2 / pixel)  # a period of five pixels or more
    return np.maximum(_wave(u, often, pixel), _wave(v, often, pixel)) * _step(1 - np.hypot(u, v), 2 * pixel)


def _stripes(u, v, pixel, rng):
    often = min(rng.uniform(6, 16), 1.2 / pixel)
    return _wave(u, often, pixel) * _step(1 - np.hypot(u, v / np.float32(rng.uniform(0.6, 1))), 2 * pixel)


def _wedge(u, v, pixel, rng):
    slope = np.float32(rng.uniform(0.35, 0.8))
    return _step(np.minimum(slope * (u + 1) / 2 - np.abs(v), 0.9 - u), pixel)


def _crescent(u, v, pixel, rng):
    outer, inner = np.hypot(u, v), np.hypot(u - np.float32(rng.uniform(0.35, 0.6)), v)
    return _step(np.minimum(1 - outer, inner - 0.9), pixel)


def _veil(u, v, pixel, rng):
    """Haze that fades out, but for one sharp edge."""
    return np.exp(-((u - 0.3) ** 2) - v**2) * _step(u, 2 * pixel)


# Each kind: how it is drawn, and its radius from and to, in half widths of the image.
KINDS = {
    "soft blob": (_blob, 0.2, 0.55),
    "small blobs": (_small_blobs, 0.25, 0.45),
    "patch": (_patch, 0.25, 0.55),
    "ring": (_ring, 0.12, 0.4),
    "disc": (_disc, 0.08, 0.3),
    "stick": (_stick, 0.2, 0.6),
    "cross": (_cross, 0.12, 0.4),
    "grid": (_grid, 0.25, 0.5),
    "wedge": (_wedge, 0.15, 0.45),
    "crescent": (_crescent, 0.15, 0.45),
    "stripes": (_stripes, 0.25, 0.5),
    "dots": (_dots, 0.15, 0.4),
    "veil": (_veil, 0.3, 0.6),
}
CLASS_NAMES = tuple(KINDS)
