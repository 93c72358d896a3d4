"""`python -m course`: a Python that will do, then the command line."""

from course import python

if __name__ == "__main__":
    python.require()
    from course import cli

    cli.main()
