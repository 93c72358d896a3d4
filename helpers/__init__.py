"""What the lessons import: small modules that students are meant to open and read."""
