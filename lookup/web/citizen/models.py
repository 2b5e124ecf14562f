"""The wire form of the citizen API; what is typed is read by the same code as the page's form."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lookup.web.citizen.forms import Form

Short = Annotated[str, Field(max_length=100)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PhoneFact(_Closed):
    """The last four digits of the telephone that called."""

    kind: Literal["phone_last4"]
    phone_last4: Short


class IdentityFact(_Closed):
    """The last six characters of the victim's or complainant's citizen ID, and the full name."""

    kind: Literal["id_last6_name"]
    id_last6: Short
    name: Short


class Verification(_Closed):
    """Either number and code, or a link; and the second fact. `ticket` is a wait ticket handed back."""

    number: Short | None = None
    code: Short | None = None
    link: Annotated[str, Field(max_length=600)] | None = None
    second_fact: Annotated[PhoneFact | IdentityFact, Field(discriminator="kind")]
    ticket: Annotated[str, Field(max_length=600)] | None = None

    def form(self) -> Form:
        """Return the ask form that means the same."""
        fact = self.second_fact
        data = {"number": self.number, "code": self.code, "link": self.link, "ticket": self.ticket}
        data["by"] = "link" if self.link is not None else ""
        if isinstance(fact, PhoneFact):
            data |= {"fact": "phone", "phone4": fact.phone_last4}
        else:
            data |= {"fact": "id", "id6": fact.id_last6, "name": fact.name}
        return Form.of({name: value for name, value in data.items() if value is not None})


class Verified(_Closed):
    """A pass: send it as `Authorization: Bearer …`, or let the cookie do it."""

    pass_: str = Field(alias="pass")
    tier: Literal["T1", "T2"]
    expires_in: int
    entry: str


class UnitInfo(_Closed):
    """Whom to call."""

    name: str
    name_en: str
    phone: str


class Audit(_Closed):
    """Where the receipt of this look is, and the restricted part of its entry. Keep both paths to yourself."""

    receipt: str
    opening: str


class Report(_Closed):
    """An opened report. `report` has what may be shown, with its texts in every language."""

    incident: str
    caller: str | None
    unit: UnitInfo | None
    updated: str
    entry: str
    audit: Audit
    report: dict[str, Any]


class Access(_Closed):
    """One look at the report. `place` names its entry, `index` its place in the log once it is integrated.

    `body` is the unit or organisation of whoever looked for the police; `delayed`: the law had it withheld at first.
    """

    at: str
    role: Literal["holder", "stranger", "staff", "administrator"]
    body: str
    action: str
    outcome: str
    place: str
    index: int | None
    receipt: str
    delayed: bool


class Accesses(_Closed):
    """Who looked, newest first; `withheld` counts all looks that the law delays, `as_of` is a tree size.

    `older`: send it as `before` to read on, null at the end.
    """

    accesses: list[Access]
    withheld: int
    more: bool
    older: str | None
    as_of: int
    entry: str


class FieldError(_Closed):
    """One field to mend."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457. `ticket` and `retry_after` come with 429, `errors` with 422."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    ticket: str | None = None
    retry_after: int | None = None
