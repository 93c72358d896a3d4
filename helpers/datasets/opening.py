"""Image files, opened with care: known formats, one page, no more pixels than Pillow allows."""

import functools
import io
from pathlib import Path

from PIL import Image

from helpers.datasets.pixels import is_wide, orientation

# The formats in which images of cohorts come; all that Pillow could open besides is left closed.
FORMATS = ("JPEG", "MPO", "PNG", "TIFF", "BMP", "DIB", "GIF", "WEBP", "AVIF", "JPEG2000", "PPM")
SAMPLE_FORMAT = (
    339  # the TIFF tag that says whether numbers are unsigned (1), signed (2) or floating point (3)
)
PHOTOMETRIC = 262  # the TIFF tag that says whether 0 is black (1) or white (0)


def opened(file):
    """An image file, by its path or its bytes, as Pillow's image; its pixels are not decoded yet.

    A file is read as a whole first: of a path, Pillow 13 maps TIFF files into memory, and mixes up the rows of those
    that are to be turned.

    Raises
    ------
    ValueError, or what else is in `pixels.UNREADABLE` : no image of a known format, more pixels than Pillow's limit, several
    pages or frames, signed numbers of 8 bits, white stored as zero at more than 8 bits.
    """
    content = file if isinstance(file, bytes) else Path(file).read_bytes()
    image = Image.open(io.BytesIO(content), formats=formats())
    try:
        _refuse(image)
    except BaseException:
        image.close()
        raise
    return image


def is_image(path):
    """Whether the bytes of a file are those of an image in a known format, sound or not."""
    try:
        with Image.open(path, formats=formats()):
            return True
    except Image.DecompressionBombError:
        return True
    except Exception:  # Pillow raises many kinds for what is no image
        return False


def upright_size(image, content):
    """(width, height) as they will be once the image is turned as its EXIF orientation tells; and that orientation."""
    if image.format == "PNG" and b"eXIf" not in content:  # else Pillow decodes a PNG to look for it
        return image.size, 1
    turn = orientation(image)
    swapped = turn in (5, 6, 7, 8) and image.format != "TIFF"  # Pillow turns TIFF files by itself
    return (image.size[::-1] if swapped else image.size), turn


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


def _refuse(image):
    limit = Image.MAX_IMAGE_PIXELS
    if limit and image.width * image.height > limit:
        raise ValueError(f"{image.width}x{image.height} pixels are more than the limit of {limit}")
    if (pages := getattr(image, "n_frames", 1)) > 1:
        raise ValueError(
            f"holds {pages} pages, one image per file is expected; save the pages as files of their own"
        )
    if image.format == "TIFF" and not is_wide(image) and 2 in image.tag_v2.get(SAMPLE_FORMAT, ()):
        raise ValueError("holds signed numbers of 8 bits, which are not read as such; save it anew")
    if image.format == "TIFF" and image.tag_v2.get(PHOTOMETRIC) == 0 and is_wide(image):
        raise ValueError(
            "stores white as zero (PhotometricInterpretation 0) at more than 8 bits; save it anew"
        )


@functools.lru_cache
def formats():
    """The names of the formats that this Pillow can read."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]
