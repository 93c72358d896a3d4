"""One printed number: what a cell of a table says, with its decimals, unit, interval and spread.

"99.57 %"             0.9957, 4 decimals          "44 % (35 % to 52 %)"   with an interval
"0,54"                0.54 (decimal comma)        "95.1 ± 0.3"            with a spread
"<0.001"              with a bound                "45/50 (90 %)"          with a numerator and a denominator
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

NUMBER = r"[+-]?(?:\d[\d.,]*|\.\d+)(?:e[+-]?\d+)?"
VALUE = rf"{NUMBER}\s?%?"
BETWEEN = r"(?:-|to|;|,|\.\.\.?)"
MISSING = {"", "-", "--", "---", "n/a", "na", "nan", "none", "n.a.", "nr", "n.r.", ".", "...", "?", "/"}
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"), "-")
SPACES = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"),
    " ",
)
NOTHING = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
MARKS = "*†‡§¶"  # of footnotes and significance, and Markdown's bold
MOST_DECIMALS = 10  # a float written out in full is rounded to these


class NoNumber(ValueError):
    """A cell that holds something else than a number; the text says what."""


@dataclass(frozen=True)
class Printed:
    """A number as it was printed.

    value : as printed, without unit: 99.57 for "99.57 %". decimals : printed ones. percent : a % sign stands there.
    low, high : of an interval or range, each a `Printed`. spread : after a plus-minus, a `Printed`.
    parts : (numerator, denominator), whole numbers. bound : "", "<" or ">".
    """

    text: str
    value: float | None
    decimals: int | None = None
    percent: bool = False
    low: "Printed | None" = None
    high: "Printed | None" = None
    spread: "Printed | None" = None
    parts: tuple[int, int] | None = None
    bound: str = ""


def clean(text):
    """One kind of dash, space, and digit; no marks of footnotes, no characters without width."""
    text = text.translate(NOTHING).translate(DASHES).translate(SPACES)
    text = unicodedata.normalize("NFKC", _superscripts(text)).translate(DASHES)
    for mark in MARKS:
        text = text.replace(mark, "")
    return " ".join(text.split())


def has_decimal_comma(text):
    """Does this cell show which sign is the decimal one? True: the comma. False: the dot. None: it does not show."""
    found = {_comma(number) for number in re.findall(r"\d[\d.,]*\d|[.,]\d+", clean(text))} - {None}
    return found.pop() if len(found) == 1 else None


def parse(text, decimal_comma=False):
    """What a cell says; None for an empty one.

    Parameters
    ----------
    text : the cell. decimal_comma : whether "0,54" is 54 hundredths; otherwise commas part thousands.

    Raises
    ------
    NoNumber : the cell holds something else.
    """
    whole = clean(text)
    if whole.casefold() in MISSING:
        return None
    rest = re.sub(r"^[a-z][a-z' ]{0,12}?\s*(?=[<>=≤≥])", "", whole.casefold())  # "p < 0.05"
    rest = rest.removeprefix("=").strip()
    rest = re.sub(r"(?<=\d)\s?[x×·]\s?10\s?\^?\s?([+-]?\d+)", r"e\1", rest)  # 1.2 x 10^-6
    rest = re.sub(r"(?<=\d)[ '](?=\d{3}(?!\d))", "", rest)  # 12 446

    def read(number):
        return _plain(number.strip(), decimal_comma, whole)

    bound = {"<": "<", "≤": "<", ">": ">", "≥": ">"}.get(rest[:1], "")
    rest = rest[bool(bound) :].strip()

    if re.fullmatch(VALUE, rest) and not re.fullmatch(r"\d+\.\d+,\d+\.\d+", rest):
        return _with(read(rest), text, bound=bound)
    if found := re.fullmatch(rf"({VALUE})\s?{BETWEEN}\s?({VALUE})", rest):
        return _with(Printed(text, None), text, low=read(found[1]), high=read(found[2]))
    if found := re.match(r"(\d+)\s?(?:/|of)\s?(\d+)(?=$|\s?[(\[])", rest):
        inside = re.fullmatch(rf"\s?[(\[]\s?({VALUE})\s?[)\]]", rest[found.end() :])
        if found.end() < len(rest) and not inside:
            raise NoNumber(whole)
        return _with(read(inside[1]) if inside else Printed(text, None), text, parts=_parts(found))
    head = re.match(VALUE, rest)
    if not head:
        raise NoNumber(whole)
    number, tail = read(head[0]), rest[head.end() :].strip()
    return _with(number, text, bound=bound, **_tail(tail, read, whole))


def _tail(tail, read, whole):
    """What may stand behind a number: a spread, an interval, a fraction."""
    if not tail:
        return {}
    if found := re.fullmatch(rf"(?:±|\+/-|\+-)\s?({VALUE})", tail):
        return {"spread": read(found[1])}
    inside = re.fullmatch(r"[(\[]\s?(.*?)\s?[)\]]", tail)
    if not inside:
        raise NoNumber(whole)
    inner = re.sub(r"^\d+\s?%?\s?(?:ci|confidence interval|interval)\s?[:,;]?\s?", "", inside[1])
    if found := re.fullmatch(r"(\d+)\s?/\s?(\d+)", inner):
        return {"parts": _parts(found)}
    if found := re.fullmatch(rf"({VALUE}?)\s?{BETWEEN}\s?({VALUE})", inner):
        return {"low": read(found[1]), "high": read(found[2])}
    if found := re.fullmatch(rf"(?:±|sd)\s?:?\s?({VALUE})", inner):
        return {"spread": read(found[1])}
    raise NoNumber(whole)


def _plain(number, decimal_comma, whole):
    """A `Printed` of a bare number with or without a % sign."""
    digits, percent = number.rstrip("% "), number.endswith("%")
    if decimal_comma:
        digits = digits.translate(str.maketrans(",.", ".,"))
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    try:
        exact = Decimal(digits)
    except ArithmeticError:
        raise NoNumber(whole) from None
    if not -30 < exact.adjusted() < 30:
        raise NoNumber(whole)
    decimals = max(0, -exact.as_tuple().exponent)
    if decimals > MOST_DECIMALS and "e" not in digits:
        exact, decimals = round(exact, MOST_DECIMALS), MOST_DECIMALS
    return Printed(number, float(exact), decimals, percent)


def _with(number, text, **more):
    """A number with more beside it; a % sign behind any of them holds for all."""
    found = replace(number, text=text, **more)
    parts = {name: part for name in ("low", "high", "spread") if (part := getattr(found, name))}
    if found.percent or any(part.percent for part in parts.values()):
        parts = {name: replace(part, percent=True) for name, part in parts.items()}
        found = replace(found, percent=True, **parts)
    return found


def _parts(found):
    return int(found[1]), int(found[2])


def _comma(number):
    """Does one run of digits, dots and commas show that the comma is the decimal sign (True), or the dot (False)?"""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return None
    sign, before, after = number[last], number[:last], number[last + 1 :]
    other = "." if sign == "," else ","
    if other in before:
        return sign == ","
    if sign in before:  # 1,234,567 parts thousands; 0.5.6 is no number
        return sign == "." if re.fullmatch(r"\d{1,3}([.,]\d{3})+", number) else None
    if re.fullmatch(r"[1-9]\d{0,2}", before) and len(after) == 3:  # 12,446 and 12.446 show nothing
        return None
    return sign == ","


def _superscripts(text):
    """10⁻⁶ as 10^-6 before the signs are made plain."""
    return re.sub(r"(?<=10)[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0], text).replace("⁻", "-")
