"""Languages of the pages. Message ids are the zh-Hans texts; other languages are catalogues beside this file."""

from __future__ import annotations

import gettext as catalogues
from functools import cache, lru_cache
from pathlib import Path

from flask import Request, g
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = ("zh-Hans", "en")
LOCALE = Path(__file__).parent / "locale"
_LONGEST = 200


def choose(asked: Request) -> str:
    """Return the language asked for by `?lang=`, then by cookie, then by the browser; zh-Hans where unclear."""
    for given in (asked.args, asked.cookies) if asked.query_string else (asked.cookies,):
        if "lang" in given and given["lang"] in LANGUAGES:  # `get` would raise and catch where there is none
            return given["lang"]
    return _preferred(asked.environ.get("HTTP_ACCEPT_LANGUAGE", "")[:_LONGEST])


@lru_cache(maxsize=1000)
def _preferred(header: str) -> str:
    accepted = parse_accept_header(header, LanguageAccept)
    best = accepted.best_match(["zh", "zh-CN", "zh-Hans", "zh-Hant", "zh-TW", "zh-HK", "en"])
    return "en" if best == "en" else "zh-Hans"


def language() -> str:
    """Return the language of the running request."""
    try:
        return str(g.lang)
    except (AttributeError, RuntimeError):  # not chosen yet; no request
        return LANGUAGES[0]


@cache
def _catalogue(lang: str) -> catalogues.NullTranslations:
    return catalogues.translation("lookup", LOCALE, languages=[lang], fallback=lang == LANGUAGES[0])


def translate(message: str, lang: str) -> str:
    """Return `message` in `lang`."""
    return _catalogue(lang).gettext(message)


def gettext(message: str) -> str:
    """Return `message` in the language of the running request."""
    return translate(message, language())


def ngettext(one: str, many: str, n: int) -> str:
    """Return the form of a message for `n` things in the language of the running request."""
    return plural(one, many, n, language())


def plural(one: str, many: str, n: int, lang: str) -> str:
    """Return the form of a message for `n` things in `lang`."""
    return _catalogue(lang).ngettext(one, many, n)
