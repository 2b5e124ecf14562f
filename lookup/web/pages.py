"""What templates of any surface can use: translations, dates as people write them, assets with their digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, g, request
from jinja2 import pass_environment
from markupsafe import Markup, escape

from lookup.domain.faults import Fault
from lookup.web.i18n import LANGUAGES, choose, gettext, language, ngettext, plural, translate
from lookup.web.surface import running
from lookup.web.translated import Translated

_YEAR_S = 31_536_000
_WEEKDAYS = "一二三四五六日"
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def prepare(app: Flask, *, demo: bool) -> None:
    """Give the templates of `app` their filters and functions, and each request its language and size of type."""
    app.jinja_environment = Translated
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(say=say, day=day, moment=moment, limit=limit, left=left, fault=fault_text)
    app.jinja_env.filters["asset"] = _assets(app)
    app.jinja_env.globals.update(demo=demo)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_choose)
    app.after_request(_remember)
    app.context_processor(_context)


def compiled(app: Flask) -> Flask:
    """Return `app`, whose pages (`prepare`) are compiled once, before its server forks its workers from it."""
    environment = app.jinja_env
    if not isinstance(environment, Translated):
        raise TypeError("pages are compiled for the languages that `prepare` gives them")
    environment.compile_all()
    return app


def _choose() -> None:
    asked, kept = running(request), running(g)
    kept.lang = choose(asked)
    given = asked.args if asked.query_string and "elder" in asked.args else asked.cookies
    kept.elder = "elder" in given and given["elder"] == "1"


def _remember(response: Response) -> Response:
    """Keep a choice of language or size of type that was made by a plain link."""
    if not request.query_string:
        return response
    for name, allowed in (("lang", LANGUAGES), ("elder", ("0", "1"))):
        if request.args.get(name) in allowed:
            response.set_cookie(name, request.args[name], max_age=_YEAR_S, httponly=True, samesite="Lax")
    return response


def _context() -> dict[str, object]:
    asked = running(request)
    path = asked.path if asked.method == "GET" else "/"
    return {"lang": language(), "elder": g.get("elder", False), "path": path, "root": asked.script_root}


@pass_environment
def say(environment: Translated, text: Mapping[str, str] | None) -> Markup:
    """Return a text of the rulebooks in the language of the template that asks."""
    return escaped(in_language(text, environment.spoken)) if text else _NOTHING


def in_language(text: Mapping[str, str], lang: str) -> str:
    """Return a text of the rulebooks in `lang`, in zh-Hans where it has no other."""
    return text.get(lang) or text["zh-Hans"]


_NOTHING = Markup("")
escaped = lru_cache(maxsize=4096)(escape)
"""For texts that come again and again and are nobody's: those of rulebooks, the names of units."""


def fault_text(fault: Fault) -> str:
    """Return what is wrong with something typed, in the language of the request."""
    return fault.text(language())


@pass_environment
def day(environment: Translated, at: datetime | str) -> Markup:
    """Return 2026年3月2日（周一） as a `time` element that does not break; a moment may be ISO 8601 text."""
    date_, clock, zone = _parts(at)
    return _time(date_, clock, zone, _written(environment.spoken, date_))


@pass_environment
def moment(environment: Translated, at: datetime | str) -> Markup:
    """Return 2026年3月2日（周一）14:05 as a `time` element that does not break."""
    date_, clock, zone = _parts(at)
    between = "" if environment.spoken == "zh-Hans" else ", "
    return _time(date_, clock, zone, f"{_written(environment.spoken, date_)}{between}{clock}")


@pass_environment
def limit(environment: Translated, at: datetime | str) -> Markup:
    """Return the last moment of a period: only the day when it is the whole day."""
    whole = _parts(at)[1] == "23:59"
    return day(environment, at) if whole else moment(environment, at)


def _parts(at: datetime | str) -> tuple[str, str, str]:
    """Return date, hour with minute, and distance from UTC as ISO 8601 has them."""
    found = _ISO.fullmatch(at) if isinstance(at, str) else None
    if found is not None:
        return found[1], found[2], found[3]
    text = _moment(at).isoformat(timespec="minutes")
    return text[:10], text[11:16], text[16:]


_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}):[0-9]{2}([+-][0-9]{2}:[0-9]{2})")


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


@lru_cache(maxsize=4096)
def _written(spoken: str, date_: str) -> str:
    at = date.fromisoformat(date_)
    if spoken == "zh-Hans":
        return f"{at.year}年{at.month}月{at.day}日（周{_WEEKDAYS[at.weekday()]}）"
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year}"


def _time(date_: str, clock: str, zone: str, written: str) -> Markup:
    """Digits, dots and words of this module only, so nothing needs escaping."""
    return Markup(f'<time class="nb" datetime="{date_}T{clock}{zone}">{written}</time>')  # noqa: S704


@pass_environment
def left(environment: Translated, until: datetime | str, now: datetime) -> Markup:
    """Return how far a last day is from now: 还有 3 天, 今天到期, 已超过 2 天."""
    until = _moment(until)
    days = (until.date() - now.date()).days
    return _left(environment.spoken, days, days == 0 and until >= now)


@lru_cache(maxsize=4096)
def _left(spoken: str, days: int, today: bool) -> Markup:
    if today:
        return escape(translate("今天到期", spoken))
    if days > 0:
        return escape(plural("还有 %(num)d 天", "还有 %(num)d 天", days, spoken) % {"num": days})
    late = max(-days, 1)
    return escape(plural("已超过 %(num)d 天", "已超过 %(num)d 天", late, spoken) % {"num": late})


def _assets(app: Flask) -> object:
    """Return a filter from a file's name to its path with a digest, so that browsers may keep it for ever."""
    folder = Path(app.static_folder or "")
    paths = {
        file.name: f"{app.static_url_path}/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
        for file in folder.glob("*")
        if file.is_file()
    }
    return paths.__getitem__
