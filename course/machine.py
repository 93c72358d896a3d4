"""Are the course's packages made for this machine? Standard library only."""

import os
import platform
import sys
import sysconfig

OLDEST_GLIBC = (2, 28)
LONGEST_ROOT = 71  # characters; on Windows a path has 259 at most, and TensorFlow's longest need the others


def check(root):
    """Say so, before anything is fetched, where the packages are not made for this machine or the folder lies too deep."""
    if lacking := unsupported(sysconfig.get_platform(), platform.machine(), *platform.libc_ver()):
        sys.exit(
            "The course's packages, TensorFlow among them, are not made for {}. Open the notebooks in Colab by their "
            "badges, or take a machine with Linux (x86_64 or arm64, glibc 2.28 or newer), Windows (x86_64) or macOS 12 "
            "or newer (Apple silicon).".format(lacking)
        )
    if os.name == "nt" and len(str(root)) > LONGEST_ROOT and not long_paths():
        sys.exit(
            "{} is {} characters long; at most {} leave room for the packages' own paths on Windows. Move the course to "
            "a folder with a shorter name such as C:\\course, or have an administrator enable long paths "
            "(LongPathsEnabled).".format(root, len(str(root)), LONGEST_ROOT)
        )


def unsupported(system, machine, libc, libc_version):
    """What this machine is, in words, if some pinned package has no wheel for it; else None.

    system : as of `sysconfig.get_platform()`, such as "win-amd64". machine : as of `platform.machine()`.
    libc, libc_version : as of `platform.libc_ver()`; ("", "") where it is not glibc.
    """
    name, *_, architecture = system.replace("win32", "win-32").split("-")
    architecture = machine.lower() if architecture == "universal2" else architecture
    if name == "win" and architecture != "amd64":
        return "Windows on ARM" if architecture.startswith("arm") else "a 32-bit Python on Windows"
    if name == "macosx" and architecture != "arm64":
        return "Macs with Intel processors, nor for a Python that was made for those"
    if name == "linux":
        if architecture not in ("x86_64", "aarch64"):
            return "Linux on {}".format(architecture)
        if libc != "glibc":
            return "Linux without glibc, such as Alpine"
        if tuple(map(int, libc_version.split(".")[:2])) < OLDEST_GLIBC:
            return "Linux with glibc {}".format(libc_version)
    return None


def long_paths():
    """May paths on this Windows be longer than 259 characters?"""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return winreg.QueryValueEx(key, "LongPathsEnabled")[0] == 1
    except FileNotFoundError:  # an old Windows has no such setting
        return False
