"""The course's tooling: set up, build, run, check. Lessons never import it; see `python -m course --help`."""
