"""Whose is a row of the LMS's sheet: by the LMS's own number, an id, an address or a name."""

import re
from collections import Counter, defaultdict

from course.grading.roster import handed_in_by, words

NOBODYS, UNCLEAR = "of nobody on the roster", "not clear whose"


def owners(sheet, rows, canvas, standings, entries):
    """Of each row (the standing of its student, ""), or (None, why not).

    standings, entries : of the lesson; entries tell which Canvas or Moodle number a student's file bore.
    """
    lms, word = ("canvas", "canvas") if canvas else ("moodle", "participant")
    by_key = _common_keys(standings) | _numbers(standings, entries, lms, word)
    found = [_whose(_row_keys(sheet, row, canvas), by_key) for row in rows]
    ranks = defaultdict(list)
    for rank, one, _ in found:
        if one:
            ranks[one.student.student_id].append(rank)
    for rank, one, why in found:
        if one and sum(other <= rank for other in ranks[one.student.student_id]) > 1:
            yield None, UNCLEAR  # a row that is surer of this student, or just as sure, stands beside it
        else:
            yield one, why


def _row_keys(sheet, row, canvas):
    """What may tell whose row it is, the surest first; "" where it does not tell."""
    if canvas:
        header, names = sheet.header(), ("ID", "SIS User ID", "SIS Login ID")
        values = [sheet.value(row, header.index(name)) for name in names if name in header]
        values = [f"canvas {values[0]}", *values]
        return [value.lower() for value in values] + [" ".join(sorted(words(sheet.value(row, 0))))]
    number = re.search(r"(\d+)\s*$", sheet.value(row, 0))
    values = [sheet.value(row, k) for k in range(1, len(row))]
    mail = next((value.lower() for value in values if re.fullmatch(r"\S+@\S+", value)), "")
    names = [" ".join(sorted(words(value))) for value in values[:2]]
    return [f"participant {number[1]}" if number else "", mail, *names]


def _whose(keys, by_key):
    """(rank of the key that tells, the standing, ""); keys that tell of different students tell of none."""
    told = [(rank, by_key[key], "") for rank, key in enumerate(keys) if key and key in by_key]
    if len({one.student.student_id for _, one, _ in told}) == 1:
        return told[0]
    return len(keys), None, UNCLEAR if told else NOBODYS


def _numbers(standings, entries, lms, word):
    """The LMS's numbers of students, as their files bear them; where that is one to one."""
    by_id, found = {one.student.student_id: one for one in standings}, set()
    for entry in entries:
        _, written, number = handed_in_by(entry["file"])
        if written == lms and entry["student"] in by_id:
            found.add((number, entry["student"]))
    numbers, ones = Counter(number for number, _ in found), Counter(one for _, one in found)
    return {f"{word} {number}": by_id[one] for number, one in found if numbers[number] == ones[one] == 1}


def _common_keys(standings):
    """id, address, its first part, and name -> standing; each where nobody else has it, an id before all others."""
    keys = {one.student.student_id.lower(): one for one in standings}
    for key_of in (
        lambda student: student.email.lower(),
        lambda student: student.email.split("@")[0].lower(),
        lambda student: " ".join(sorted(words(student.name))),
    ):
        found = {}
        for one in standings:
            found.setdefault(key_of(one.student), []).append(one)
        keys = {key: ones[0] for key, ones in found.items() if key and len(ones) == 1} | keys
    return keys
