"""The course's tooling: set up, build, run, check. Lessons never import it; see `python -m course --help`."""

import sys

# Reading a notebook imports jsonschema, and that compiles the grammar of this package for two seconds, in every process,
# to check addresses beyond ASCII, which a notebook's format does not name. Without the package jsonschema leaves them be.
sys.modules.setdefault("rfc3987_syntax", None)
