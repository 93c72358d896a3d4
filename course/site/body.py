"""The last steps of every page's body: anchors, links, tables that a phone and a screen reader can take."""

import re
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Comment

from course.project import anchor

TAKEN = ("content", "guides")  # anchors of the page around the body
CODE = re.compile(r"(<pre\b[^>]*>)(.*?)(?=</pre>)", re.DOTALL)
PUT_ASIDE = re.compile("\ue000([0-9]+)\ue000")  # a character that nobody writes
QUOTES = re.compile("&(quot|#34|#39|#x27);")  # where they are text, they stand for themselves


@dataclass
class Body:
    """The body of a page.

    html : its text. headings : of the levels 2 and 3, as (level, anchor, text). sections : what a search looks through,
    as (anchor, heading, text).
    """

    html: str
    headings: list = field(default_factory=list)
    sections: list = field(default_factory=list)


def finish(html, follow, picture):
    """A `Body` from raw HTML.

    Parameters
    ----------
    html : of a notebook's cells or a Markdown file. follow, picture : from a link or a picture's address as it is written
    to the one on the page.
    """
    html, codes = _without_code(html)
    soup = BeautifulSoup(html, "html.parser")
    for node in soup(["style", "script"]) + soup(string=lambda text: isinstance(text, Comment)):
        node.extract()
    _anchors(soup)
    for link in soup("a", href=True):
        if not link.find_parent("figure"):
            link["href"] = follow(link["href"])
    for image in soup("img"):
        if not image.find_parent("figure"):
            image["src"] = picture(image["src"])
            image["loading"] = "lazy"
    for number, table in enumerate(soup("table"), 1):
        _table(soup, table, number)
    for code in soup("pre"):
        code["tabindex"] = "0"
        if not code.find_parent(class_="output"):
            (code.find_parent(class_="highlight") or code.wrap(soup.new_tag("div")))["class"] = "code"
    headings = [(int(one.name[1]), one["id"], one.get_text()) for one in soup(["h2", "h3"])]
    whole = PUT_ASIDE.sub(lambda found: codes[int(found[1])], str(soup))
    return Body(whole, headings, _sections(soup))


def _without_code(html):
    """The HTML with a number in each `pre`, and the list of what stood there: most of a page, and nothing in it changes."""
    codes = []

    def put_aside(found):
        codes.append(QUOTES.sub(lambda one: '"' if one[1] in ("quot", "#34") else "'", found[2]))
        return f"{found[1]}\ue000{len(codes) - 1}\ue000"

    return CODE.sub(put_aside, html), codes


def _anchors(soup):
    """Each heading an anchor of its own; a single h1; no level left out on the way down."""
    used, level = dict.fromkeys(TAKEN, 0), 0
    for heading in soup(re.compile("^h[1-6]$")):
        wanted = int(heading.name[1])
        level = min(max(wanted, 2), level + 1) if level else wanted
        heading.name = f"h{level}"
        name = anchor(heading.get_text())
        used[name] = used.get(name, -1) + 1
        heading["id"] = f"{name}-{used[name]}" if used[name] else name


def _table(soup, table, number):
    """Headers with a scope, pandas' row of index names joined to the header, and a labelled region that scrolls."""
    del table["border"]
    rows = table.thead("tr") if table.thead else []
    if len(rows) == 2 and not any(cell.get_text(strip=True) for cell in rows[1]("th")[1:]):
        rows[0].th.string = rows[1].th.get_text()
        rows[1].extract()
    for row in table("tr"):
        del row["style"]
        for cell in row("th"):
            cell["scope"] = "col" if row.parent.name == "thead" else "row"
            if not cell.get_text(strip=True):
                cell.name = "td"
                del cell["scope"]
    heading = table.find_previous(re.compile("^h[1-6]$"))
    label = f"Table {number}" + (f": {heading.get_text()}" if heading else "")
    table.wrap(
        soup.new_tag("div", attrs={"class": "scroll", "role": "region", "tabindex": "0", "aria-label": label})
    )


def _sections(soup):
    """Prose under each heading; no code and no output of code."""
    found = [["", "", []]]
    for node in _prose(soup):
        if isinstance(node, str):
            found[-1][2].append(node)
        else:
            found.append([node["id"], node.get_text(), []])
    sections = [(name, heading, " ".join("".join(texts).split())) for name, heading, texts in found]
    return [one for one in sections if one[1] or one[2]]


def _prose(node):
    """The texts below a node, and its headings as they are, in order."""
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif child.name in ("h1", "h2", "h3"):
            yield child
        elif child.name not in ("pre", "math") and "output" not in child.get("class", []):
            yield from _prose(child)
