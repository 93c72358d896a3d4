"""Scenes: the contract of the source task, and that what is told can be seen in the image."""

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
    assert drawn.presence.shape == (280, 3, 3, 26) and drawn.statistics.shape == (280, 3, 3, 2)
    for part in drawn:
        assert np.isfinite(part).all() and part.min() >= 0 and part.max() <= 1 + 1e-6
    assert drawn.images.std(axis=(1, 2)).min() > 0.01  # none is empty


def test_kinds_signs_and_numbers_are_dealt_evenly(drawn):
    assert len(scenes.CLASS_NAMES) == 13
    there = drawn.presence.max(axis=(1, 2)) > 0.5  # (280, 26)
    assert 9 <= there.sum(axis=0).min() and there.sum(axis=0).max() <= 45  # about 21 each, some covered twice
    assert set(there.sum(axis=1)) == {0, 1, 2, 3, 4}


def test_statistics_are_those_of_the_cells(drawn):
    cell = drawn.images[5, 32:64, 64:]
    assert drawn.statistics[5, 1, 2] == pytest.approx([cell.mean(), cell.std()], abs=1e-6)


@pytest.mark.parametrize("kind", ["soft blob", "disc", "dots"])
def test_presence_tells_where_and_of_which_sign(monkeypatch, kind):
    """The same scenes drawn with and without their structures differ where and as `presence` says."""
    draw, low, high = scenes.KINDS[kind]
    monkeypatch.setattr(scenes, "_display", lambda image, rng: image)
    monkeypatch.setattr(scenes, "CLASS_NAMES", (kind,))
    monkeypatch.setattr(scenes, "KINDS", {kind: (draw, low, high)})
    told = np.zeros((60, 3, 3, 2), np.float32)
    full = np.stack([scenes._scene(96, told[i], np.random.default_rng(i)) for i in range(60)])
    monkeypatch.setattr(scenes, "KINDS", {kind: (lambda *given: 0 * draw(*given), low, high)})
    empty = np.stack([scenes._scene(96, np.zeros((3, 3, 2)), np.random.default_rng(i)) for i in range(60)])
    tiles = (full - empty).reshape(60, 3, 32, 3, 32)
    changed = np.stack([tiles.max(axis=(2, 4)), -tiles.min(axis=(2, 4))], axis=-1)
    one_sign = told.max(axis=(1, 2)).min(axis=1) == 0  # of both signs, one may cover the other
    assert one_sign.sum() >= 20
    told, changed = told[one_sign], changed[one_sign]
    assert (changed[told == 0] < 1e-4).all()
    assert (changed[told > 0.5] > 0.5 * 0.3 - 1e-4).all() and (told > 0.5).any(axis=(0, 1, 2)).all()


def test_the_seed_fixes_everything(drawn):
    again, other = scenes.scenes(280, seed=3), scenes.scenes(28, seed=4)
    assert all((a == b).all() for a, b in zip(again, drawn, strict=True))
    assert not (other.images == drawn.images[:28]).all(axis=(1, 2)).any()


@pytest.mark.parametrize("kind", scenes.CLASS_NAMES)
def test_structures_are_shapes_of_at_most_one(kind):
    for seed in range(10):
        shape = _shape(kind, seed)
        assert shape.shape == (96, 96) and shape.dtype == np.float32
        assert 0 <= shape.min() and shape.max() <= 1 + 1e-6
        covered = (shape > 0.5).sum()
        assert covered >= 3


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
    ("n", "size", "said"),
    [(0, 96, "at least one scene"), (5, 48, "multiple of 32 pixels"), (5, 0, "multiple of 32 pixels")],
)
def test_what_cannot_be_drawn_is_an_error(n, size, said):
    with pytest.raises(ValueError, match=said):
        scenes.scenes(n, size=size)
