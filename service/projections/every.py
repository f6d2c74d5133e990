"""Every projection; `incidents` is the one that the append writes."""

from typing import Final

from service.projections import airports, measures, remake, sources, versions
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (
    remake.PROJECTION,
    versions.PROJECTION,
    measures.PROJECTION,
    airports.projection,
    sources.projection,
)
