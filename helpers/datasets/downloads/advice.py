"""What people are told when a download is not to be had: why, and what to do by hand."""

import requests  # comes with pooch; only its errors are used

from helpers.datasets.base import DatasetError


def reason(error, timeout):
    """Why a download failed."""
    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"the server sent nothing for {timeout} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut before the file was complete"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached. Is there a network?"
    return str(error) or type(error).__name__


def refusal(source, reason, again=True):
    """The error to raise: what failed and why, and what to do instead."""
    where = f" from {source.address}" if source.address else ""
    end = "" if reason.endswith((".", "?")) else "."
    advice = "Try again, or do it by hand." if again else "Do it by hand."
    return DatasetError(f"{source.name}: not downloaded{where}: {reason}{end} {advice}\n\n{steps(source)}")


def steps(source):
    steps = list(source.manual)
    if source.checksum:
        size = f"{source.size:,} bytes, " if source.size else ""
        steps.append(f"Check {source.file}: {size}SHA-256 {source.checksum.removeprefix('sha256:')}.")
    steps.append(
        f"Say where the images are: pass root= (--data-root), or name their folder {source.name} and set the "
        "environment variable COURSE_DATA_DIR to the folder that holds it."
    )
    lines = [f"{source.title}, by hand:"]
    lines += [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    lines += [f"Licence: {source.licence}", f"Cite: {source.cite}", f"Homepage: {source.homepage}"]
    return "\n".join(lines)
