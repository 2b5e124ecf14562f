"""The English catalogue: whole, compiled, and every template compiles in every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask, g

from lookup.services.list_entries import Line
from lookup.services.tell_actors import Who
from lookup.web.citizen import filters
from lookup.web.console import code_words, words
from lookup.web.console.detail_words import detail
from lookup.web.i18n import LANGUAGES, LOCALE
from lookup.web.pages import prepare

WEB = LOCALE.parent
SURFACES = sorted(folder.parent.name for folder in WEB.glob("*/templates"))
PO = LOCALE / "en" / "LC_MESSAGES" / "lookup.po"


def texts() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Each text for people in templates and Python, with the file it is in."""
    with (LOCALE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "translate": (1,), "plural": (1, 2)}
    for name, _, message, _, _ in extract_from_dir(WEB, methods, options, keywords):
        yield name, message


def catalogue() -> Catalog:
    """The English texts as they are written."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def strings(message: Message) -> tuple[str, ...]:
    """The forms of a translation."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return tuple(form or "" for form in forms)


def test_every_text_has_its_english() -> None:
    """No text of the pages falls back to Chinese on an English page, and none is a guess marked fuzzy."""
    english = catalogue()
    known = [(name, english.get(text), text) for name, text in texts()]
    assert len(known) > 150
    wanting = [
        (name, text) for name, found, text in known if not found or found.fuzzy or not all(strings(found))
    ]
    assert wanting == []


def test_what_is_filled_in_is_the_same_in_both_languages() -> None:
    """A translation names exactly the values that the Chinese text names, and breaks no format."""
    assert [error for _, errors in catalogue().check() for error in errors] == []
    for message in catalogue():
        for text in strings(message) if message.id else ():
            assert sorted(catalogue_names(text)) == sorted(catalogue_names(ident(message)))


def catalogue_names(text: str) -> set[str]:
    """The names of the values filled into a text."""
    return {part.partition(")")[0] for part in text.split("%(")[1:]}


def ident(message: Message) -> str:
    """The Chinese text of a message."""
    return message.id if isinstance(message.id, str) else str(message.id[0])


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """The .mo that runs says the same as the .po that people read."""
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    told = {ident(message): strings(message) for message in compiled if message.id}
    assert told == {ident(message): strings(message) for message in catalogue() if message.id}


def test_nothing_is_translated_that_nobody_says() -> None:
    """The catalogue has no left-overs."""
    said = {text if isinstance(text, str) else text[0] for _, text in texts()}
    assert [ident(message) for message in catalogue() if message.id and ident(message) not in said] == []


def test_english_labels_of_entries_begin_alike() -> None:
    """What an action is called and what stands before each detail begin with a capital."""
    with Flask("labels").test_request_context():
        g.lang = "en"
        labels = [label for label, _meaning in code_words.actions().values()]
        told = '{"client":1,"rule":1,"right":1,"writer":1,"size":1}'
        line = Line("1-1", 0, "sys.boot", "succeeded", bytes(16), Who("system"), None, None, told)
        labels += [part.name for part in detail(line)]
    assert [label for label in labels if not label[0].isupper()] == []


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_template_compiles(surface: str, lang: str) -> None:
    """A template that is never reached by another test still has no mistake in its syntax."""
    app = Flask(f"lookup.web.{surface}")
    prepare(app, demo=False)
    if surface == "console":
        words.add_words(app)
    else:
        filters.add_filters(app, ())
    environment = app.jinja_env.copies()[lang]  # type: ignore[attr-defined]
    names = environment.list_templates(extensions=["html"])
    assert len(names) == len(list(Path(app.root_path).glob("templates/**/*.html")))
    for name in names:
        environment.get_template(name)
