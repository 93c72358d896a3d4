"""One image file: opened with care, turned upright, and made grey."""

import functools
import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

# The formats in which images of cohorts come; all that Pillow could open besides is left closed.
FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "AVIF", "JPEG2000", "PPM")
PLAIN = ("L", "RGB")  # modes of 8 bits without palette or transparency
# What Pillow raises for files that are damaged, hostile, or no images at all.
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, TypeError, struct.error, MemoryError)
UNREADABLE += (Image.DecompressionBombError, ImageCms.PyCMSError, ImportError, OverflowError)
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held


def opened(file):
    """An image file, by its path or its bytes, as Pillow's image; its pixels are not decoded yet.

    A file is read as a whole first: of a path, Pillow 13 maps TIFF files into memory, and mixes up the rows of those
    that are to be turned.

    Raises
    ------
    ValueError, or what else is in `UNREADABLE` : no image of a known format, more pixels than Pillow's limit, several
    pages or frames, white stored as zero at more than 8 bits.
    """
    content = file if isinstance(file, bytes) else Path(file).read_bytes()
    image = Image.open(io.BytesIO(content), formats=_formats())
    try:
        _refuse(image)
    except BaseException:
        image.close()
        raise
    return image


def is_image(path):
    """Whether the bytes of a file are those of an image in a known format, sound or not."""
    try:
        with Image.open(path, formats=_formats()):
            return True
    except Image.DecompressionBombError:
        return True
    except Exception:  # Pillow raises many kinds for what is no image
        return False


def _refuse(image):
    limit = Image.MAX_IMAGE_PIXELS
    if limit and image.width * image.height > limit:
        raise ValueError(f"{image.width}x{image.height} pixels are more than the limit of {limit}")
    if (pages := getattr(image, "n_frames", 1)) > 1:
        raise ValueError(
            f"holds {pages} pages, one image per file is expected; save the pages as files of their own"
        )
    if image.format == "TIFF" and image.tag_v2.get(262) == 0 and is_wide(image):
        raise ValueError(
            "stores white as zero (PhotometricInterpretation 0) at more than 8 bits; save it anew"
        )


def upright_size(image, content):
    """(width, height) as they will be once the image is turned as its EXIF orientation tells; and that orientation."""
    if image.format == "PNG" and b"eXIf" not in content:  # else Pillow decodes a PNG to look for it
        return image.size, 1
    turn = _turn(image)
    swapped = turn in (5, 6, 7, 8) and image.format != "TIFF"  # Pillow turns TIFF files by itself
    return (image.size[::-1] if swapped else image.size), turn


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
    return np.asarray(image.convert("L"))


def reason(path, error):
    """What is wrong with an image file, in words."""
    if path.is_symlink() and not path.exists():
        return "a link that leads nowhere"
    if path.is_file() and path.stat().st_size == 0:
        return "the file is empty"
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image, whatever its name says"
    if "truncated" in str(error):
        return "the file is cut off: " + str(error)
    return str(error) or type(error).__name__


def turn_upright(image):
    """Turn a decoded image as its EXIF orientation tells, in place."""
    if _turn(image) != 1:
        ImageOps.exif_transpose(image, in_place=True)


def _turn(image):
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none, or none that can be read."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        return 1


@functools.lru_cache
def _formats():
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


@functools.lru_cache
def _lab_to_rgb():
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(*profiles, "LAB", "RGB")
