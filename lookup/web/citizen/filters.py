"""What only the citizen's templates can say: icons, which are always beside a word, and units by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Flask
from jinja2 import pass_environment
from markupsafe import Markup, escape

from lookup.domain.ruletypes import Text
from lookup.web import pages
from lookup.web.i18n import LANGUAGES
from lookup.web.pages import escaped, in_language
from lookup.web.translated import Translated

_DISC = '<circle cx="12" cy="12" r="11"/>'
_DRAWN = {
    "yes": _DISC + '<path class="mark" d="M7 12.5l3.4 3.4L17 9"/>',
    "no": _DISC + '<path class="mark" d="M8.3 8.3l7.4 7.4M15.7 8.3l-7.4 7.4"/>',
    "other": _DISC + '<path class="mark" d="M7.5 12h9"/>',
    "wait": _DISC + '<path class="mark" d="M12 6.5V12l3.6 2.4"/>',
    "alert": '<path d="M12 1.8L23.2 21.5H.8z"/><path class="mark" d="M12 9v5.5M12 17.6v.4"/>',
    "lock": _DISC + '<path class="mark" d="M8 11.5h8v5.5H8zM9.7 11.5V9.3a2.3 2.3 0 0 1 4.6 0v2.2"/>',
    "call": '<path d="M6.6 2.5l3.1 5.2-2 2.1a14 14 0 0 0 6.5 6.5l2.1-2 5.2 3.1c-.4 2.4-2.2 4.1-4.6 4.1C9.3 21.5 2.5 '
    '14.7 2.5 7.1c0-2.4 1.7-4.2 4.1-4.6z"/>',
}
_FRAME = '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">{}</svg>\n'
ICONS = {name: Markup(_FRAME.format(drawn)) for name, drawn in _DRAWN.items()}  # noqa: S704  # constants above


def add_filters(app: Flask, texts: Sequence[Text]) -> None:
    """Give the templates of `app` these filters; `texts` are those that the numbers of a report stand for."""
    app.jinja_env.filters.update(icon=icon, place=place, **_speaking(texts))


def _speaking(texts: Sequence[Text]) -> dict[str, Any]:
    """Filters that say a text, given as the rulebooks have it or as `{"$": number}`, or several of them."""
    said: dict[str, list[Markup]] = {
        lang: [escape(in_language(text, lang)) for text in texts] for lang in LANGUAGES
    }

    @pass_environment
    def say(environment: Translated, text: Mapping[str, Any] | None) -> Markup:
        if text and "$" in text:
            return said[environment.spoken][int(text["$"])]
        plain: Markup = pages.say(environment, text)
        return plain

    @pass_environment
    def say_all(environment: Translated, several: Iterable[Mapping[str, Any]], between: Markup) -> Markup:
        return between.join([say(environment, text) for text in several])

    return {"say": say, "say_all": say_all}


def icon(name: str) -> Markup:
    """Return the picture called `name` as SVG."""
    return ICONS[name]


@pass_environment
def place(environment: Translated, code: str, units: Mapping[str, Any]) -> Markup:
    """Return the name of a unit in the language of the template that asks; its code when it is not known."""
    unit = units.get(code)
    if unit is None:
        return escape(code)
    return escaped(unit.name_en if environment.spoken == "en" else unit.name)
