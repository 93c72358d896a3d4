"""Links of the repository's texts, as the pages follow them."""

import posixpath
import re
from urllib.parse import quote, unquote


class Links:
    """Where links lead, once notebooks and Markdown files have become pages.

    Parameters
    ----------
    root : of the repository. address : of the repository on the web. pages : path in the repository -> path of its page,
    both with `/`, such as {"docs/glossary.md": "docs/glossary.html"}.
    """

    def __init__(self, root, address, pages):
        self.root, self.address, self.pages = root, address, pages
        self.pictures = set()  # paths in the repository of pictures that pages show

    def follow(self, target, source, page):
        """A link's address on a page: of another page, else of the file in the repository on the web.

        Parameters
        ----------
        target : as it is written. source : path in the repository of the file that it is written in. page : path of
        the page that it appears on.
        """
        path, anchor = self._inside(target, source)
        if path is None:
            return target
        if path in self.pages:
            return _relative(self.pages[path], page) + anchor
        kind = "tree" if (self.root / path).is_dir() else "blob"
        return f"{self.address}/{kind}/main/{quote(path)}{anchor}"

    def picture(self, target, source, page):
        """A picture's address on a page; remembers that the file is to be copied."""
        path, _ = self._inside(target, source)
        if path is None:
            return target
        self.pictures.add(path)
        return _relative(path, page)

    def _inside(self, target, source):
        """(path in the repository, "#anchor" or ""), or (None, "") for other places and for this page itself."""
        path, mark, anchor = target.removeprefix(f"{self.address}/blob/main/").partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return None, ""
        folder = "" if target.startswith(self.address) else posixpath.dirname(source)
        return posixpath.normpath(posixpath.join(folder, unquote(path))), mark + anchor


def _relative(target, page):
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
