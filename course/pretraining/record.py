"""What is kept beside the course's weights: their names, their sizes, and the record of how they were made."""

import hashlib
import json

NAME = "MobileNetV2-0.35"
WEIGHTS, RECORD = "mobilenetv2_035_course.weights.h5", "mobilenetv2_035_course.json"
SIZE = 96  # pixels along each side


def describe(path):
    """Name, size and SHA-256 of a file."""
    content = path.read_bytes()
    return {"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_record(folder, record):
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
