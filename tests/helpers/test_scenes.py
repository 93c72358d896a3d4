"""Scenes: the contract of the source task, and that the label can be seen in the image."""

import ast
import inspect

import numpy as np
import pytest

from helpers.phantoms import chest, scenes


@pytest.fixture(scope="module")
def drawn():
    return scenes.scenes(280, seed=3)


def _imports(module):
    """Names of all modules that a module's source imports."""
    names = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def _shape(kind, seed=0, size=96):
    """The structure alone: (size, size) float32."""
    axis = ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)
    rng = np.random.default_rng(seed)
    draw, low, high = scenes.KINDS[kind]
    u, v, pixel = scenes._place(*np.meshgrid(axis, axis), rng.uniform(low, high), rng)
    return draw(u, v, pixel, rng)


def test_shapes_types_and_range(drawn):
    assert drawn.images.shape == (280, 96, 96) and drawn.images.dtype == np.float32
    assert np.isfinite(drawn.images).all() and drawn.images.min() >= 0 and drawn.images.max() <= 1
    assert drawn.labels.shape == (280,) and drawn.labels.dtype.kind == "i"
    assert drawn.images.std(axis=(1, 2)).min() > 0.05  # none is empty


def test_all_classes_are_there_equally_often_and_in_random_order(drawn):
    assert len(scenes.CLASS_NAMES) == 14
    assert np.bincount(drawn.labels).tolist() == [20] * 14
    assert not (np.diff(drawn.labels) >= 0).all() and not (drawn.labels == np.arange(280) % 14).all()
    assert sorted(set(np.bincount(scenes.scenes(30, size=32).labels))) == [2, 3]


def test_the_seed_fixes_everything(drawn):
    again, other = scenes.scenes(280, seed=3), scenes.scenes(28, seed=4)
    assert (again.images == drawn.images).all() and (again.labels == drawn.labels).all()
    assert not (other.images == drawn.images[:28]).all(axis=(1, 2)).any()


@pytest.mark.parametrize("kind", scenes.CLASS_NAMES)
def test_structures_are_shapes_of_at_most_one(kind):
    for seed in range(10):
        shape = _shape(kind, seed)
        assert shape.shape == (96, 96) and shape.dtype == np.float32
        assert 0 <= shape.min() and shape.max() <= 1 + 1e-6
        covered = (shape > 0.5).sum()
        assert covered == 0 if kind == "nothing" else covered >= 3


def test_structures_lie_in_the_image():
    for kind in ("disc", "ring", "cross", "stick", "grid"):
        shapes = np.stack([_shape(kind, seed) for seed in range(30)])
        border = np.concatenate([shapes[:, [0, -1]].ravel(), shapes[:, :, [0, -1]].ravel()])
        assert border.max() == 0


def test_scenes_share_no_code_with_the_phantoms_of_patients():
    mine, theirs = _imports(scenes), _imports(chest)
    assert any(name.startswith("helpers.phantoms") for name in theirs)  # the search can find something
    assert not any(name.startswith("helpers.phantoms") for name in mine)
    assert {name for name in mine if name.startswith("helpers")} == {"helpers", "helpers.seeds"}
    functions = [
        {name for name, value in vars(module).items() if inspect.isfunction(value)}
        for module in (scenes, chest)
    ]
    shared = functions[0] & functions[1]
    assert all(
        inspect.getsource(vars(scenes)[name]) != inspect.getsource(vars(chest)[name]) for name in shared
    )


@pytest.mark.parametrize(
    ("n", "size", "said"), [(0, 96, "at least one scene"), (5, 16, "at least 32 pixels")]
)
def test_what_cannot_be_drawn_is_an_error(n, size, said):
    with pytest.raises(ValueError, match=said):
        scenes.scenes(n, size=size)
