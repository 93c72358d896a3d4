"""One image of Pillow: turned upright, and made grey."""

import functools
import struct

import numpy as np
from PIL import Image, ImageCms, ImageOps

# What Pillow raises for files that are damaged, hostile, or no images at all.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, TypeError, struct.error, MemoryError)
UNREADABLE += (Image.DecompressionBombError, ImageCms.PyCMSError, ImportError, OverflowError)
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


def is_wide(image):
    """Whether an image holds numbers of more than 8 bits, whose black and white the file does not tell."""
    return image.mode.startswith("I") or image.mode == "F"


def is_lossy(image):
    """Whether the format may have changed the pixels that were saved: JPEG, and WebP unless it says otherwise."""
    if image.format == "WEBP":
        image.fp.seek(0)
        return b"VP8L" not in image.fp.read(64)
    return image.format in ("JPEG", "MPO", "AVIF", "JPEG2000")


def grey(image):
    """The image as an array (h, w), upright: uint8 for all modes of 8 bits, else uint16, int32 or float32 as stored.

    Colours are weighted as ITU-R 601 luma. Transparent pixels are laid on black. CIELAB goes through sRGB.
    """
    deep = any(";16" in str(tile) for tile in getattr(image, "tile", ())) and not is_wide(image)
    image.load()
    turn_upright(image)
    if is_wide(image):
        pixels = np.asarray(image)
        return pixels.astype(pixels.dtype.newbyteorder("="))
    if image.mode == "LAB":
        image = ImageCms.applyTransform(image, _lab_to_rgb())
    elif image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("RGBA", "RGBa", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    grey = np.asarray(image.convert("L"))
    if deep and 0 < grey.max() < 16:  # Pillow keeps the upper 8 of 16 bits of a colour
        raise ValueError("its colours of 16 bits stay below 4096: save it in grey, or in 8 bits")
    return grey


def turn_upright(image):
    """Turn a decoded image as its EXIF orientation tells, in place."""
    if orientation(image) != 1:
        ImageOps.exif_transpose(image, in_place=True)


def orientation(image):
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none, or none that can be read."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        return 1


@functools.lru_cache
def _lab_to_rgb():
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(*profiles, "LAB", "RGB")
