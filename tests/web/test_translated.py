"""Templates compiled once a language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask, g, render_template
from jinja2 import DictLoader
from markupsafe import Markup

from lookup.web.citizen.filters import add_filters
from lookup.web.i18n import LANGUAGES, translate
from lookup.web.pages import compiled, prepare
from lookup.web.translated import READY, Translated

NAME = "报警结果查询"
PAGES = {
    "base.html": "<p>{% block body %}{% endblock %}</p>",
    "page.html": "{% extends 'base.html' %}{% block body %}{{ _('报警结果查询') }}{{ typed }}{% endblock %}",
    "percent": "{{ _('放大到 200%% 也可以') }}{{ _('还有 %(n)d 天', n=3) }}",
    "text": "{{ text|say }}",
    "texts": "{{ texts|say_all(_('；')) }}",
    "member.html": "{{ told['x'] }}{{ told['at']|moment }}",
    "filled.html": "{{ _('最迟%(when)s', when=typed) }}{{ _('100%% %(n)d', n=3) }}",
    "macros.html": (
        "{% extends 'base.html' %}{% macro one(a, b='<>') %}{{ a }}{{ b }}{% endmacro %}"
        "{% macro two(a) %}{{ one(a) }}{{ one(a, 1) }}{% endmacro %}"
        "{% macro around() %}[{{ caller() }}]{% endmacro %}"
        "{% block body %}{{ two(typed) }}{{ one(b=2, a=typed) }}{{ one(typed)|lower }}"
        "{% for each in 'xy' %}{{ one(each, loop.index) }}{% endfor %}"
        "{% call around() %}{{ one(typed, 3) }}{% endcall %}{% endblock %}"
    ),
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


def test_a_numbered_text_is_said_like_a_written_one(app: Flask) -> None:
    """The stored form of a report has numbers for texts; several are said with something between them."""
    add_filters(app, [{"zh-Hans": "<甲>", "en": "<A>"}, {"zh-Hans": "乙"}])
    assert [rendered(app, "text", lang, text={"$": 0}) for lang in LANGUAGES] == ["&lt;甲&gt;", "&lt;A&gt;"]
    texts = [{"$": 1}, {"zh-Hans": "&"}]
    assert rendered(app, "texts", "en", texts=texts) == "乙; &amp;"


def test_what_filters_declare_ready_is_markup(app: Flask) -> None:
    """Every filter whose result is not escaped again returns Markup, so that it has escaped what it was given."""
    add_filters(app, [{"zh-Hans": "<甲>", "en": "<A>"}])
    environment = app.jinja_env.copies()["en"]  # type: ignore[attr-defined]
    given = {
        "say": ({"zh-Hans": "<"},),
        "say_all": ([{"zh-Hans": "<"}], Markup("; ")),
        "icon": ("yes",),
        "place": ("<", {}),
        "left": ("2026-03-02T23:59:59+08:00", datetime(2026, 3, 1, tzinfo=UTC)),
    }
    for name in READY:
        value, *more = given.get(name, ("2026-03-02T23:59:59+08:00",))
        assert isinstance(environment.call_filter(name, value, more), Markup)


def test_values_in_a_text_are_escaped_and_stand_where_the_language_wants_them(app: Flask) -> None:
    """A text is filled as the format says: a value once escaped, a doubled percent sign as one."""
    assert rendered(app, "filled.html", "zh-Hans", typed="<b>") == "最迟&lt;b&gt;100% 3"
    assert rendered(app, "filled.html", "zh-Hans", typed=Markup("<b>")) == "最迟<b>100% 3"
    assert rendered(app, "filled.html", "en", typed=1) != rendered(app, "filled.html", "zh-Hans", typed=1)


def test_macros_say_the_same_however_they_are_called(app: Flask) -> None:
    """Defaults, names, loops, filters and callers work, and what was typed is escaped once everywhere."""
    one = "&lt;b&gt;&lt;&gt;"
    found = rendered(app, "macros.html", "zh-Hans", typed="<B>").lower()
    assert found == f"<p>{one}&lt;b&gt;1&lt;b&gt;2{one}x1y2[&lt;b&gt;3]</p>"


def test_moments_are_written_alike_from_text_and_from_values(app: Flask) -> None:
    """A moment with seconds, with fractions or as a datetime is the same moment, and nothing else gets through."""
    environment = app.jinja_env.copies()["en"]  # type: ignore[attr-defined]
    at = datetime(2026, 3, 2, 14, 5, 7, 9, tzinfo=timezone(timedelta(hours=8)))
    told = [at, at.isoformat(), at.replace(microsecond=0).isoformat()]
    assert len({environment.call_filter("moment", each) for each in told}) == 1
    with pytest.raises(ValueError, match="isoformat"):
        environment.call_filter("moment", "2026-03-02T<b>05:07+08:00")


def test_percent_signs_mean_the_same_with_and_without_values(app: Flask) -> None:
    """A doubled percent sign is one in the page, and values are filled in at each request."""
    assert rendered(app, "percent", "zh-Hans") == "放大到 200% 也可以还有 3 天"


def test_texts_of_the_rulebooks_follow_the_language(app: Flask) -> None:
    """A text without the language asked for falls back to zh-Hans; no text is nothing."""
    text = {"zh-Hans": "已受理", "en": "Accepted"}
    assert [rendered(app, "text", lang, text=text) for lang in LANGUAGES] == ["已受理", "Accepted"]
    assert rendered(app, "text", "en", text={"zh-Hans": "已受理"}) == "已受理"
    assert rendered(app, "text", "en", text=None) == ""


def test_what_is_compiled_before_the_workers_is_not_compiled_again(app: Flask) -> None:
    """Every template stands ready in every language, and a page that is rendered then is one of these."""
    add_filters(app, [])
    environment = compiled(app).jinja_env
    assert isinstance(environment, Translated)
    for copy in environment.copies().values():
        assert copy.cache is not None
        ready = {name: template for (_, name), template in copy.cache.items()}
        assert set(ready) == set(copy.list_templates())
        assert all(copy.get_template(name) is template for name, template in ready.items())
