"""Templates compiled once a language."""

from __future__ import annotations

import pytest
from flask import Flask, g, render_template
from jinja2 import DictLoader
from markupsafe import Markup

from lookup.web.citizen.filters import add_filters
from lookup.web.i18n import LANGUAGES, translate
from lookup.web.pages import prepare
from lookup.web.translated import READY

NAME = "报警结果查询"
PAGES = {
    "base.html": "<p>{% block body %}{% endblock %}</p>",
    "page.html": "{% extends 'base.html' %}{% block body %}{{ _('报警结果查询') }}{{ typed }}{% endblock %}",
    "percent": "{{ _('放大到 200%% 也可以') }}{{ _('还有 %(n)d 天', n=3) }}",
    "text": "{{ text|say }}",
    "member.html": "{{ told['x'] }}{{ told['at']|moment }}",
}


@pytest.fixture
def app() -> Flask:
    """A surface with templates of its own."""
    app = Flask(__name__)
    prepare(app, demo=False)
    app.jinja_env.loader = DictLoader(PAGES)
    return app


def rendered(app: Flask, name: str, lang: str, **context: object) -> str:
    """The template in one language."""
    with app.test_request_context("/"):
        g.lang = lang
        return render_template(name, **context)


def test_each_language_has_its_own_copy(app: Flask) -> None:
    """Whichever language is asked first, each request gets its own, through inheritance too."""
    for lang in (*LANGUAGES, *LANGUAGES):
        assert rendered(app, "page.html", lang, typed="") == f"<p>{translate(NAME, lang)}</p>"
    assert translate(NAME, "en") != NAME


def test_what_was_typed_is_still_escaped(app: Flask) -> None:
    """Only our own texts are constants; values are escaped as ever."""
    assert rendered(app, "page.html", "zh-Hans", typed="<b>") == f"<p>{NAME}&lt;b&gt;</p>"


def test_texts_of_the_rulebooks_and_members_are_escaped_once(app: Flask) -> None:
    """What a filter has made ready stands as it is, and nothing else does."""
    assert rendered(app, "text", "zh-Hans", text={"zh-Hans": "<b>&"}) == "&lt;b&gt;&amp;"
    told = {"x": "<i>", "at": "2026-03-02T14:05:00+08:00"}
    time = '<time class="nb" datetime="2026-03-02T14:05+08:00">2026年3月2日（周一）14:05</time>'
    assert rendered(app, "member.html", "zh-Hans", told=told) == f"&lt;i&gt;{time}"


def test_what_filters_declare_ready_is_markup(app: Flask) -> None:
    """Every filter whose result is not escaped again returns Markup, so that it has escaped what it was given."""
    add_filters(app)
    environment = app.jinja_env.copies()["en"]  # type: ignore[attr-defined]
    given = {"say": {"zh-Hans": "<"}, "icon": "yes"}
    for name in READY:
        value = given.get(name, "2026-03-02T23:59:59+08:00")
        assert isinstance(environment.call_filter(name, value), Markup)


def test_percent_signs_mean_the_same_with_and_without_values(app: Flask) -> None:
    """A doubled percent sign is one in the page, and values are filled in at each request."""
    assert rendered(app, "percent", "zh-Hans") == "放大到 200% 也可以还有 3 天"


def test_texts_of_the_rulebooks_follow_the_language(app: Flask) -> None:
    """A text without the language asked for falls back to zh-Hans; no text is nothing."""
    text = {"zh-Hans": "已受理", "en": "Accepted"}
    assert [rendered(app, "text", lang, text=text) for lang in LANGUAGES] == ["已受理", "Accepted"]
    assert rendered(app, "text", "en", text={"zh-Hans": "已受理"}) == "已受理"
    assert rendered(app, "text", "en", text=None) == ""
