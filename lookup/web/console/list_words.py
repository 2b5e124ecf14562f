"""Words and days of the sources' lists (日清单)."""

from __future__ import annotations

from datetime import datetime

from lookup.domain.calendar import SHANGHAI
from lookup.domain.sequence import UNUSED_REASONS
from lookup.services.compare_manifest import Compared
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language, ngettext


def states() -> dict[str, tuple[str, str, str]]:
    """Return sign, label and kind of every state of a list; the kind is that of an outcome with the same colour."""
    return {
        "equal": ("✓", _("一致"), "accepted"),
        "different": ("≠", _("有出入"), "conflict"),
        "incomplete": ("◔", _("没有收齐"), "limited"),
        "replaced": ("＝", _("已被新清单取代"), "duplicate"),
    }


def stands(found: Compared) -> tuple[str, str, str]:
    """Return sign, label and kind of how a list compares; one that is equal only with numbers elsewhere says so."""
    elsewhere = len(found.comparison.elsewhere) if found.comparison else 0
    if found.state != "equal" or not elsewhere:
        return states()[found.state]
    label = ngettext("一致（有 %(num)d 件记在别处）", "一致（有 %(num)d 件记在别处）", elsewhere)
    return "≈", label % {"num": elsewhere}, "limited"


def unused_for(reason: str) -> str:
    """Return why numbers were never used; an unknown code as it is."""
    return UNUSED_REASONS[reason][language() == "en"] if reason in UNUSED_REASONS else reason


def date_of(day: str) -> datetime:
    """Return the beginning of a day (YYYY-MM-DD) in Asia/Shanghai."""
    return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
