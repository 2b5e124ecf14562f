"""One incident explained step by step with articles, for a lawyer, a supervisor or a developer. Hides nothing.

Not for citizens: what they may see is decided by the domain's disclosure alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from lookup.domain.calendar import local
from lookup.domain.disclosure import Tier, disclose
from lookup.domain.engine import ask, tell
from lookup.domain.events import Event
from lookup.domain.ruletypes import Rulebook, Source
from lookup.domain.story import Answer, Due, Standing, Step, Story
from lookup.services.law import Law


def explain(law: Law, events: Sequence[Event], now: datetime, language: str = "zh-Hans") -> str:
    """What the events that had happened by `now` say, and why. ValueError when none had, or of several incidents."""
    past = [event for event in events if event.at <= now]
    if not past:
        raise ValueError("no event had happened by that time")
    story = tell(law.rules, law.calendar, past)
    return "\n".join(_Explanation(law, story, ask(law.rules, law.calendar, story, now), language).lines())


class _Explanation:
    def __init__(self, law: Law, story: Story, standing: Standing, language: str) -> None:
        self.law, self.story, self.standing, self.language = law, story, standing, language
        self.chinese = language == "zh-Hans"

    def say(self, zh: str, en: str) -> str:
        return zh if self.chinese else en

    def lines(self) -> Iterable[str]:
        yield self.say("抬头", "Answers")
        yield "  " + self.answer("acceptance", self.story.acceptance)
        yield "  " + self.answer("registration", self.story.registration)
        yield self.say("经过", "Steps")
        for step in self.story.history:
            yield "  " + self.step(step)
        for step in self.story.waiting:
            yield f"  {self.say('等待前一步：', 'waits for its predecessor: ')}{self.short(step)}"
        for struck in self.story.struck:
            lead = self.say("不再算数：", "no longer counts: ")
            yield f"  {lead}{self.short(struck.step)} ← {struck.by} {struck.kind}"
        yield self.say("期限", "Time limits")
        yield from ("  " + line for line in self.dues())
        yield self.say("救济途径", "Remedies")
        yield from ("  " + line for line in self.remedies())
        yield from self.tiers()

    def short(self, step: Step) -> str:
        return f"{step.at:%Y-%m-%d %H:%M} {step.to or step.kind}"

    def cited(self, book: Rulebook, sources: Sequence[Source], day: datetime) -> str:
        found = (f"{book.cite(source, day.date())[self.language]} [{source.mark}]" for source in sources)
        return self.say("；", "; ").join(found)

    def answer(self, subject: str, answer: Answer) -> str:
        words = self.law.rules.named(answer.rules).headline(subject, answer.code, answer.case_kind)[
            self.language
        ]
        parts = (
            words,
            f"{answer.at:%Y-%m-%d %H:%M}" if answer.at else "",
            answer.unit or "",
            answer.document_number or "",
        )
        return " ".join(part for part in parts if part) + f" ({answer.rules})"

    def step(self, step: Step) -> str:
        book = self.law.rules.named(step.rules)
        head = f"{step.at:%Y-%m-%d %H:%M} " + (f"[{step.case}] " if step.case else "")
        if step.to is None or step.kind != "transition":
            return head + " ".join(filter(None, (step.kind, step.reason, step.document)))
        rule = book.pairs.get((step.from_ or "", step.to))
        sources = rule.sources if rule else book.states[step.to].sources
        flags = (
            self.say("（已更正）", " (corrected)") * step.corrected
            + self.say("（时间倒置）", " (out of time)") * step.out_of_time
        )
        label = book.states[step.to].label[self.language]
        arrow = f"{head}{step.from_ or '·'} → {step.to} {label}{flags}"
        return f"{arrow} — {book.code}: {self.cited(book, sources, step.at)}"

    def dues(self) -> Iterable[str]:
        overdue = set(self.standing.overdue)
        for due in sorted(self.story.dues, key=lambda item: item.started_at):
            book = self.law.rules.named(due.rules)
            rule = book.clocks[due.code]
            head = f"{rule.label[self.language]} ({due.code}) {self.span(due)}{self.how(due, due in overdue)}"
            yield f"{head} — {self.cited(book, rule.sources, due.started_at)}"

    def span(self, due: Due) -> str:
        end = f"{due.due_at:%Y-%m-%d %H:%M:%S}" if due.due_at else self.say("暂停中", "paused")
        return (
            f"{due.started_at:%Y-%m-%d %H:%M} → {end}"
            + self.say("（暂定）", " (provisional)") * due.provisional
        )

    def how(self, due: Due, overdue: bool) -> str:
        parts = []
        if due.extensions:
            parts.append(self.say(f"延长{due.extensions}次", f"{due.extensions} extension(s)"))
        if due.paused_days:
            parts.append(self.say(f"中止{due.paused_days}日", f"{due.paused_days} day(s) paused"))
        if due.done_at:
            late = self.say("，迟", ", late") if due.late else ""
            parts.append(self.say("完成于 ", "done ") + f"{due.done_at:%Y-%m-%d %H:%M}{late}")
        if overdue:
            parts.append(self.say("已超期", "OVERDUE"))
        return self.say("，", ", ") + self.say("，", ", ").join(parts) if parts else ""

    def remedies(self) -> Iterable[str]:
        for remedy in self.standing.remedies:
            book = self.law.rules.named(remedy.rules)
            rule = book.remedies[remedy.code]
            until = f" → {remedy.until:%Y-%m-%d %H:%M:%S}" if remedy.until else ""
            head = f"{rule.label[self.language]} ({remedy.code}){until} · {rule.addressee[self.language]}"
            yield f"{head} — {self.cited(book, rule.sources, self.standing.now)}"

    def tiers(self) -> Iterable[str]:
        for tier in Tier:
            seen = disclose(self.law.rules, self.story, self.standing, tier)
            if seen.withheld:
                words = seen.notice[self.language] if seen.notice else ""
            else:
                words = " · ".join(
                    f"{line.at:%m-%d %H:%M} {line.label[self.language]}" for line in seen.history
                )
            yield self.say(f"{tier} 看到：", f"{tier} sees: ") + words


def local_time(text: str) -> datetime:
    """A moment as typed: ISO 8601, Asia/Shanghai when no offset is given. ValueError when it is no time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{moment.isoformat()}+08:00")
    return local(moment)
