"""What is written from the code, and compared with it: openapi/, and the table of scopes in docs/access.md."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from service.api import asyncapi
from service.api.operation import SCOPES
from service.app import contract

_BEGIN: Final = "<!-- made by `make openapi` -->\n"
_END: Final = "<!-- up to here -->\n"


def main() -> int:
    """Write the documents to a folder, the table to a page; or with --check say whether they still tell the truth."""
    *flags, folder, page = sys.argv[1:]
    document = contract()
    wrong = []
    for file, text in (
        (Path(folder, "v1.json"), _json(document)),
        (Path(folder, "asyncapi.json"), _json(asyncapi.document())),
        (Path(page), _with_table(Path(page).read_text(encoding="utf-8"), document)),
    ):
        if not flags:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            wrong.append(f"{file} differs from the code: run `make openapi` and look at what changed.\n")
    sys.stderr.writelines(wrong)
    return 1 if wrong else 0


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _with_table(page: str, document: dict[str, Any]) -> str:
    """Return the page with what every route needs, between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}{_table(document)}{_END}{rest.partition(_END)[2]}"


def _table(document: dict[str, Any]) -> str:
    rows = [
        f"| `{method.upper()} {path}` | {_needed(operation['security'])} |"
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
    ]
    scopes = [f"| `{scope}` | {what} |" for scope, what in SCOPES.items()]
    return "\n".join(["| scope | |", "|---|---|", *scopes, "", "| route | needs |", "|---|---|", *rows, ""])


def _needed(security: list[dict[str, list[str]]]) -> str:
    return f"`{security[0]['apiKey'][0]}`" if security else "nothing"


if __name__ == "__main__":
    sys.exit(main())
