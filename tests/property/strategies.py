"""Facts, patches, commands and filters for the model test: small pools, so that things meet."""

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
IDS = ("a", "b")
EXTERNAL_KEYS = ("1", "2")
COUNTRIES = ("RU", "UA")
SUBDIVISIONS = ("RU-KLU", "RU-BEL", "UA-30")
KINDS = ("interception", "strike", "sighting")
OBJECT_TYPES = ("uav", "missile", "aircraft")
CAMPAIGNS = ("spring", "night-raid")
SOURCES = ("governor", "agency")
WORDS = ("drone", "Fire", "пожар", "harbour")
SORTS = ("-recorded", "recorded", "-occurred")
INSTANTS = (
    "2026-05-01T02:30:00Z",
    "2026-05-01T05:30:00+03:00",
    "2026-05-01T12:00:00.5-01:30",
    "2026-05-03T00:00:00.000001Z",
    "1999-12-31T23:59:59Z",
)

_some = st.sampled_from
_places = st.one_of(
    st.fixed_dictionaries({"country": _some(COUNTRIES)}), st.fixed_dictionaries({"subdivision": _some(SUBDIVISIONS)})
)
_quantities = st.dictionaries(_some(IDS), st.fixed_dictionaries({"value": st.integers(0, 50)}), max_size=2)
_counts = st.fixed_dictionaries({}, optional={"observed": _quantities, "destroyed": _quantities})
_objects = st.fixed_dictionaries({"type": _some(OBJECT_TYPES)}, optional={"counts": _counts})
_claims = st.fixed_dictionaries({}, optional={"source": _some(SOURCES)})
_occurred = st.fixed_dictionaries({"start": _some(INSTANTS)}, optional={"end": _some(INSTANTS)})
_titles = st.lists(_some(WORDS), min_size=1, max_size=3).map(" ".join)


def _collections(empty: bool) -> dict[str, st.SearchStrategy[Any]]:
    """Return the fields that hold entries; in a patch an entry may be null."""

    def entries(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.dictionaries(_some(IDS), st.none() | of if empty else of, max_size=2)

    return {
        "summary": _some(["", "Nobody was hurt.", "Two are hurt."]),
        "message_status": _some(["actual", "actual", "exercise", "test"]),
        "occurred": _occurred,
        "locations": entries(_places),
        "objects": entries(_objects),
        "claims": entries(_claims),
        "campaigns": st.lists(_some(CAMPAIGNS), unique=True),
    }


def facts(namespace: str) -> st.SearchStrategy[Json]:
    """Return facts, most of them valid; external ids are of one namespace."""
    told = st.fixed_dictionaries(
        {"title": _titles, "kind": _some(KINDS)},
        optional={**_collections(empty=False), "external_ids": _external_ids(namespace)},
    )
    return told.flatmap(lambda each: st.sampled_from([each, _supported(each)]) if "objects" in each else st.just(each))


def _supported(told: Json) -> Json:
    """Give facts every claim that their counts may name."""
    return {**told, "claims": {name: {} for name in IDS} | told.get("claims", {})}


def patches(namespace: str) -> st.SearchStrategy[Json]:
    """Return merge patches: of fields, of entries, and nulls in both; some lead to nothing, some to nonsense."""
    fields = {**_collections(empty=True), "external_ids": _external_ids(namespace), "title": _titles}
    optional = {name: st.none() | field for name, field in fields.items() if name != "title"}
    often = st.fixed_dictionaries({}, optional={**optional, "title": _titles, "kind": _some(KINDS)})
    seldom = _some([{"title": None}, {"kind": None}, {"claims": None}, {"external_ids": None}, {}])
    return often | often | often | seldom


def _external_ids(namespace: str) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({namespace: _some(EXTERNAL_KEYS)})


def filters(namespace: str) -> st.SearchStrategy[dict[str, str]]:
    """Return query parameters of a list, without its page."""
    return st.fixed_dictionaries(
        {"sort": _some(SORTS), "status": _some(["active", "retracted", "any"])},
        optional={
            "message_status": _some(["actual", "exercise", "any"]),
            "country": _some(COUNTRIES),
            "subdivision": _some(SUBDIVISIONS),
            "kind": _some(KINDS),
            "object_type": _some(OBJECT_TYPES),
            "campaign": _some(CAMPAIGNS),
            "source": _some(SOURCES),
            "external_id": _some(EXTERNAL_KEYS).map(lambda key: f"{namespace}/{key}"),
            "q": _some(["drone", "FIRE", "пожар drone", "nobody", "hurt fire"]),
            "occurred_from": _some(INSTANTS),
            "occurred_to": _some(INSTANTS),
        },
    ).filter(lambda each: len(each) <= 4)
