"""A rulebook as a page of Markdown: states, diagrams, steps, limits, papers and remedies, with their sources.

Writes what the rulebook says and nothing else, so that the page can be checked against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lookup.domain.clocks import Unit
from lookup.domain.ruletypes import ClockRule, RemedyRule, Rulebook, Source, Text

MARKS = {
    "zh-Hans": "核实程度：V 已读原文副本；V2 间接材料；M-hi、M-med、M-lo 凭记忆，未核实；D 本平台的设计选择。",
    "en": "Verification: V read in a copy; V2 second-hand; M-hi, M-med, M-lo recalled, not verified; D design choice.",
}
_UNITS = {
    Unit.MINUTES: ("分钟", "minutes"), Unit.HOURS: ("小时", "hours"), Unit.DAYS: ("日", "days"),
    Unit.WORKING_DAYS: ("个工作日", "working days"), Unit.MONTHS: ("个月", "months"),
}  # fmt: skip
_MACHINES = (("incident",), "警情", "Incident"), (("administrative", "criminal", "any"), "案件", "Case")


def page(book: Rulebook, language: str = "zh-Hans") -> str:
    """The whole rulebook as Markdown in `language` (zh-Hans or en)."""
    return "\n".join(_Page(book, language).lines()) + "\n"


class _Page:
    def __init__(self, book: Rulebook, language: str) -> None:
        self.book, self.language, self.chinese = book, language, language == "zh-Hans"

    def lines(self) -> Iterable[str]:
        book = self.book
        until = str(book.until) if book.until else self.say("至今", "until further notice")
        yield f"# {book.code} · {self.text(book.title)}"
        yield ""
        yield (
            f"{book.since} — {until}。{self.text(book.note)}"
            if self.chinese
            else f"{book.since} — {until}. {self.text(book.note)}"
        )
        yield ""
        yield MARKS[self.language]
        for machines, zh, en in _MACHINES:
            yield from self.section(zh, en)
            yield from self.diagram(machines)
            yield from self.states(machines)
        yield from self.steps()
        yield from self.clocks()
        yield from self.papers()
        yield from self.remedies()
        yield from self.words()
        yield from self.attributes()

    def say(self, zh: str, en: str) -> str:
        return zh if self.chinese else en

    def text(self, text: Text) -> str:
        return text[self.language]

    def section(self, zh: str, en: str) -> Iterable[str]:
        yield from ("", f"## {self.say(zh, en)}", "")

    def cited(self, sources: Sequence[Source]) -> str:
        return "；".join(f"{source.law} {source.article}".strip() + f" [{source.mark}]" for source in sources)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
        yield "| " + " | ".join(head) + " |"
        yield "|" + " --- |" * len(head)
        for row in rows:
            yield "| " + " | ".join(cell.replace("|", "/") for cell in row) + " |"

    def diagram(self, machines: tuple[str, ...]) -> Iterable[str]:
        inside = [state for state in self.book.states.values() if state.machine in machines]
        codes = {state.code for state in inside}
        yield from ("```mermaid", "stateDiagram-v2")
        for state in inside:
            yield f'    state "{state.code} {self.text(state.label)}" as {state.code}'
        starts = {
            to: rule for (from_, to), rule in self.book.pairs.items() if to in codes and from_ not in codes
        }
        for code in ["J10"] if "J10" in codes else sorted(starts):
            yield f"    [*] --> {code}"
        for (from_, to), rule in self.book.pairs.items():
            if from_ in codes and to in codes:
                yield f"    {from_} --> {to}" + (
                    self.say(" : 须写明理由", " : reason required") if rule.reason else ""
                )
        for state in inside:
            if state.terminal:
                yield f"    {state.code} --> [*]"
        yield from ("```", "")

    def states(self, machines: tuple[str, ...]) -> Iterable[str]:
        head = (
            ("代码", "名称", "含义", "接下来", "依据")
            if self.chinese
            else ("Code", "Name", "Meaning", "Next", "Source")
        )
        inside = (state for state in self.book.states.values() if state.machine in machines)
        yield from self.table(
            head,
            (
                (
                    state.code, self.text(state.label), self.text(state.meaning), self.text(state.next),
                    self.cited(state.sources),
                )
                for state in inside
            ),
        )  # fmt: skip

    def steps(self) -> Iterable[str]:
        yield from self.section("允许的步骤", "Steps allowed")
        head = (
            ("从", "到", "须写明", "说明", "依据")
            if self.chinese
            else ("From", "To", "Needs", "Note", "Source")
        )
        rows = []
        for rule in self.book.transitions.values():
            needs = [self.say("理由", "reason")] * rule.reason + [self.say("对象", "target")] * rule.target
            rows.append(
                (
                    " ".join(rule.from_),
                    " ".join(rule.to),
                    "、".join(needs),
                    self.text(rule.note),
                    self.cited(rule.sources),
                )
            )
        yield from self.table(head, rows)

    def clocks(self) -> Iterable[str]:
        yield from self.section("期限", "Time limits")
        head = ("代码", "做什么", "对谁", "从", "到", "期限", "显示给", "依据")
        if not self.chinese:
            head = ("Code", "What", "To whom", "From", "Until", "Limit", "Shown to", "Source")
        rows = []
        for rule in self.book.clocks.values():
            start = " ".join(rule.trigger) + (
                self.say("，自 ", ", counted from ") + rule.counts_from if rule.counts_from else ""
            )
            rows.append((
                rule.code, self.text(rule.label), self.text(rule.to), start, " ".join(rule.stop), self.amount(rule),
                rule.tier, self.cited(rule.sources),
            ))  # fmt: skip
        yield from self.table(head, rows)

    def amount(self, rule: ClockRule) -> str:
        parts = [self.count(rule.amount, rule.unit)]
        if rule.at_once:
            parts = [self.say("立即（满", "at once (called late after ") + parts[0] + self.say("提示）", ")")]
        parts += [f"{item.mark}: {self.count(item.amount, item.unit)}" for item in rule.variants]
        if rule.extension_max:
            days = self.count(rule.extension_days, Unit.DAYS)
            parts.append(
                self.say(
                    f"可延长{rule.extension_max}次，每次{days}",
                    f"{rule.extension_max} extension(s) of {days}",
                )
            )
        if rule.pausable:
            parts.append(self.say("可中止计时", "may be paused"))
        parts += [f"{name}={'/'.join(values)}" for name, values in (rule.when or {}).items()]
        if rule.since or rule.until:
            parts.append(f"{rule.since or ''}…{rule.until or ''}")
        if rule.unsure:
            parts.append(self.text(rule.unsure))
        return self.say("；", "; ").join(parts)

    def count(self, amount: int, unit: Unit) -> str:
        return f"{amount}{_UNITS[unit][0]}" if self.chinese else f"{amount} {_UNITS[unit][1]}"

    def papers(self) -> Iterable[str]:
        yield from self.section("文书", "Papers")
        head = ("代码", "名称", "给谁", "何时", "显示给", "依据")
        if not self.chinese:
            head = ("Code", "Name", "To whom", "At", "Shown to", "Source")
        yield from self.table(
            head,
            (
                (
                    rule.code, self.text(rule.label), self.text(rule.to), " ".join(rule.on), rule.tier,
                    self.cited(rule.sources),
                )
                for rule in self.book.documents.values()
            ),
        )  # fmt: skip

    def remedies(self) -> Iterable[str]:
        yield from self.section("救济途径", "Remedies")
        head = ("代码", "途径", "怎么做", "向谁", "何时", "显示给", "依据")
        if not self.chinese:
            head = ("Code", "Remedy", "How", "To whom", "When", "Shown to", "Source")
        yield from self.table(
            head,
            (
                (
                    rule.code, self.text(rule.label),
                    " ".join(filter(None, (self.text(rule.how), self.text(rule.unsure) if rule.unsure else ""))),
                    self.text(rule.addressee), self.when(rule), rule.tier, self.cited(rule.sources),
                )
                for rule in self.book.remedies.values()
            ),
        )  # fmt: skip

    def when(self, rule: RemedyRule) -> str:
        parts = [self.say("随时", "always")] * rule.always
        parts += [" ".join(rule.states)] * bool(rule.states)
        parts += [f"mark:{mark}" for mark in rule.marks]
        parts += [self.say("超期：", "overdue: ") + " ".join(rule.overdue)] * bool(rule.overdue)
        if rule.amount:
            parts.append(
                self.count(rule.amount, rule.unit)
                + self.say("，自 ", " from ")
                + " / ".join(rule.counts_from)
            )
        return self.say("；", "; ").join(parts)

    def words(self) -> Iterable[str]:
        for zh, en, named in (
            ("标记", "Marks", self.book.marks), ("中止计时的原因", "Reasons for a pause", self.book.pauses),
            ("不公开的原因", "Reasons for withholding", self.book.withholding),
            ("理由类别", "Categories of reasons", self.book.reasons), ("用语", "Words", self.book.answers),
        ):  # fmt: skip
            yield from self.section(zh, en)
            head = ("代码", "文字", "依据") if self.chinese else ("Code", "Words", "Source")
            yield from self.table(
                head,
                ((item.code, self.text(item.label), self.cited(item.sources)) for item in named.values()),
            )

    def attributes(self) -> Iterable[str]:
        yield from self.section("属性", "Attributes")
        head = ("属性", "代码", "文字", "依据") if self.chinese else ("Attribute", "Code", "Words", "Source")
        rows = (
            (f"{rule.code}（{self.text(rule.label)}）", value, self.text(words), self.cited(rule.sources))
            for rule in self.book.attributes.values()
            for value, words in rule.values.items()
        )
        yield from self.table(head, rows)
