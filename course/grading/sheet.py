"""A sheet of an LMS, cell by cell: what is not changed comes back to the byte, quoted as it was."""

import re
from pathlib import Path

from course.project import CourseError, write_whole

CELL = r'"(?:[^"]|"")*"|[^{separator}\r\n]*'


class Sheet:
    """A CSV file as rows of raw cells, which are put together again as they were."""

    def __init__(self, path):
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise CourseError(f"{path}: the sheet cannot be read: {error.strerror}.") from None
        self.path, self.encoding = Path(path), "utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-8"
        try:
            text = content.decode(self.encoding)
        except UnicodeDecodeError:
            self.encoding = "latin-1"  # of any bytes, and back to the same
            text = content.decode(self.encoding)
        first = re.sub(r'"[^"]*"', "", text).split("\n", 1)[0]
        self.separator = max(",;\t", key=first.count)
        self.rows, self.ends = self._split(text)
        if len(self.rows) < 2 or len(self.rows[0]) < 2:
            raise CourseError(f"{path}: is no sheet with a header and rows.")

    def _split(self, text):
        rows, ends, row, position = [], [], [], 0
        pattern = re.compile(CELL.format(separator=self.separator))
        while position < len(text):
            cell = pattern.match(text, position)
            row.append(cell[0])
            position = cell.end()
            end = re.compile(r"\r\n|\n|\r|$").match(text, position)
            if text[position : position + 1] == self.separator:
                position += 1
                if position == len(text):
                    row.append("")
            elif not end:
                raise CourseError(f"{self.path}: row {len(rows) + 1} has a quote in the middle of a cell.")
            if end or position == len(text):
                rows.append(row)
                ends.append(end[0] if end else "")
                row, position = [], position + (len(end[0]) if end else 0)
        return rows, ends

    def value(self, row, column):
        """The text of a cell; "" where the row is shorter."""
        cell = row[column] if column < len(row) else ""
        return (cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell).strip()

    def put(self, row, column, text):
        quoted = row[column][:1] == '"' or self.separator in text
        row[column] = f'"{text}"' if quoted else text

    def header(self):
        return [self.value(self.rows[0], column) for column in range(len(self.rows[0]))]

    def write(self):
        lines = (self.separator.join(row) + end for row, end in zip(self.rows, self.ends))
        write_whole(self.path, "".join(lines).encode(self.encoding))
