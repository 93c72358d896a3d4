"""Which machines the pinned packages are made for. Resolved by uv for each, from the registry's lists; nothing is installed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pytest

MADE_FOR = {
    "x86_64-manylinux_2_28": "Linux, x86_64, glibc 2.28",
    "aarch64-manylinux_2_28": "Linux, arm64, glibc 2.28",
    "x86_64-pc-windows-msvc": "Windows, x86_64",
    "aarch64-apple-darwin": "macOS 12, Apple silicon",
}
VERSIONS = ("3.11", "3.12", "3.13")
NOT_MADE_FOR = {
    "x86_64-manylinux_2_17": "older Linux",
    "x86_64-unknown-linux-musl": "Alpine",
    "aarch64-pc-windows-msvc": "Windows on ARM",
    "x86_64-apple-darwin": "Macs with Intel processors",
}


def _lacking(lock, platform, version):
    """What uv says of the first pin without a wheel for a platform and a Python; "" if all have one."""
    command = [sys.executable, *"-m uv pip compile --quiet --no-config --no-python-downloads".split()]
    command += ["--no-deps", "--only-binary", ":all:", "--python-platform", platform]
    command += ["--python-version", version, str(lock)]
    variables = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "12.0"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=variables)
    return done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def lock(root, tmp_path_factory):
    """The lock, if a registry of packages can be asked."""
    pytest.importorskip("uv")
    one = tmp_path_factory.mktemp("lock") / "one.txt"
    one.write_text("platformdirs\n", encoding="utf-8")
    if said := _lacking(one, "linux", "3.12"):
        pytest.skip(f"NO REGISTRY of packages can be reached, so no platform was resolved: {said[:200]}")
    return root / "requirements.lock"


@pytest.fixture(scope="module")
def lacking(lock):
    """What the lock lacks, as (platform, version) -> a future of the text: all are asked at once, for most of it is waiting."""
    asked = [
        *((platform, version) for platform in MADE_FOR for version in VERSIONS),
        *((platform, "3.12") for platform in NOT_MADE_FOR),
    ]
    with ThreadPoolExecutor(4) as pool:
        yield {
            (platform, version): pool.submit(_lacking, lock, platform, version) for platform, version in asked
        }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("platform", MADE_FOR)
def test_every_pin_has_a_wheel(platform, version, lacking):
    assert not lacking[platform, version].result(), f"{MADE_FOR[platform]}, Python {version}"


@pytest.mark.parametrize("platform", NOT_MADE_FOR)
def test_what_set_up_refuses_cannot_be_had(platform, lacking):
    """If it can one day, take it out of `machine.unsupported`, and of the README."""
    assert "no usable wheels" in lacking[platform, "3.12"].result(), NOT_MADE_FOR[platform]


def test_a_path_on_windows_leaves_room_for_the_longest_file(root):
    """The longest of the Windows wheel of TensorFlow; Linux has longer ones of its own (CUDA)."""
    from course import machine

    longest = "tensorflow/include/external/envoy_api/envoy/extensions/load_balancing_policies/"
    longest += "client_side_weighted_round_robin/v3/client_side_weighted_round_robin.upb_minitable.h"
    tensorflow = metadata.distribution("tensorflow")
    assert Path(tensorflow.locate_file(longest)).is_file(), (
        "look for the longest path of its Windows wheel anew"
    )
    assert machine.LONGEST_ROOT + len("\\.venv\\Lib\\site-packages\\") + len(longest) <= 259
