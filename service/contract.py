"""What is written from the code, and compared with it: openapi/v1.json, and the table of scopes in docs/access.md."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from service.api.operation import SCOPES
from service.app import contract

_BEGIN: Final = "<!-- made by `make openapi` -->\n"
_END: Final = "<!-- up to here -->\n"


def main() -> int:
    """Write the files that are named, or with --check say whether they still tell the truth."""
    names = [name for name in sys.argv[1:] if name != "--check"]
    wrong = [name for name in names if not _holds(Path(name), write="--check" not in sys.argv)]
    for name in wrong:
        print(f"{name} differs from the code: run `make openapi` and look at what changed.", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


def _holds(file: Path, *, write: bool) -> bool:
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    text = _with_table(kept) if file.suffix == ".md" else json.dumps(contract(), indent=2, ensure_ascii=False) + "\n"
    if write:
        file.write_text(text, encoding="utf-8")
    return write or text == kept


def _with_table(page: str) -> str:
    """Return the page with what every route needs, between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}{_table()}{_END}{rest.partition(_END)[2]}"


def _table() -> str:
    document: dict[str, Any] = contract()
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
