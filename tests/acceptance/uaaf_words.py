"""What the words of the attack register stand for: weapons as types, regions as ISO 3166 codes, channels as sources."""

import re
from typing import Any, Final

Json = dict[str, Any]

_TYPES: Final = {
    "uav": (
        "Eleron", "Forpost", "Granat-4", "Kub", "Lancet", "Merlin-VR", "Mohajer-6", "Orion", "Orlan-10", "Orlan-30",
        "Reconnaissance UAV", "Shahed-136/131", "Supercam", "Unknown UAV", "ZALA", "Молнія",
    ),
    "cruise_missile": (
        "3M22 Zircon", "Iskander-K", "Kalibr", "P-800 Oniks", "X-101/X-555", "X-22", "X-22/X-31P", "X-22/X-32",
        "X-31", "X-31P", "X-31PD", "X-32", "X-35", "X-59", "X-59/X-69", "X-59MK2", "X-69",
    ),
    "ballistic_missile": (
        "Ballistic Missile", "Intercontinental ballistic missile", "Iskander-M", "Iskander-M/KN-23",
        "Iskander-M/KN-23/X-47 Kinzhal", "KN-23", "X-47 Kinzhal",
    ),
    "missile": ("C-300", "C-300/C-400", "C-400", "Unknown Missile"),
    "guided_bomb": ("KAB",),
}  # fmt: skip
"""As the register's own catalogue of weapons sorts them. What it does not list is an unknown_air_target."""
_TYPE_OF: Final = {model: type_ for type_, models in _TYPES.items() for model in models}

_SUBDIVISIONS: Final = {
    "UA-05": "Vinnytsia oblast", "UA-07": "Volyn oblast", "UA-09": "Luhansk oblast",
    "UA-12": "Dnipropetrovsk oblast", "UA-14": "Donetsk oblast|Dinetsk oblast", "UA-18": "Zhytomyr oblast",
    "UA-23": "Zaporizhzhia oblast", "UA-26": "Ivano-Frankivsk oblast", "UA-30": "Kyiv", "UA-32": "Kyiv oblast",
    "UA-35": "Kirovohrad oblast", "UA-40": "Sevastopol", "UA-43": "Crimea", "UA-46": "Lviv oblast",
    "UA-48": "Mykolaiv oblast|Mylolaiv oblast", "UA-51": "Odesa oblast|Odeas oblast|Odeasa oblast",
    "UA-53": "Poltava oblast|Poltave oblast", "UA-56": "Rivne oblast", "UA-59": "Sumy oblast",
    "UA-61": "Ternopil oblast", "UA-63": "Kharkiv oblast", "UA-65": "Kherson oblast|Kherosn oblast",
    "UA-68": "Khmelnytskyi oblast", "UA-71": "Cherkasy oblast", "UA-74": "Chernihiv oblast|Cehrnihiv oblast",
    "UA-77": "Chernivtsi oblast",
    "RU-AST": "Astrakhan oblast", "RU-BEL": "Belgorod oblast", "RU-BRY": "Bryansk oblast", "RU-KDA": "Krasnodar Krai",
    "RU-KRS": "Kursk oblast|Kursk obalst", "RU-LIP": "Lipetsk oblast", "RU-ORL": "Oryol oblast",
    "RU-ROS": "Rostov oblast", "RU-RYA": "Ryazan oblast", "RU-SAR": "Saratov oblast", "RU-TAM": "Tambov oblast",
    "RU-TUL": "Tula oblast", "RU-VGG": "Volgograd oblast", "RU-VOR": "Voronezh oblast|Voronezh Oblast",
}  # fmt: skip
"""With the register's own slips of the pen."""
_CODE_OF: Final = {name: code for code, names in _SUBDIVISIONS.items() for name in names.split("|")}
_COUNTRIES: Final = {"Ukraine": "UA", "Belarus": "BY"}
_PARTS: Final = re.compile(r", | - | \(")

_FACEBOOK: Final = "https://www.facebook.com/"
_PAGE: Final = re.compile(r"https://(?:t\.me/|www\.facebook\.com/+)?([^/]+)/(?:posts/.+|videos/.+|news/.+|[0-9]+)")
_AIR_FORCE: Final = {
    "source_name": "Air Force Command of the Armed Forces of Ukraine",
    "source_kind": "military",
}


def object_type(model: str) -> str:
    """Return the type of the weapons that a record counts together: the one that holds for all of them."""
    types = {_TYPE_OF.get(each, "unknown_air_target") for each in model.split(" and ")}
    if len(types) == 1:
        return types.pop()
    return "missile" if all(type_.endswith("missile") for type_ in types) else "unknown_air_target"


def names(places: str) -> list[str]:
    """Return the places that a text names."""
    return [name for name in re.split(r"(?:\s+and)+\s+", places.strip()) if name]


def place(name: str) -> Json:
    """Return a place as the text names it, with the code of the region if it names one."""
    named: Json = {"place": name}
    if name in _COUNTRIES:
        return named | {"country": _COUNTRIES[name]}
    code = next((_CODE_OF[part] for part in _PARTS.split(name) if part in _CODE_OF), None)
    return named if code is None else named | {"country": code[:2], "subdivision": code}


def precision(name: str) -> Json:
    """Return how exact a name is that is a country's, an oblast's or a raion's; of others nothing is said."""
    if name in _COUNTRIES:
        return {"precision": "country"}
    if name.lower().endswith(" raion"):
        return {"precision": "district"}
    return {"precision": "subdivision"} if name in _CODE_OF else {}


def slug(text: str) -> str:
    """Return a text as an id."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def source(permalink: str) -> Json:
    """Return who published a bulletin, and where; some permalinks name no page."""
    site = permalink.partition("/")[0]
    if permalink.startswith("https://"):
        url = permalink
    else:
        url = f"https://{permalink}" if site.endswith(".gov.ua") else f"{_FACEBOOK}{permalink}"
    page = _PAGE.fullmatch(url)
    if page is None:
        return {"url": url, "attribution": "not_stated"}
    named = {"url": url, "attribution": "named", "source": slug(page[1])}
    return named | _AIR_FORCE if page[1] == "kpszsu" else named


def permalink(url: str) -> str:
    """Return what the register says of a bulletin whose address is this: the way back."""
    if url.startswith(_FACEBOOK):
        return url.removeprefix(_FACEBOOK)
    return url if url.startswith("https://t.me/") else url.removeprefix("https://")
