"""Download what is not on this computer: from a public address with a checksum on record, or through kagglehub."""

import importlib.util
import shutil
import tempfile
from pathlib import Path

import pooch
import requests  # comes with pooch; only its errors are used

from helpers.datasets.downloads import archives, local
from helpers.datasets.downloads.advice import reason, refusal

TIMEOUT = 30  # seconds without a byte from the server


def from_kaggle(source):
    """Let kagglehub download; it keeps its own cache, verifies, and returns a folder."""
    try:
        import kagglehub
    except ImportError as error:
        lack = "it comes from Kaggle, and kagglehub is not installed (pip install kagglehub)"
        raise refusal(source, lack, again=False) from error
    try:
        path = Path(kagglehub.dataset_download(source.kaggle)).resolve()
    except Exception as error:  # kagglehub raises many kinds: network, account, its own
        why = " ".join(str(error).split()) or type(error).__name__
        raise refusal(source, f"kagglehub could not download {source.kaggle}: {why}") from error
    if not path.is_dir() or not any(path.iterdir()):
        raise refusal(source, f"kagglehub says that it is in {path}, but nothing is there")
    local.stamp(source, path)
    return path


def from_address(source, progress):
    """Download, verify and unpack in a folder of its own; then move it to the final name."""
    if not source.address:
        raise refusal(source, "no public address is on record", again=False)
    if not source.checksum:
        lack = "no checksum is on record, so nothing would tell a good file from a bad one"
        raise refusal(source, lack, again=False)
    folder = local.place()
    local.sweep(folder)
    _check_space(source, folder)
    try:
        with tempfile.TemporaryDirectory(
            prefix=local.PARTIAL, dir=folder, ignore_cleanup_errors=True
        ) as partial:
            file = _retrieve(source, Path(partial) / "ready", progress)
            ready = archives.unpacked(source, file) if source.archive else file.parent
            return local.install(source, ready, folder / source.name)
    except OSError as error:
        raise refusal(source, f"{folder}: {error}") from error


def _check_space(source, folder):
    """An archive and what it holds lie side by side for a while."""
    needed, free = (source.size or 0) * (2 if source.archive else 1), shutil.disk_usage(folder).free
    if needed > free:
        raise refusal(
            source, f"{folder} has {free / 1e9:.1f} GB left, and about {needed / 1e9:.1f} GB are needed"
        )


def _retrieve(source, folder, progress):
    """The downloaded file, verified."""
    http = pooch.HTTPDownloader(
        progressbar=bool(progress and importlib.util.find_spec("tqdm")),
        chunk_size=2**16,
        timeout=TIMEOUT,
        headers={"User-Agent": f"explainable-imaging course (pooch {pooch.__version__})"},
    )

    def download(url, file, _):
        http(url, file, None)
        if (found := local.checksum(file)) != source.checksum:
            raise refusal(
                source,
                f"{source.file} is not the file on record: expected {source.checksum}, found {found}. It was "
                "damaged on the way, or its publishers have changed it. It was not kept",
            )

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # else it writes to stderr, which is red in a notebook
    try:
        return Path(pooch.retrieve(source.address, source.checksum, source.file, folder, downloader=download))
    except (requests.RequestException, ValueError) as error:
        raise refusal(source, reason(error, TIMEOUT)) from error
    finally:
        logger.setLevel(level)
