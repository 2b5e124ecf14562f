"""Why intake refuses an event that is well formed and lawful: whose it is, and what was there before it."""

from __future__ import annotations

from typing import Final

from lookup.services.arrivals import Fault

REUSED: Final = "event.id_reused"
FOREIGN: Final = Fault(
    "/subject",
    "scope.incident",
    {
        "zh-Hans": "这起警情属于其他地区，也没有移送给本客户端的单位。",
        "en": "This incident belongs to another prefecture and was not transferred to a unit of this client.",
    },
)
CONFLICT: Final = Fault(
    "/id",
    REUSED,
    {
        "zh-Hans": "同一来源已用这个编号发送过内容不同的事件。请核对后换一个新编号发送，或发送更正事件。",
        "en": "This source has already sent a different event under this id. Use a new id, or send a correction.",
    },
)
UNKNOWN: Final = Fault(
    "/supersedes",
    "quarantine.unknown",
    {
        "zh-Hans": "隔离区里没有这个编号的事件。请用 GET /v1/quarantine 核对。",
        "en": "No refused event of this source is kept under this id. Look it up with GET /v1/quarantine.",
    },
)
ENDED: Final = Fault(
    "/supersedes",
    "quarantine.ended",
    {
        "zh-Hans": "这个隔离件已经有另一个事件了结。如仍有误，请发送更正事件。",
        "en": "Another event has been taken in its place already. If that one is wrong, send a correction.",
    },
)
