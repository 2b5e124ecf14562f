"""The templates themselves: no inline code, footer lines as text, help for a link that is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lookup.storage.database import Database
from tests.support import contexts
from tests.support.reports import NUMBER, PHONE, push_story
from tests.web.citizen.conftest import Site, app_on, text_of

TEMPLATES = sorted((Path(__file__).parents[3] / "lookup/web/citizen/templates").rglob("*.html"))
INLINE = re.compile(r"""<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|https?://""")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_page_needs_what_the_policy_forbids(template: Path) -> None:
    """No inline style or script, and nothing from another host: the content security policy would stop it."""
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


def test_the_lines_of_the_operator_are_text(site: Site) -> None:
    """What the operator puts at the foot of the pages is shown as lines of text and never as markup."""
    app = app_on(site.database, footer="云溪市公安局 主办 | <b>网站标识码</b> |")
    page = text_of(app.test_client().get("/help"))
    assert "<p>云溪市公安局 主办</p>" in page
    assert "<p>&lt;b&gt;网站标识码&lt;/b&gt;</p>" in page
    assert "<p></p>" not in page


def test_a_link_page_without_its_link_says_how_to_get_it_back(site: Site) -> None:
    """The link is a secret and not echoed; without it the field, marked and explained, is shown again."""
    response = site.browser().post("/verify", data={"by": "link", "fact": "phone", "phone4": "1234"})
    assert response.status_code == 422
    page = text_of(response)
    assert "还没有查询链接" in page
    assert 'aria-describedby="link-hint link-fault"' in page


def test_a_foreign_link_is_refused_like_anything_else(site: Site) -> None:
    """A link that we did not make gets the one refusal, on the page for links."""
    response = site.browser().post(
        "/verify",
        data={"by": "link", "link": "https://lookup.test/r#nonsense", "fact": "phone", "phone4": "1234"},
    )
    assert response.status_code == 403
    page = text_of(response)
    assert "没有查到相符的警情" in page
    assert "nonsense" not in page


def test_incident_numbers_of_another_form_can_be_typed(database: Database) -> None:
    """Where LOOKUP_INCIDENT_PATTERN says so, such a number opens its report, and no page asks for 20 digits."""
    reference, _ = push_story(contexts.push(database), "JJ26031508301242")
    browser = app_on(database, incident_pattern="JJ[0-9]{14}").test_client()
    asked = {"number": "jj 260315083012-42", "code": reference.code, "fact": "phone", "phone4": PHONE[-4:]}
    assert browser.post("/verify", data=asked).status_code == 303
    assert browser.post("/verify", data=asked | {"number": NUMBER}).status_code == 422
    page = text_of(browser.get("/"))
    assert "20 位" not in page
    assert 'id="number" name="number" type="text" value="" inputmode="text"' in page
