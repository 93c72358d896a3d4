"""Draw soft-edged ellipses into a stack of slices, in millimetres and Hounsfield units.

All slices of one patient are drawn at once. A pixel on the border of an ellipse takes the share of the value
that its covered area suggests: this is the partial-volume effect of a scanner, and it is what keeps small
stones from flickering between pixels.
"""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from scipy import fft

AIR_HU = -1000.0


class Region(NamedTuple):
    """Where an ellipse lies, and how much of each pixel it covers."""

    window: tuple  # (rows, columns): slices of the image that hold the ellipse
    coverage: np.ndarray  # (n_slices, rows, columns) float32 in [0, 1]


class Canvas:
    """A stack of square slices around the origin; x runs to the patient's left, y to the back.

    Parameters
    ----------
    n_slices, size : number of slices, and pixels along each side.
    field_of_view : width of a slice in mm.
    shift : function (x, y) -> (dx, dy) in mm, arrays that broadcast to (n_slices, size, size); bends the
        coordinates, so that everything drawn afterwards has a natural outline. None: no bending.
    """

    def __init__(self, n_slices, size, field_of_view, shift=None):
        self.pixel = field_of_view / size
        axis = ((np.arange(size) + 0.5) * self.pixel - field_of_view / 2).astype(np.float32)
        self.axis, self._places = axis, axis.tolist()
        x, y = axis[None, None, :], axis[None, :, None]
        dx, dy = shift(x, y) if shift else (0, 0)
        shape = (n_slices, size, size)
        self.x = np.broadcast_to(x + dx, shape).astype(np.float32)
        self.y = np.broadcast_to(y + dy, shape).astype(np.float32)
        self.bend = float(max(np.abs(self.x - x).max(), np.abs(self.y - y).max()))
        self.hu = np.full(shape, AIR_HU, np.float32)
        self.nowhere = Region((slice(0, 1), slice(0, 1)), np.zeros((n_slices, 1, 1), np.float32))

    def ellipse(self, center, semi_axes, angle=0.0):
        """The region of an ellipse; every argument is a number or one number a slice (mm, radians)."""
        a, b = _per_slice(semi_axes[0]), _per_slice(semi_axes[1])
        if _highest(a) <= 1e-3 or _highest(b) <= 1e-3:  # most calls: what a patient does not have
            return self.nowhere
        # A slice that misses the organ has a semi-axis of 0: keep it finite, its coverage is 0.
        a, b = np.maximum(a, np.float32(1e-3)), np.maximum(b, np.float32(1e-3))
        cx, cy = _per_slice(center[0]), _per_slice(center[1])
        window = self._window(cx, cy, np.maximum(a, b))
        dx, dy = self.x[:, *window] - cx, self.y[:, *window] - cy
        if np.ndim(angle) or angle:
            cos, sin = _per_slice(np.cos(angle)), _per_slice(np.sin(angle))
            dx, dy = cos * dx + sin * dy, cos * dy - sin * dx
        # In place, for small arrays are many here: radius = sqrt((dx / a)^2 + (dy / b)^2); the edge is
        # (radius - 1) min(a, b) mm away (exact for a circle, near enough for an edge one pixel wide); and a
        # pixel is covered by 1/2 - distance / pixel.
        dx /= a
        dy /= b
        dx *= dx
        dy *= dy
        dx += dy
        coverage = np.sqrt(dx, out=dx)
        coverage -= 1
        coverage *= np.minimum(a, b)
        coverage /= np.float32(self.pixel)
        np.subtract(np.float32(0.5), coverage, out=coverage)
        np.minimum(np.maximum(coverage, 0, out=coverage), 1, out=coverage)
        coverage *= _edge_correction(np.sqrt(a * b) / np.float32(self.pixel))
        return Region(window, coverage)

    def paint(self, region, hu, within=None):
        """Mix `hu` (a number, or an array of the region's shape) into the region; optionally only inside
        `within`.

        within : (n_slices, size, size) coverage of another organ, in [0, 1].
        """
        if region is self.nowhere:
            return
        share = region.coverage if within is None else region.coverage * within[:, *region.window]
        view = self.hu[:, *region.window]
        view += share * ((np.float32(hu) if np.ndim(hu) == 0 else hu) - view)

    def whole(self, region):
        """The region's coverage on the full canvas: (n_slices, size, size) float32."""
        full = np.zeros_like(self.hu)
        full[:, *region.window] = region.coverage
        return full

    def _window(self, cx, cy, reach):
        """Rows and columns that hold every slice's ellipse, bending and soft edge included."""
        margin = reach + np.float32(self.bend + self.pixel)
        ranges = []
        for middle in (cy, cx):
            low = bisect_left(self._places, -_highest(margin - middle))
            high = bisect_left(self._places, _highest(margin + middle))
            ranges.append(slice(low, max(high, low + 1)))
        return tuple(ranges)


def _edge_correction(radius):
    """True area over drawn area of a disc of `radius` pixels: a soft edge one pixel wide makes small discs too large.

    The drawn area is that of a disc with a linear ramp of width 1: pi (r^2 + 1/12), and for r < 1/2, where the ramp
    meets in the middle, the cone pi (r + 1/2)^3 / 3.
    """
    squared = radius * radius
    drawn, small = squared + 1 / 12, radius < 0.5
    if small.any():
        drawn = np.where(small, (np.reshape(radius, (-1, 1, 1)) + 0.5) ** 3 / 3, drawn)
    return squared / drawn


def correlated_noise(shape, rng, peak=0.2):
    """Noise as a CT scanner makes it: filtered back projection leaves a band of spatial frequencies.

    The power grows with frequency f (ramp filter) and is cut at high f (reconstruction kernel):
    amplitude ~ sqrt(f) exp(-(f / peak)^2 / 4), f in cycles a pixel.

    Parameters
    ----------
    shape : (n_slices, size, size).
    peak : frequency of the highest noise power, in cycles a pixel.

    Returns
    -------
    (n_slices, size, size) float32, mean 0, standard deviation 1.

    References
    ----------
    S. J. Riederer, N. J. Pelc, D. A. Chesler, The noise power spectrum in computed X-ray tomography,
    Phys. Med. Biol. 23 (1978) 446-454.
    """
    rows, columns = shape[1:]
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None]).astype(np.float32)
    amplitude = np.sqrt(frequency) * np.exp(-((frequency / peak) ** 2) / 4)
    white = rng.standard_normal(shape, dtype=np.float32)
    noise = fft.irfft2(fft.rfft2(white) * amplitude, s=(rows, columns))
    return (noise / noise.std()).astype(np.float32)


def _per_slice(value):
    """A number, float32, or one a slice, as an array that broadcasts over (n_slices, rows, columns)."""
    if isinstance(value, int | float):
        return np.float32(value)
    value = np.asarray(value, np.float32)
    return value.reshape(-1, 1, 1) if value.size > 1 else np.float32(value.item())


def _highest(value):
    """Of what `_per_slice` gave: a number."""
    return np.maximum.reduce(value, axis=None) if value.ndim else value
