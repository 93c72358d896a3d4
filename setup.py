"""Everything is in pyproject.toml but this: a wheel holds the folder data/ as helpers/data, so that the course works without a
clone: cards, registry, recorded figures, weights, published tables."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithData(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:  # there, helpers/paths.py finds the clone's own
            shutil.copytree("data", Path(self.build_lib, "helpers", "data"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithData})
