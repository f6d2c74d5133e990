"""Write incident_ledger_client/generated from openapi/v1.json: `make clients` does it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGE = HERE / "incident_ledger_client" / "generated"


def adapted(document: dict[str, Any]) -> dict[str, Any]:
    """
    Return the document as the generator takes it.

    Vocabularies in what is answered are open: a client must take a word that it does not know, and the generator's
    enumerations would not. And of `items: false` after `prefixItems` the generator knows nothing.
    """
    for each in document["components"]["schemas"].values():
        _open(each)
    _whole(document)
    return document


def _open(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list) and all(isinstance(each, str) for each in node["enum"]):
            del node["enum"]
            node["type"] = "string"
        for each in node.values():
            _open(each)
    elif isinstance(node, list):
        for each in node:
            _open(each)


def _whole(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("items") is False:
            node["items"] = node["prefixItems"][0]
        for each in node.values():
            _whole(each)
    elif isinstance(node, list):
        for each in node:
            _whole(each)


def main() -> int:
    """Generate; what the generator leaves out is told, and is what README.md says that it is."""
    contract = HERE.parent.parent / "openapi" / "v1.json"
    with tempfile.TemporaryDirectory() as folder:
        source, config = Path(folder, "v1.json"), Path(folder, "config.yml")
        source.write_text(json.dumps(adapted(json.loads(contract.read_text(encoding="utf-8")))), encoding="utf-8")
        config.write_text("post_hooks: []\n", encoding="utf-8")
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", source),
                *("--meta", "none", "--output-path", PACKAGE, "--overwrite", "--config", config),
            ],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    sys.stderr.write("".join(line for line in done.stdout.splitlines(keepends=True) if "WARNING" in line))
    if done.returncode:
        sys.stderr.write(done.stdout)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
