"""What students get is what nbgrader can collect."""

import nbformat
from nbgrader.utils import is_grade


def test_released_notebooks_keep_their_points_and_locks(root):
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            if is_grade(cell):
                assert (
                    cell.metadata.nbgrader["locked"]
                    and cell.metadata.nbgrader["checksum"]
                    and not cell.metadata.deletable
                )
