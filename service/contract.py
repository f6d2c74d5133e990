"""openapi/v1.json: written from the code, and compared with it."""

import json
import sys
from pathlib import Path

from service.app import contract


def main() -> int:
    """Write the document to a file, or with --check say whether the file still tells the truth."""
    *flags, name = sys.argv[1:]
    file, text = Path(name), json.dumps(contract(), indent=2, ensure_ascii=False) + "\n"
    if not flags:
        file.write_text(text, encoding="utf-8")
        return 0
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return 0
    print(f"{file} differs from the code: run `make openapi` and look at what changed.", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
