"""A folder as people see it in a message: names, and how many images lie below each."""


def draw(folder, depth=3, width=8):
    """A folder as an indented text: names, and how many images lie below each.

    >>> from pathlib import Path
    >>> from helpers.datasets.tree import Folder
    >>> print(draw(Folder(Path("set"), (), (), (Folder(Path("set/Cyst"), (1, 2), (), ()),))))
    set/
        Cyst/    2 images
    """
    images = f"    {folder.count} images" if folder.images else ""
    lines = [f"{folder.name}/{images}"]
    shown = folder.folders[:width] if depth else ()
    for deeper in shown:
        lines += ["    " + line for line in draw(deeper, depth - 1, width).splitlines()]
    if len(folder.folders) > len(shown):
        lines.append(f"    ... and {len(folder.folders) - len(shown)} folders more")
    return "\n".join(lines)
