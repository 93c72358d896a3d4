"""What an audit says: on the terminal, and as audit.json."""

import textwrap
from dataclasses import asdict

from course.audit import checks, layout

WIDTH = 100
FOUND = ("impossible", "at chance", "suspicious")


def verdict(subjects):
    """One sentence on the whole table."""
    counts = {severity: 0 for severity in (*FOUND, "consistent", "not applicable")}
    for finding in (finding for one in subjects for finding in one.findings):
        counts[finding.severity] += 1
    found = [f"{counts[severity]} {severity}" for severity in FOUND if counts[severity]]
    if found:
        return f"Found: {', '.join(found)}."
    if counts["consistent"]:
        return "Nothing was found: the numbers are consistent as far as they can be checked."
    return "Nothing could be checked."


def how_it_was_read(table):
    """Sentences: columns with units and decimals, what was left out, images of classes."""
    lines = [f"{layout.KINDS[table.kind]}; {'; '.join(table.remarks)}"]
    lines += [f"{name}: {unit}" for name, unit in table.units.items()]
    if table.left_out:
        lines.append(f"left out, no check knows them: {', '.join(table.left_out)}")
    if table.support:
        lines.append(
            "images of each class, as stated: "
            + ", ".join(f"{name} {n}" for name, n in table.support.items())
        )
    return lines


def text(audit):
    """One table's audit for a terminal."""
    table, subjects = audit
    lines = [f"{table.name}: {verdict(subjects)}", ""]
    lines += [_wrapped(line, "  ") for line in how_it_was_read(table)]
    wide = max(len(finding.severity) for one in subjects for finding in one.findings)
    for one in subjects:
        lines += ["", one.name]
        for finding in one.findings:
            lines.append(f"  {finding.severity:<{wide}}  {finding.code}  {finding.title}")
            parts = [finding.evidence]
            if finding.severity in FOUND:
                parts += [
                    f"follows: {finding.what_follows}",
                    f"does not follow: {finding.what_does_not_follow}",
                ]
            lines += [_wrapped(part, " " * (wide + 4)) for part in parts]
    return "\n".join(lines)


def as_json(name, digest, audits, passed_over):
    """The audit of a file as plain data. digest : SHA-256 of the file."""
    return {
        "file": name,
        "sha256": digest,
        "verdict": checks.gravest(audits),
        "tables": [_table(*audit) for audit in audits],
        "passed_over": passed_over,
    }


def _table(table, subjects):
    return {
        "table": table.name,
        "title": " ".join(table.settings.get("title", [])),
        "source": table.settings.get("source", []),
        "verdict": checks.gravest([checks.Audit(table, subjects)]),
        "read": {
            "kind": table.kind,
            "columns": table.units,
            "left_out": table.left_out,
            "images_of_each_class": table.support,
            "remarks": table.remarks,
            "rows": [{"name": row.name, "kind": row.kind, "printed": row.printed} for row in table.rows],
        },
        "findings": [{"subject": one.name} | asdict(finding) for one in subjects for finding in one.findings],
    }


def _wrapped(text, indent):
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
