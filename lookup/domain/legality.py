"""Whether an event may be taken in at all: the rulebook of the event's own day decides. A refusal is a value.

Texts of a refusal never repeat what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.calendar import local
from lookup.domain.events import AMENDING, Event, Kind
from lookup.domain.ruletypes import Rulebook, Rules, Source, Text, TransitionRule
from lookup.domain.steps import SKEW
from lookup.domain.story import Step, Story

START = "J10"
"""The state with which every incident begins; no pair of a rulebook leads to it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event is quarantined: `field` at fault, `rule` (rulebook/section/code, or wire.missing), article, text."""

    field: str
    rule: str
    article: Text
    text: Text


_NONE: Text = {"zh-Hans": "", "en": ""}


def illegal(rules: Rules, event: Event, story: Story | None) -> Refusal | None:
    """None when `event` is legal by the rulebook of its day, else why not. `story` is what is known so far.

    Only what the rulebook forbids in any order is refused. A step that does not fit what is known, whether or not
    it says what it leaves, is not: it will wait. Only extensions are counted by the story.
    """
    day = local(event.at).date()
    if day < rules.books[0].since:
        return Refusal("at", "rules", _NONE, {
            "zh-Hans": "事件日期早于最早的规则集。", "en": "The event is older than the oldest rulebook.",
        })  # fmt: skip
    book = rules.on(day)
    if event.at > event.entered_at + SKEW:
        return _refuse(
            book, event, "at", "time", "事件时间晚于录入时间：还没有发生的事不能录入。",
            "The event lies after its own entry: what has not happened can not be entered.",
        )  # fmt: skip
    return _unknown_attribute(book, event) or _by_kind(rules, book, event, story)


def _by_kind(rules: Rules, book: Rulebook, event: Event, story: Story | None) -> Refusal | None:
    if event.kind is Kind.TRANSITION:
        return _transition(book, event)
    if event.kind in AMENDING:
        return _amendment(book, event)
    return _statement(rules, book, event, story)


def _unknown_attribute(book: Rulebook, event: Event) -> Refusal | None:
    """Time limits depend on attributes: one that nobody knows would switch a limit off in silence."""
    for name, value in event.attributes.items():
        known = book.attributes[name].values if name in book.attributes else {}
        if value not in known:
            return _refuse(
                book, event, f"attributes/{name}", "attributes",
                f"规则集里没有这个属性代码。可用的有：{'、'.join(known) or '无'}。",
                f"The rulebook has no such attribute code. Known: {', '.join(known) or 'none'}.",
            )  # fmt: skip
    return None


def needs_story(event: Event) -> bool:
    """Say whether `illegal` looks at the story for this event: only where a limit is prolonged."""
    return event.kind is Kind.EXTENSION


def _refuse(
    book: Rulebook, event: Event, field: str, rule: str, zh: str, en: str, sources: tuple[Source, ...] = ()
) -> Refusal:
    day = local(event.at).date()
    cited = [book.cite(source, day) for source in sources]
    article = {
        "zh-Hans": "；".join(item["zh-Hans"] for item in cited),
        "en": "; ".join(item["en"] for item in cited),
    }
    return Refusal(field, f"{book.code}/{rule}", article, {"zh-Hans": zh, "en": en})


def _missing(member: str) -> Refusal:
    """Refuse an event without a member that its type can not do without; `member` is one of `data`."""
    return Refusal(member, "wire.missing", _NONE, {
        "zh-Hans": f"缺少必填的成员。这一类事件必须有 data.{member}。",
        "en": f"A required member is missing. An event of this type needs data.{member}.",
    })  # fmt: skip


def _transition(book: Rulebook, event: Event) -> Refusal | None:
    to = event.to
    if not to:
        return _missing("to")
    rule = book.states.get(to)
    if rule is None:
        return _refuse(
            book, event, "to", "states", "规则集里没有这个状态。", "The rulebook has no such state."
        )
    if event.from_ and event.from_ not in book.states:
        return _refuse(
            book,
            event,
            "from",
            "states",
            "规则集里没有这个起始状态。",
            "The rulebook has no such state to leave.",
        )
    if (rule.machine == "incident") != (event.case is None):
        return _refuse(
            book, event, "case", f"states/{to}", "警情状态不带案件编号，案件状态必须带案件编号。",
            "An incident state takes no case number; a case state needs one.", rule.sources,
        )  # fmt: skip
    if rule.machine in ("administrative", "criminal") and event.case_kind not in (None, rule.machine):
        return _refuse(
            book, event, "case_kind", f"states/{to}", "案件类型与状态不符。",
            "The kind of case does not fit the state.", rule.sources,
        )  # fmt: skip
    return _pair(book, event, to)


def _pair(book: Rulebook, event: Event, to: str) -> Refusal | None:
    if to == START and not event.from_:
        return None
    rules = [
        rule for (from_, into), rule in book.pairs.items() if into == to and event.from_ in (None, "", from_)
    ]
    if not rules:
        from_ = event.from_ or ""
        after = (
            "、".join(f"{code}（{book.states[code].label['zh-Hans']}）" for code in book.after(from_)) or "无"
        )
        plain = ", ".join(f"{code} ({book.states[code].label['en']})" for code in book.after(from_)) or "none"
        sources = book.states[from_].sources if from_ in book.states else ()
        return _refuse(
            book, event, "to", f"transitions/{from_ or 'start'}", f"不允许的步骤。这一状态之后只能是：{after}。",
            f"This step is not allowed. After this state only these may follow: {plain}.", sources,
        )  # fmt: skip
    if any(has_clauses(rule, event) for rule in rules):
        return None
    needs = rules[0]
    if needs.reason and not event.reason:
        return _refuse(
            book, event, "reason", f"transitions/{needs.code}", "这一步必须写明理由。",
            "This step needs a reason.", needs.sources,
        )  # fmt: skip
    return _refuse(
        book, event, "target", f"transitions/{needs.code}", "这一步必须写明原警情、主案或者接收单位。",
        "This step must name the first incident, the main case or the receiving unit.", needs.sources,
    )  # fmt: skip


def has_clauses(rule: TransitionRule, event: Event | Step) -> bool:
    """Say whether a step has the reason and the target that its rule asks for."""
    return bool((event.reason or not rule.reason) and (event.target or not rule.target))


def _amendment(book: Rulebook, event: Event) -> Refusal | None:
    said = {"replaces": event.replaces, "reason": event.reason, "approver": event.approver}
    if missing := [name for name, value in said.items() if not value]:
        names = [f"data.{name}" for name in missing]
        return _refuse(
            book, event, missing[0], "amendments",
            f"更正或者撤回必须写明原事件、理由和批准人的警号。缺少：{'、'.join(names)}。",
            "A correction or retraction must name the event, the reason and the staff number of who approved it. "
            f"Missing: {', '.join(names)}.",
        )  # fmt: skip
    if event.kind is Kind.CORRECTION and event.to is not None and event.to not in book.states:
        return _refuse(
            book, event, "to", "states", "规则集里没有这个状态。", "The rulebook has no such state."
        )
    return None


def _statement(rules: Rules, book: Rulebook, event: Event, story: Story | None) -> Refusal | None:
    kind, reason = event.kind, event.reason or ""
    if kind in (Kind.PAUSE, Kind.RESUME, Kind.EXTENSION) and event.case is None:
        return _refuse(
            book,
            event,
            "case",
            "clocks",
            "计时和延期必须写明案件。",
            "Pauses and extensions must name a case.",
        )
    known = {Kind.PAUSE: book.pauses, Kind.WITHHOLD: book.withholding, Kind.MARK: book.marks}.get(kind)
    if known is not None and not reason:
        return _missing("reason")
    if known is not None and reason not in known:
        section = {Kind.PAUSE: "pauses", Kind.WITHHOLD: "withholding", Kind.MARK: "marks"}[kind]
        return _refuse(
            book, event, "reason", section, f"规则集里没有这个原因代码。可用的有：{'、'.join(known)}。",
            f"The rulebook has no such reason code. Known: {', '.join(known)}.",
        )  # fmt: skip
    if kind is Kind.DOCUMENT and event.document is None:
        return _missing("document")
    if event.document is not None and kind is Kind.DOCUMENT and event.document.code not in _papers(rules):
        return _refuse(
            book, event, "document", "documents", "规则集里没有这种文书。", "The rulebook has no such paper."
        )
    if kind in (Kind.EXTENSION, Kind.RELEASE) and not event.approver:
        return _refuse(
            book, event, "approver", "approval", "这件事必须写明批准人的警号（data.approver）。",
            "This needs the staff number of who approved it (data.approver).",
        )  # fmt: skip
    return _too_many(book, event, story) if kind is Kind.EXTENSION else None


def _papers(rules: Rules) -> frozenset[str]:
    """Papers of every rulebook: one issued before a change of rules may be served after it."""
    return frozenset(code for book in rules.books for code in book.documents)


def _too_many(book: Rulebook, event: Event, story: Story | None) -> Refusal | None:
    """Extensions are counted by the run of the clock they lengthen: a new start may be extended anew."""
    for due in story.dues if story else ():
        clock = book.clocks.get(due.code)
        if due.case != event.case or due.done_at is not None or clock is None or not clock.extension_days:
            continue
        if due.extensions >= clock.extension_max:
            return _refuse(
                book, event, "kind", f"clocks/{clock.code}", f"这一期限最多延长{clock.extension_max}次。",
                f"This time limit can be extended at most {clock.extension_max} time(s).", clock.sources,
            )  # fmt: skip
    return None
