"""Write a card to a file."""

from helpers import results


def write(name, text):
    """Write Markdown to the folder `cards` of the course's cache (`results.cache()`); returns the path.

    Raises
    ------
    ValueError : `name` has no ending .md.
    """
    if not name.endswith(".md"):
        raise ValueError(f"a card is a Markdown file, with the ending .md; got {name!r}")
    path = results.cache() / "cards" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
