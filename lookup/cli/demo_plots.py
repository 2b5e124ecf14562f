"""How the reports of the fictional month go: each plot is a line of steps with their usual waiting times.

A step is `WHAT[=REASON][~WAIT]`. WHAT is a state code (`A20+` opens a further case), `doc:CODE` (a paper is
served), `mark:CODE`, `pause:CODE`, `resume:CODE`, `extend`, `withhold:CODE`, `release`, or `fix`/`undo`, which
correct or retract the step before. WAIT counts from the step before, in s, m, h or d, and is a middle that
chance varies. Reasons are codes, never words.
"""

from __future__ import annotations

from dataclasses import dataclass

_SENT = "J10 J20~15s J30~11m J40~28m"
_DESK = "J10 J50~14m doc:REPORT_RECEIPT~4m"
_TAKEN = f"{_SENT} J50~3h doc:REPORT_RECEIPT~10m"
_ADMIN = f"{_TAKEN} A10~30m A20~5h doc:ADMIN_FILED_NOTICE~6h A30~3h"
_CRIME = f"{_DESK} C10~1h doc:CRIMINAL_RECEIPT~20m C20~30h doc:FILED_NOTICE~20h doc:VICTIM_RIGHTS~5m C30~4h"


@dataclass(frozen=True, slots=True)
class Plot:
    """One kind of story. `share`: how many of a month's reports; `age`: days ago, when it must not be any day."""

    name: str
    share: int
    category: str
    steps: str
    channel: str = "110"
    law: str = ""
    age: tuple[float, float] | None = None

    @property
    def about_a_case(self) -> bool:
        """Whether a victim's identity belongs to it."""
        return " A" in self.steps or " C" in self.steps


PLOTS = (
    # Answered on the spot: most of what any 110 centre does.
    Plot("help", 118, "help", f"{_SENT} J90~4m"),
    Plot("mediated_on_scene", 62, "dispute", f"{_SENT} J91~6m"),
    Plot("on_the_spot_penalty", 24, "case", f"{_SENT} J92~8m", law="public_order"),
    Plot("diverted", 44, "consult", "J10 J93~3m", channel="12345"),
    Plot("diverted_after_visit", 12, "consult", f"{_SENT} J93~10m"),
    Plot("not_police", 18, "consult", "J10 J94~9m", channel="walk_in"),
    Plot("not_police_disputed", 4, "dispute", f"{_SENT} J94~8m mark:disputed~20m doc:NOT_POLICE_NOTICE~5h"),
    Plot("merged", 26, "help", "J10 J95~2m"),
    Plot("merged_on_the_way", 6, "dispute", "J10 J20~30s J95~6m"),
    Plot("invalid", 22, "other", "J10 J96=silent_call~2m"),
    Plot("told_no_action", 8, "dispute", f"{_SENT} J98~7m"),
    # Handed to whom it belongs.
    Plot("transferred", 12, "case", f"{_SENT} mark:jurisdiction_elsewhere~1h J97~4h doc:TRANSFER_NOTICE~1h J50~6h "
         "A10~2h A20~3h A30~3h", law="public_order"),
    Plot("moved", 4, "case", f"{_ADMIN} X60~2d doc:TRANSFER_NOTICE~20h A30~9h A40~4d doc:PENALTY_DECISION~20h",
         law="public_order"),
    # Administrative cases.
    Plot("administrative_penalty", 46, "case", f"{_ADMIN} A40~6d doc:PENALTY_DECISION~22h A50~3d", law="public_order"),
    Plot("administrative_no_penalty", 10, "case", f"{_ADMIN} A41~8d doc:NO_PENALTY_DECISION~20h A50~2d",
         law="public_order"),
    Plot("administrative_mediated", 20, "case", f"{_ADMIN} A42~4d doc:MEDIATION_AGREEMENT~10m A50~2d",
         law="public_order"),
    Plot("administrative_terminated", 5, "case", f"{_ADMIN} A43~9d doc:TERMINATION_DECISION~20h A50~1d",
         law="public_order"),
    Plot("administrative_to_criminal", 5, "case", f"{_ADMIN} A44~3d C20+~4h doc:FILED_NOTICE~20h C30~2h C35~4d",
         law="public_order"),
    Plot("administrative_other_law", 6, "case", f"{_ADMIN} A40~12d doc:PENALTY_DECISION~20h", law="other"),
    Plot("mediation_failed", 5, "case", f"{_ADMIN} mark:mediation_first_failed~3d mark:mediation_failed~4d A40~5d "
         "doc:PENALTY_DECISION~30h", law="public_order"),
    Plot("appraised", 10, "case", f"{_ADMIN} pause:appraisal~2d resume:appraisal~5d mark:appraisal_opinion~1m "
         "doc:APPRAISAL_NOTICE~2d A40~4d doc:PENALTY_DECISION~20h A50~2d", law="public_order"),
    Plot("administrative_refused", 14, "case", f"{_TAKEN} A10~30m A21=not_a_violation~6h doc:ADMIN_NOT_FILED_NOTICE~5h",
         law="public_order"),
    Plot("under_investigation", 22, "case", _ADMIN, law="public_order"),
    # Criminal cases.
    Plot("criminal_solved", 20, "case", f"{_CRIME} C35~6d C40~8d", channel="walk_in"),
    Plot("criminal_open", 26, "case", _CRIME, channel="walk_in"),
    Plot("criminal_checked_long", 5, "case", f"{_DESK} C10~1h mark:clue_check~1d C20~5d doc:FILED_NOTICE~20h C30~2h",
         channel="online"),
    Plot("criminal_refused", 12, "case", f"{_DESK} C10~1h C21=no_crime_fact~40h doc:NOT_FILED_NOTICE~20h",
         channel="walk_in"),
    Plot("criminal_withdrawn", 5, "case", f"{_CRIME} C41=no_liability~9d doc:WITHDRAWAL_DECISION~20h",
         channel="walk_in"),
    Plot("criminal_to_administrative", 4, "case", f"{_CRIME} C42~6d A20+~4h A30~2h A40~5d doc:PENALTY_DECISION~20h",
         channel="walk_in", law="public_order"),
    Plot("review_changed_kind", 4, "case", f"{_TAKEN} A10~1h C10~4h C20~30h doc:FILED_NOTICE~20h C30~2h"),
    Plot("sent_back", 3, "case", f"{_CRIME} C40~7d C30~5d", channel="walk_in"),
    Plot("letter", 6, "case", "J10 J50~30h doc:REPORT_RECEIPT~2h C10~4h C21=obviously_minor~40h "
         "doc:NOT_FILED_NOTICE~20h", channel="letter"),
    # Second thoughts: re-opened, corrected, taken back.
    Plot("reopened_refusal", 4, "case", f"{_TAKEN} A10~30m A21=not_a_violation~6h doc:ADMIN_NOT_FILED_NOTICE~5h "
         "A20=new_evidence~5d doc:ADMIN_FILED_NOTICE~5h A30~2h", law="public_order"),
    Plot("reopened_criminal", 3, "case", f"{_DESK} C10~1h C21=no_crime_fact~40h doc:NOT_FILED_NOTICE~20h "
         "mark:criminal_reconsideration~3d C20=reconsideration~6d mark:criminal_reconsideration_decided~10m "
         "doc:RECONSIDERATION_DECISION~5h C30~5h", channel="walk_in"),
    Plot("reopened_invalid", 3, "case", "J10 J96=taken_for_prank~2m J50=found_on_call_back~20h "
         "doc:REPORT_RECEIPT~1h A10~1h A20~3h A30~2h", law="public_order"),
    Plot("broken_settlement", 3, "dispute", f"{_SENT} J91~6m J50=not_kept~3d A10~1h A20~3h A30~2h",
         law="public_order"),
    Plot("corrected", 8, "case", "J10 J20~15s J30~11m fix=wrong_time~50m J40~28m J50~3h doc:REPORT_RECEIPT~10m "
         "A10~30m A20~5h A30~3h", law="public_order"),
    Plot("retracted", 4, "help", f"{_SENT} J98~5m undo=wrong_entry~1h J50~20m doc:REPORT_RECEIPT~5m A10~1h A20~4h",
         law="public_order"),
    # Not for the web, and whose name is not to be known.
    Plot("minor", 6, "case", f"{_TAKEN} mark:minor~5m A10~30m A20~5h A30~3h", law="public_order"),
    Plot("withheld", 5, "case", f"{_DESK} withhold:sexual_offence~10m C10~1h C20~20h C30~4h", channel="walk_in"),
    Plot("released", 3, "case", f"{_DESK} withhold:investigation~10m C10~1h C20~20h C30~4h release~6d",
         channel="walk_in"),
    Plot("confidential", 8, "case", f"{_SENT} mark:confidential~2m J50~2h A10~1h A20~4h A30~3h", law="public_order"),
    # Late, and forgotten: what supervision is for.
    Plot("late_registration", 9, "case", f"{_SENT} J50~55h doc:REPORT_RECEIPT~1h A10~1h A20~3h A30~2h",
         law="public_order"),
    Plot("late_review", 8, "case", f"{_TAKEN} A10~1h A20~80h doc:ADMIN_FILED_NOTICE~5h A30~2h", law="public_order"),
    Plot("late_criminal_review", 6, "case", f"{_DESK} C10~1h C20~9d doc:FILED_NOTICE~20h C30~2h", channel="walk_in"),
    Plot("forgotten_on_scene", 5, "case", _SENT, age=(3, 28)),
    Plot("forgotten_dispatch", 3, "help", "J10 J20~3m", age=(2, 28)),
    Plot("forgotten_acceptance", 6, "case", _TAKEN, age=(6, 28)),
    Plot("forgotten_review", 6, "case", f"{_TAKEN} A10~1h", law="public_order", age=(4, 28)),
    Plot("forgotten_criminal_review", 5, "case", f"{_DESK} C10~2h", channel="walk_in", age=(6, 28)),
    Plot("forgotten_transfer", 3, "case", f"{_SENT} J97~6h", age=(4, 28)),
    # Begun in the weeks before, so that the long limits run out within the month.
    Plot("overdue_decision", 5, "case", _ADMIN, law="public_order", age=(36, 55)),
    Plot("extended", 5, "case", f"{_ADMIN} extend~24d A40~20d doc:PENALTY_DECISION~20h", law="public_order",
         age=(38, 58)),
    Plot("extended_twice", 3, "case", f"{_ADMIN} extend~25d extend~28d", law="public_order", age=(60, 75)),
    Plot("decided_again", 3, "case", f"{_ADMIN} A41~9d doc:NO_PENALTY_DECISION~20h "
         "mark:administrative_reconsideration~8d mark:administrative_reconsideration_accepted~3d "
         "mark:administrative_reconsideration_decided~15d A30=reconsideration~1d", law="public_order", age=(50, 60)),
)  # fmt: skip

SAMPLES = (
    Plot("sample_registered", 1, "case", _ADMIN, law="public_order", age=(5, 5)),
    Plot("sample_not_registered", 1, "case", f"{_TAKEN} A10~30m A21=not_a_violation~6h doc:ADMIN_NOT_FILED_NOTICE~5h",
         law="public_order", age=(4, 4)),
    Plot("sample_transferred", 1, "case", f"{_SENT} mark:jurisdiction_elsewhere~20m J97~40m doc:TRANSFER_NOTICE~20m",
         law="public_order", age=(0.4, 0.4)),
    Plot("sample_overdue", 1, "case", f"{_TAKEN} A10~1h", law="public_order", age=(6, 6)),
    Plot("sample_withheld", 1, "case", f"{_TAKEN} mark:minor~5m A10~30m A20~5h A30~3h", law="public_order", age=(9, 9)),
)  # fmt: skip
"""The stories whose references the demo prints; every day the same distance back."""
