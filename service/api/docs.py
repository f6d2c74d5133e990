"""/openapi.json, /asyncapi.json and /docs: the contract, and a page to read it, from files that ship here."""

from pathlib import Path
from typing import Any, Final

from litestar import MediaType, Request, Response, get

from service.api.answers import FOR_EVER, REVALIDATE
from service.api.refusals import NoSuchPath

ASSETS: Final = Path(__file__).parent / "docs_assets"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
_FILES: Final = {path.name: path for path in ASSETS.iterdir() if path.suffix in _TYPES}
_POLICY: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Incident ledger API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""


@get("/openapi.json", media_type=MediaType.JSON)
async def contract(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the OpenAPI document."""
    return Response(request.app.state["contract"], media_type=MediaType.JSON, headers={"Cache-Control": REVALIDATE})


@get("/asyncapi.json", media_type=MediaType.JSON)
async def told(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the AsyncAPI document."""
    return Response(request.app.state["told"], media_type=MediaType.JSON, headers={"Cache-Control": REVALIDATE})


@get("/docs", media_type=MediaType.HTML)
async def page() -> Response[str]:
    """Return the docs page."""
    return Response(
        _PAGE,
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": REVALIDATE},
    )


@get("/docs/{name:str}")
async def asset(name: str) -> Response[bytes]:
    """Return a file of the docs page."""
    path = _FILES.get(name)
    if path is None:
        raise NoSuchPath
    return Response(
        path.read_bytes(),
        media_type=_TYPES[path.suffix],
        headers={"Cache-Control": FOR_EVER.replace("private", "public")},
    )
