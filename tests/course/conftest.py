"""A project of one tiny lesson, built once; each test spoils its own copy."""

import shutil

import pytest

from course.lessons import build

PYPROJECT = '[project]\nname = "tiny"\n[project.urls]\nRepository = "https://github.com/someone/tiny"\n'
TINY = (
    """\
# %% [markdown]
# # 01 Tiny: a lesson for tests
# See the [card](../data/card.md).
#
# **Before you start.** Nothing.

# %% tags=["parameters", "setup"]
PROFILE = "quick"
DATA = "phantom"
DATA_ROOT = ""
SKIP_UNREADABLE = False
SEED = 7

# %% tags=["setup"]
import numpy as np
from helpers import parameters
from helpers.checks import lesson05 as checks

sizes = parameters.choose(PROFILE, DATA, DATA_ROOT, {"smoke": {"n": 1}, "quick": {"n": 2}, "full": {"n": 3}})

# %% nbgrader={"grade": false, "grade_id": "weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weights(gradients):
    ### BEGIN SOLUTION
    area = gradients.shape[1] * gradients.shape[2]
    return gradients.sum(axis=(1, 2)) / area
    ### END SOLUTION

# %%
checks.channel_weights(weights)

# %% nbgrader={"grade": true, "grade_id": "weights_tests", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Graded after collection.
### BEGIN HIDDEN TESTS
assert checks.channel_weights(weights).right
assert weights(np.ones((1, 2, 2, 1))) == 1, "the hidden name"
### END HIDDEN TESTS

# %% tags=["cover", "hide-input"]
# @title An empty square
import io
from IPython.display import display
from PIL import Image

square = io.BytesIO()
Image.new("RGB", (200, 100), "white").save(square, "png")
display({"image/png": square.getvalue()}, raw=True, metadata={"image/png": {"alt": "An empty square."}})

# %%
from helpers import results

if DATA_ROOT == "explode":
    raise RuntimeError("as asked")
path = results.save("01", {"n": sizes["n"], "seed_twice": 2 * SEED}, profile=PROFILE, data=DATA, seed=SEED)

# %% [markdown]
# ## Key points
#
# - One.
# - Two.
# - Three.
# - Four.
#
# ## Check yourself
"""
    + "".join(
        f"# <details><summary>Question {k}?</summary>\n#\n# Answer {k}.\n#\n# </details>\n" for k in range(5)
    )
    + """\
#
# **What is graded.** One exercise, two points.

# %%
checks.score()

# %% [markdown]
# **Next.** Nothing.
"""
)


@pytest.fixture(scope="session")
def _built(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    for folder in ("solutions", "notebooks", "data"):
        (root / folder).mkdir()
    (root / "data" / "card.md").write_text("# A card\n", encoding="utf-8")
    (root / "README.md").write_text("[the card](data/card.md)\n", encoding="utf-8")
    (root / "solutions" / "01_tiny.py").write_text(TINY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", "")
        build.build(root)
    return root


@pytest.fixture
def project(_built, tmp_path):
    """A copy of the built tiny project."""
    return shutil.copytree(_built, tmp_path / "project")


@pytest.fixture
def edit(project):
    """Replace text in a file of the project; the text must be there."""

    def replace(file, old, new):
        path = project / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace
