"""What a person typed into the ask form, read into a claim; every fault is explained, nothing secret is echoed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lookup.domain import numbers
from lookup.domain.faults import Fault
from lookup.domain.reference import SecondFact, code_fault, normalise
from lookup.services import kept_links
from lookup.services.prove_reference import Claim


@dataclass
class Form:
    """The fields as typed; `faults` say what to mend. What is secret is not shown again; `kept` is a sealed link."""

    number: str = ""
    code: str = ""
    link: str = ""
    fact: str = "phone"
    phone4: str = ""
    id6: str = ""
    name: str = ""
    ticket: str = ""
    kept: str = ""
    faults: list[Fault] = field(default_factory=list)
    by_link: bool = False

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Form:
        """Return the form that was sent; a field that is not there is empty, one too long is cut."""
        form = cls(by_link=data.get("by", "") == "link")
        for name in ("number", "code", "link", "fact", "phone4", "id6", "name", "ticket", "kept"):
            setattr(form, name, data.get(name, "")[:600].replace("\0", ""))
        return form

    def keeping(self, seal_key: bytes) -> Form:
        """Return this form with the link that an earlier page has kept, and with its link kept for the next one."""
        if self.by_link:
            self.link = self.link.strip() or kept_links.kept(seal_key, self.kept)
            self.kept = kept_links.keep(seal_key, self.link)
        return self

    def claim(self, address: str, pattern: str) -> Claim | None:
        """Return the claim in normal form, or None with `faults` filled; `pattern` is that of incident numbers."""
        number, code, link = self._reference(pattern)
        kind, fact = self._second_fact()
        if self.faults:
            return None
        return Claim(number, code, link, kind, fact, self.ticket or None, address)

    def without_secrets(self) -> Form:
        """Return what may be shown again: a page is never sent back with a secret in it."""
        return replace(self, code="", link="", phone4="", id6="", name="")

    def _reference(self, pattern: str) -> tuple[str | None, str | None, str | None]:
        if self.by_link:
            if not self.link.strip():
                self.faults.append(Fault("link", "missing"))
            return None, None, self.link.strip()
        number = self._take(numbers.incident_number(self.number, numbers.incident_shape(pattern)))
        if (fault := code_fault(self.code)) is not None:
            self.faults.append(fault)
        return number, normalise(self.code), None

    def _second_fact(self) -> tuple[SecondFact, str]:
        if self.fact == "id":
            six, key = self._take(numbers.id_last6(self.id6)), self._take(numbers.name_key(self.name))
            return SecondFact.ID_LAST6_NAME, f"{six}/{key}"
        return SecondFact.PHONE_LAST4, self._take(numbers.phone_last4(self.phone4))

    def _take(self, value: str | Fault) -> str:
        if isinstance(value, Fault):
            self.faults.append(value)
            return ""
        return value
