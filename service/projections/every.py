"""Every projection; `incidents` is the one that the append writes."""

from typing import Final

from service.projections import airports, campaigns, measures, regions, remake, sources, versions
from service.projections.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (
    remake.PROJECTION,
    versions.PROJECTION,
    measures.PROJECTION,
    regions.PROJECTION,
    airports.PROJECTION,
    campaigns.PROJECTION,
    sources.PROJECTION,
)
