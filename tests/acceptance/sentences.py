"""What each sentence of the article says: its opening words -> whose facts hold it, at which JSON Pointer, as what."""

from typing import Any, Final

Held = tuple[str, str, Any]

_EVERYWHERE: Final = ("kaluga", "moscow", "voronezh", "belgorod")
_LATER: Final = ("kaluga", "moscow", "voronezh")
_COORDINATED: Final = "a coordinated campaign targeting multiple regions across Russia"
_SHIFT: Final = "the use of drones in this manner represents a significant shift in modern conflict strategies"

SENTENCES: Final[dict[str, tuple[Held, ...]]] = {
    "Urgent Update": (
        ("kaluga", "/title", "Anti-Aircraft Defenses in Kaluga Oblast Destroy 40 UAVs Amid Heightened Tensions"),
        ("kaluga", "/claims/preliminary/relayed_by", "urgent-update"),
    ),
    "Last night, anti-aircraft defenses": (
        ("kaluga", "/kind", "interception"),
        ("kaluga", "/occurred/start", "2026-04-30T15:00:00.000000Z"),
        ("kaluga", "/occurred/end", "2026-05-01T03:00:00.000000Z"),
        ("kaluga", "/occurred/precision", "part_of_day"),
        ("kaluga", "/occurred/verbatim", "Last night"),
        ("kaluga", "/locations/kaluga/subdivision", "RU-KLU"),
        ("kaluga", "/locations/kaluga/role", "interception"),
        ("kaluga", "/objects/uavs/type", "uav"),
        ("kaluga", "/objects/uavs/counts/destroyed/preliminary", {"value": 40, "verbatim": "40 UAVs"}),
        ("kaluga", "/claims/preliminary/confidence", "preliminary"),
        ("kaluga", "/claims/preliminary/attribution", "not_stated"),
        ("kaluga", "/responses/defence/kind", "air_defence"),
    ),
    "The incident, which occurred amid": (
        ("kaluga", "/assessments/vulnerability/kind", "threat"),
        ("kaluga", "/assessments/vulnerability/text", "the vulnerability of Russian regions to aerial threats"),
    ),
    "Local authorities confirmed": (
        ("kaluga", "/casualties", {"none_reported": True, "claims": ["authorities"]}),
        ("kaluga", "/damage/property/none_reported", True),
        ("kaluga", "/claims/authorities/source_name", "Local authorities"),
        ("kaluga", "/claims/authorities/confidence", "confirmed"),
        ("kaluga", "/responses/teams/kind", "emergency_services"),
        (
            "kaluga",
            "/responses/teams/description",
            "deployed to the area to assess the situation and ensure public safety",
        ),
    ),
    "The governor of Kaluga Oblast": (
        ("kaluga", "/claims/governor/source_name", "The governor of Kaluga Oblast"),
        ("kaluga", "/objects/uavs/counts/destroyed/governor", {"unknown": True, "verbatim": "the incoming drones"}),
        ("kaluga", "/responses/defence/claims", ["preliminary", "governor"]),
    ),
    "This event adds": (
        ("kaluga", "/assessments/pattern/kind", "pattern"),
        (
            "kaluga",
            "/assessments/pattern/text",
            "a growing pattern of drone attacks targeting Russian territory in recent weeks",
        ),
    ),
    "Meanwhile, in Moscow": (
        ("moscow", "/locations/moscow/subdivision", "RU-MOW"),
        ("moscow", "/locations/moscow/verbatim", "an apparent attack on the city"),
        ("moscow", "/objects/drones/counts/destroyed/unattributed", {"value": 32, "verbatim": "32 drones"}),
        ("moscow", "/claims/unattributed/attribution", "not_stated"),
        ("moscow", "/responses/defence/by", "anti-aircraft fire"),
        ("moscow", "/occurred/start", "2026-04-30T15:00:00.000000Z"),
    ),
    "The incident forced the closure": (
        ("moscow", "/disruptions/airports/kind", "airport_closed"),
        ("moscow", "/disruptions/airports/airports_state", "unspecified"),
        ("moscow", "/disruptions/flights/kind", "flights_diverted"),
        (
            "moscow",
            "/disruptions/flights/diverted_to",
            {
                "saint-petersburg": {"place": "Saint Petersburg"},
                "nizhny-novgorod": {"place": "Nizhny Novgorod"},
                "kazan": {"place": "Kazan"},
            },
        ),
    ),
    "Air traffic control officials": (
        ("moscow", "/statements/unusual", {"text": "highly unusual", "language": "en", "claim": "air-traffic-control"}),
        ("moscow", "/assessments/connectivity/text", "potential disruptions to regional connectivity"),
        ("moscow", "/claims/air-traffic-control/source_kind", "official"),
    ),
    "The attack on Moscow": (
        ("moscow", "/assessments/coordination/kind", "coordination"),
        (
            "moscow",
            "/assessments/technology/text",
            "the perpetrators may be using advanced technology to evade detection",
        ),
        ("moscow", "/claims/experts/source_kind", "expert"),
    ),
    "Emergency services reported": (
        (
            "moscow",
            "/casualties/injured",
            {"emergency-services": {"none_reported": True, "verbatim": "no injuries"}},
        ),
        ("moscow", "/damage/critical/none_reported", True),
        ("moscow", "/claims/emergency-services/source_kind", "emergency_service"),
    ),
    "In Voronezh Oblast": (
        ("voronezh", "/locations/voronezh/subdivision", "RU-VOR"),
        ("voronezh", "/claims/governor/source_name", "Governor Alexander Gusev"),
        ("voronezh", "/claims/governor/attribution", "named"),
        ("voronezh", "/claims/governor/confidence", "confirmed"),
        ("voronezh", "/objects/target/counts/destroyed/governor/value", 1),
        ("voronezh", "/statements/target/text", "fast air target"),
        ("voronezh", "/objects/target/type", "uav"),
        ("voronezh", "/objects/target/certainty", "believed"),
        ("voronezh", "/claims/officials/confidence", "believed"),
    ),
    "The attack resulted": (
        ("voronezh", "/assessments/severity/text", "more severe consequences than those in Kaluga and Moscow"),
        ("voronezh", "/damage/buildings/description", "windows and facades of several multi-story buildings damaged"),
        (
            "voronezh",
            "/damage/buildings/count/damage",
            {"unknown": True, "verbatim": "several multi-story buildings"},
        ),
    ),
    "A fire broke out": (
        ("voronezh", "/damage/fire/target", "administrative"),
        ("voronezh", "/damage/fire/fire", True),
        ("voronezh", "/disruptions/power/kind", "power_outage"),
        ("voronezh", "/disruptions/power/area", "parts of the region"),
        ("voronezh", "/disruptions/power/status", "ended"),
    ),
    "Emergency crews worked": (
        ("voronezh", "/responses/crews/kind", "emergency_services"),
        (
            "voronezh",
            "/responses/crews/description",
            "worked through the night to contain the blaze and restore electricity",
        ),
        ("voronezh", "/responses/investigators/kind", "investigation"),
        ("voronezh", "/responses/investigators/status", "under_way"),
    ),
    "The governor described": (
        (
            "voronezh",
            "/statements/reminder",
            {
                "text": "a stark reminder of the ongoing threat to our communities",
                "language": "en",
                "claim": "reminder",
            },
        ),
        ("voronezh", "/claims/reminder/source", "alexander-gusev"),
    ),
    "The attacks on Kaluga": (
        *((name, "/related/belgorod/relation", "follows") for name in _LATER),
        ("belgorod", "/locations/belgorod/subdivision", "RU-BEL"),
        ("belgorod", "/objects/drone/type", "fpv_uav"),
        ("belgorod", "/objects/drone/counts/observed/attack/value", 1),
        ("belgorod", "/casualties/injured/attack", {"unknown": True, "verbatim": "an attack on a resident"}),
        ("belgorod", "/casualties/killed/attack", {"unknown": True}),
    ),
    "FPV drones, which are": (
        (
            "belgorod",
            "/assessments/radar/text",
            "favored by attackers for their maneuverability and ability to avoid traditional radar detection",
        ),
    ),
    "The Belgorod incident": (
        ("belgorod", "/assessments/tactics/text", "the evolving tactics of those conducting the drone strikes"),
    ),
    "Local authorities in Belgorod": (
        ("belgorod", "/responses/surveillance/kind", "surveillance"),
        ("belgorod", "/responses/security/kind", "security"),
        ("belgorod", "/responses/security/by", "Local authorities in Belgorod"),
    ),
    "The combination of these": (
        *((name, "/campaigns", ["coordinated-campaign"]) for name in _EVERYWHERE),
        *((name, "/assessments/campaign/kind", "coordination") for name in _EVERYWHERE),
        *((name, "/assessments/campaign/text", _COORDINATED) for name in _EVERYWHERE),
    ),
    "As the investigation": tuple(
        (name, "/assessments/threat/text", "a unified response to the growing threat") for name in _EVERYWHERE
    ),
    "Military and civilian": tuple((name, "/claims/awareness/attribution", "not_stated") for name in _EVERYWHERE),
    "The recent events": (
        *((name, "/assessments/shift/text", _SHIFT) for name in _EVERYWHERE),
        *((name, "/claims/warfare/source_kind", "expert") for name in _EVERYWHERE),
    ),
    "With no immediate": tuple((name, "/claims/focus/attribution", "not_stated") for name in _EVERYWHERE),
}

UNSAID: Final = (
    ("kaluga", "/objects/uavs/counts/observed"),
    ("moscow", "/casualties/killed"),
    ("moscow", "/disruptions/airports/airport"),
    ("moscow", "/disruptions/airports/start"),
    ("moscow", "/objects/drones/model"),
    ("voronezh", "/casualties"),
    ("voronezh", "/occurred/start"),
    ("voronezh", "/damage/buildings/target"),
    ("belgorod", "/occurred/start"),
    ("belgorod", "/objects/drone/counts/destroyed"),
)
"""What the article leaves open, so that nothing may stand there."""
