"""The forms of single values: identifiers, codes, texts, instants and counts, each with its bounds."""

from typing import Annotated, Final

from msgspec import Meta

MAX_ENTRIES: Final = 200
MAX_CAMPAIGNS: Final = 50
MAX_COUNT: Final = 1_000_000

ENTRY_ID_PATTERN: Final = "^[a-z0-9][a-z0-9_-]{0,63}$"
INSTANT_PATTERN: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
INSTANT_OR_POSITION_PATTERN: Final = INSTANT_PATTERN.replace("^", "^([0-9]{1,19}|").replace("$", ")$")
LANGUAGE_PATTERN: Final = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"

COUNTRY_PATTERN: Final = "^[A-Z]{2}$"
SUBDIVISION_PATTERN: Final = "^[A-Z]{2}-[A-Z0-9]{1,3}$"
REGION_PATTERN: Final = "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
AIRPORT_PATTERN: Final = "^[A-Z]{4}$"
WEB_ADDRESS_PATTERN: Final = '^https?://[^ \t\r\n<>"{}|^`\\\\]+$'
RECEIVER_PATTERN: Final = r"^https?://[^\s/?#@]+([/?][^\s#]*)?$"
RECORD_KEY_PATTERN: Final = "^[^\\x00-\\x1f\\x7f]{1,200}$"
EXTERNAL_ID_PATTERN: Final = "^[a-z0-9][a-z0-9_-]{0,63}/[^\\x00-\\x1f\\x7f]{1,200}$"
IDEMPOTENCY_KEY_PATTERN: Final = "^[\\x21-\\x7e]{1,200}$"
PATTERNS_IN_WORDS: Final = {
    ENTRY_ID_PATTERN: "1 to 64 of a-z, 0-9, '_' and '-', the first a letter or a digit",
    INSTANT_OR_POSITION_PATTERN: "an RFC 3339 time with an offset (its + written as %2B), or a log position",
    LANGUAGE_PATTERN: "a BCP 47 tag, such as ru or en-GB",
    COUNTRY_PATTERN: "two capital letters (ISO 3166-1), such as RU",
    SUBDIVISION_PATTERN: "an ISO 3166-2 code, such as RU-KLU",
    REGION_PATTERN: "an ISO 3166-1 or ISO 3166-2 code, such as RU or RU-KLU",
    AIRPORT_PATTERN: "four capital letters (ICAO), such as UUEE",
    WEB_ADDRESS_PATTERN: "a web address, http:// or https://, without spaces",
    RECEIVER_PATTERN: "https:// and a host, without a user, a fragment or spaces",
    RECORD_KEY_PATTERN: "1 to 200 characters, none of them a control character",
    EXTERNAL_ID_PATTERN: "namespace/key, such as uaaf/2026-05-01-7",
    IDEMPOTENCY_KEY_PATTERN: "1 to 200 visible ASCII characters",
}
"""What to say to somebody whose text does not match."""

EntryId = Annotated[
    str,
    Meta(pattern=ENTRY_ID_PATTERN, description="A short id, chosen by the client.", examples=["gov"]),
]
ClaimId = Annotated[
    str, Meta(pattern=ENTRY_ID_PATTERN, description="The id of a claim of this incident.", examples=["gov"])
]
Slug = Annotated[
    str,
    Meta(
        pattern=ENTRY_ID_PATTERN,
        description="A short name that is the same in every incident.",
        examples=["governor-of-voronezh-oblast"],
    ),
]
Title = Annotated[str, Meta(min_length=1, max_length=300, examples=["40 UAVs destroyed over Kaluga Oblast"])]
Summary = Annotated[str, Meta(max_length=5000)]
Text = Annotated[str, Meta(min_length=1, max_length=5000)]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1000,
        description="Why, in words for whoever reads the history.",
        examples=["The governor gave a number."],
    ),
]
Verbatim = Annotated[
    str,
    Meta(min_length=1, max_length=5000, description="The source's own words, unchanged.", examples=["dozens"]),
]
Instant = Annotated[
    str,
    Meta(
        max_length=40,
        description="RFC 3339 with an offset; kept as UTC with six fraction digits.",
        examples=["2026-05-01T02:30:00.000000Z"],
        extra_json_schema={"format": "date-time", "pattern": INSTANT_PATTERN},
    ),
]
TimeZone = Annotated[
    str,
    Meta(
        max_length=64,
        description="IANA time zone in which the sources tell the time.",
        examples=["Europe/Moscow"],
        extra_json_schema={"format": "iana-time-zone"},
    ),
]
Country = Annotated[
    str,
    Meta(
        pattern=COUNTRY_PATTERN,
        description="ISO 3166-1 alpha-2.",
        examples=["RU"],
        extra_json_schema={"format": "iso3166-1"},
    ),
]
Subdivision = Annotated[
    str,
    Meta(
        pattern=SUBDIVISION_PATTERN,
        description="ISO 3166-2.",
        examples=["RU-KLU"],
        extra_json_schema={"format": "iso3166-2"},
    ),
]
Airport = Annotated[
    str,
    Meta(
        pattern=AIRPORT_PATTERN,
        description="ICAO location indicator.",
        examples=["UUEE"],
        extra_json_schema={"format": "icao"},
    ),
]
Language = Annotated[
    str,
    Meta(
        pattern=LANGUAGE_PATTERN,
        max_length=35,
        description="BCP 47 tag of the language the words are given in.",
        examples=["ru"],
        extra_json_schema={"format": "bcp47"},
    ),
]
WebAddress = Annotated[
    str,
    Meta(
        pattern=WEB_ADDRESS_PATTERN,
        max_length=2000,
        examples=["https://example.org/report"],
    ),
]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Point = Annotated[
    tuple[Longitude, Latitude],
    Meta(description="A GeoJSON position: longitude, then latitude, in degrees.", examples=[[36.26, 54.51]]),
]
Metres = Annotated[float, Meta(ge=0, le=20_000_000)]
RecordKey = Annotated[
    str,
    Meta(
        pattern=RECORD_KEY_PATTERN,
        description="The source's own key of its record.",
        examples=["2026-05-01/klu/7"],
    ),
]
ExternalId = Annotated[
    str, Meta(pattern=EXTERNAL_ID_PATTERN, description="namespace/key.", examples=["uaaf/2026-05-01-7"])
]
IdempotencyKey = Annotated[
    str,
    Meta(
        pattern=IDEMPOTENCY_KEY_PATTERN,
        description="Makes it safe to send the request again: the same key and body are recorded once.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]
