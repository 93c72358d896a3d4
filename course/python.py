"""Go on only in a Python that the packages support.

Written for any Python from 2.7 on: a newcomer with the wrong version gets a sentence and not a SyntaxError.
"""

import os
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def require(version=None):
    """Return if this Python will do; otherwise restart in one that will, or say what to install."""
    version = tuple((version or sys.version_info)[:2])
    if OLDEST <= version <= NEWEST:
        return
    for command in candidates():
        if runs(command):
            raise SystemExit(subprocess.call(command + ["-m", "course"] + sys.argv[1:]))
    sys.exit(
        "The course needs Python {}.{} to {}.{}, and this is Python {}.{}.\n"
        "Install one of them (python.org, or your package manager) and run, say:  python3.12 -m course run".format(
            *(OLDEST + NEWEST + version)
        )
    )


def candidates():
    """Commands that may start a Python that will do, the newest first."""
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    if os.name == "nt":
        return [["py", "-3.{}".format(minor)] for minor in minors]
    return [["python3.{}".format(minor)] for minor in minors]


def runs(command):
    """Whether a command starts a Python that will do; a shim without its Python does not."""
    code = "import sys; sys.exit(not {} <= sys.version_info[:2] <= {})".format(OLDEST, NEWEST)
    try:
        with open(os.devnull, "wb") as nowhere:
            return subprocess.call(command + ["-c", code], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False
