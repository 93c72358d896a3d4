"""Real images for runs in the smoke profile, where the road is tested and not the figures: some of each class will do."""

import re
import shutil

import pytest

SOME = {
    "chest_xray_224/train/*": 300,
    "chest_xray_224/test/*": 120,
    "kidney_ct_224/*": 150,
}  # files of each class


@pytest.fixture(scope="session")
def some_real_data(real_data, tmp_path_factory):
    """The folder of real images with the first files, by number, of each class of the two large sets; the others whole."""
    folder = tmp_path_factory.mktemp("real")
    for path in real_data.iterdir():
        if not any(pattern.startswith(f"{path.name}/") for pattern in SOME):
            (folder / path.name).symlink_to(path)
    for pattern, most in SOME.items():
        for source in real_data.glob(pattern):
            target = folder / source.relative_to(real_data)
            target.mkdir(parents=True)
            for path in sorted(source.iterdir(), key=_numbered)[:most]:
                shutil.copy(path, target)
    return folder


def _numbered(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]
