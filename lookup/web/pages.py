"""What templates of any surface can use: translations, dates as people write them, assets with their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, g, request
from jinja2 import pass_environment
from markupsafe import Markup, escape

from lookup.domain.faults import Fault
from lookup.web.i18n import LANGUAGES, choose, gettext, language, ngettext
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


def _choose() -> None:
    g.lang = choose()
    given = request.args if request.query_string and "elder" in request.args else request.cookies
    g.elder = "elder" in given and given["elder"] == "1"


def _remember(response: Response) -> Response:
    """Keep a choice of language or size of type that was made by a plain link."""
    if not request.query_string:
        return response
    for name, allowed in (("lang", LANGUAGES), ("elder", ("0", "1"))):
        if request.args.get(name) in allowed:
            response.set_cookie(name, request.args[name], max_age=_YEAR_S, httponly=True, samesite="Lax")
    return response


def _context() -> dict[str, object]:
    path = request.path if request.method == "GET" else "/"
    return {"lang": language(), "elder": g.get("elder", False), "path": path, "root": request.script_root}


@pass_environment
def say(environment: Translated, text: Mapping[str, str] | None) -> Markup:
    """Return a text of the rulebooks in the language of the template that asks."""
    return _escaped(text.get(environment.spoken) or text["zh-Hans"]) if text else _NOTHING


_NOTHING = Markup("")
_escaped = lru_cache(maxsize=4096)(escape)


def fault_text(fault: Fault) -> str:
    """Return what is wrong with something typed, in the language of the request."""
    return fault.text(language())


@pass_environment
def day(environment: Translated, at: datetime | str) -> Markup:
    """Return 2026年3月2日（周一） as a `time` element that does not break; a moment may be ISO 8601 text."""
    at = _moment(at)
    return _time(at, _written(environment, at))


@pass_environment
def moment(environment: Translated, at: datetime | str) -> Markup:
    """Return 2026年3月2日（周一）14:05 as a `time` element that does not break."""
    at = _moment(at)
    between = "" if environment.spoken == "zh-Hans" else ", "
    return _time(at, f"{_written(environment, at)}{between}{at.hour:02}:{at.minute:02}")


@pass_environment
def limit(environment: Translated, at: datetime | str) -> Markup:
    """Return the last moment of a period: only the day when it is the whole day."""
    at = _moment(at)
    whole = at.hour == 23 and at.minute == 59
    return day(environment, at) if whole else moment(environment, at)


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _written(environment: Translated, at: datetime) -> str:
    if environment.spoken == "zh-Hans":
        return f"{at.year}年{at.month}月{at.day}日（周{_WEEKDAYS[at.weekday()]}）"
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year}"


def _time(at: datetime, written: str) -> Markup:
    """Digits, dots and words of this module only, so nothing needs escaping."""
    return Markup(f'<time class="nb" datetime="{at.isoformat(timespec="minutes")}">{written}</time>')  # noqa: S704


def left(until: datetime | str, now: datetime) -> str:
    """Return how far a last day is from now: 还有 3 天, 今天到期, 已超过 2 天."""
    until = _moment(until)
    days = (until.date() - now.date()).days
    if days > 0:
        return ngettext("还有 %(num)d 天", "还有 %(num)d 天", days) % {"num": days}
    if days == 0 and until >= now:
        return gettext("今天到期")
    return ngettext("已超过 %(num)d 天", "已超过 %(num)d 天", max(-days, 1)) % {"num": max(-days, 1)}


def _assets(app: Flask) -> object:
    """Return a filter from a file's name to its path with a digest, so that browsers may keep it for ever."""
    folder = Path(app.static_folder or "")
    paths = {
        file.name: f"{app.static_url_path}/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
        for file in folder.glob("*")
        if file.is_file()
    }
    return paths.__getitem__
