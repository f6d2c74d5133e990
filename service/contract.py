"""openapi/: what the service answers and what it tells, written from the code, and compared with it."""

import json
import sys
from pathlib import Path

from service.api import asyncapi
from service.app import contract


def main() -> int:
    """Write the documents to a folder, or with --check say whether those there still tell the truth."""
    *flags, folder = sys.argv[1:]
    wrong = []
    for name, document in (("v1.json", contract()), ("asyncapi.json", asyncapi.document())):
        file, text = Path(folder, name), json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        if not flags:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            wrong.append(f"{file} differs from the code: run `make openapi` and look at what changed.\n")
    sys.stderr.writelines(wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
