"""Attempt budgets: how many tries a report, a network and the whole service allow, and why nobody is locked out.

Pure arithmetic; the counters live in storage. Why no stranger can lock the owner out:
1. Any counter that strangers share can be spent by strangers. So shared counters (report, network, overall) bound
   only the PLAIN lane, and being over one of them is answered with a wait ticket, never with a lock.
2. The WAITED lane is bounded by the ticket itself, which is signed, bound to report and network, and good for one
   try. Another person's tickets have other keys; nobody can spend the owner's. What strangers gain there is time to
   guess one of 23^9 codes: 200 tries a second, all the service can serve, find one report's code with a chance
   below 1 in 100,000 a day, and must then pass 3.
3. The second fact (four digits are few) is bounded by report and generation, and these counters are reached only
   with the right code or a valid link. Whoever spends them holds the reference; a re-issue gives new ones.
4. The LINK lane has no counter before the second fact: a valid link is proof that can not be guessed.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` tries in a window of `seconds`; `returned`: a try that succeeds is given back."""

    name: str
    amount: int
    seconds: int
    returned: bool = True


class Reservation(NamedTuple):
    """One counter to raise before the check: its key, the start of its window (UTC microseconds) and its limit."""

    key: str
    window: int
    limit: Limit

    @property
    def expires_us(self) -> int:
        """When the counter means nothing any more and may be swept (UTC microseconds)."""
        return self.window + self.limit.seconds * _MICRO


class Lane(StrEnum):
    """Which budgets an attempt is under."""

    PLAIN = "plain"
    LINK = "link"
    WAITED = "waited"


NETWORK: Final = Limit("network", 60, 3600)
REPORT: Final = Limit("report", 10, 3600)
OVERALL: Final = Limit("overall", 3600, 3600)
TICKET: Final = Limit("ticket", 1, 900, returned=False)
FACT_HOUR: Final = Limit("fact_hour", 5, 3600)
FACT_MONTH: Final = Limit("fact_month", 30, 30 * 86400)
WAIT_SECONDS: Final = 30
FLOOD_FIRST: Final = 10
FLOOD_SECONDS: Final = 60
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"({_OCTET}\.{_OCTET}\.{_OCTET}\.){_OCTET}")


@dataclass(frozen=True, slots=True)
class WaitTicket:
    """Permission for one try at one report from one network, from `not_before_us` (UTC microseconds) on.

    `id` is random and unforgeable: services sign the whole ticket and pass on only tickets whose signature holds.
    """

    id: str
    report: bytes
    network: str
    not_before_us: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the 16-byte report token, the network prefix, whether a valid link was shown, a wait ticket if any.

    `link` is true only for a link token of this report and its current generation.
    """

    report: bytes
    network: str
    link: bool = False
    ticket: WaitTicket | None = None


def ticket_for(attempt: Attempt, ticket_id: str, now_us: int) -> WaitTicket:
    """Return the ticket to offer when a PLAIN attempt is over its budget: one more try after WAIT_SECONDS."""
    return WaitTicket(ticket_id, attempt.report, attempt.network, now_us + WAIT_SECONDS * _MICRO)


def unripe(attempt: Attempt, now_us: int) -> WaitTicket | None:
    """Return the attempt's own ticket while it is too early for it: offered again, it keeps the time waited so far."""
    ticket = attempt.ticket
    return ticket if ticket is not None and _own(attempt, ticket) and now_us < ticket.not_before_us else None


def _own(attempt: Attempt, ticket: WaitTicket) -> bool:
    return (ticket.report, ticket.network) == (attempt.report, attempt.network)


def lane(attempt: Attempt, now_us: int) -> Lane:
    """Return the lane of an attempt: a ticket that is unripe, expired or bound elsewhere counts as none."""
    if attempt.link:
        return Lane.LINK
    ticket = attempt.ticket
    if ticket is None or not _own(attempt, ticket):
        return Lane.PLAIN
    ripe = ticket.not_before_us <= now_us < ticket.not_before_us + TICKET.seconds * _MICRO
    return Lane.WAITED if ripe else Lane.PLAIN


def window_start(now_us: int, seconds: int) -> int:
    """Return the start of the fixed window of `seconds` that holds `now_us` (both UTC microseconds)."""
    return now_us - now_us % (seconds * _MICRO)


def plan(attempt: Attempt, now_us: int) -> tuple[Reservation, ...]:
    """Return what to reserve before the reference is checked, in this order, stopping at the first one refused.

    The network comes first, so that one that is over its own budget no longer spends those it shares.
    After success each reservation whose limit is `returned` is lowered again, in the window named here.
    """
    match lane(attempt, now_us):
        case Lane.LINK:
            return ()
        case Lane.WAITED if attempt.ticket is not None:
            return (Reservation(f"ticket:{attempt.ticket.id}", attempt.ticket.not_before_us, TICKET),)
    return (
        _reserve(f"network:{attempt.network}", NETWORK, now_us),
        _reserve(f"report:{attempt.report.hex()}", REPORT, now_us),
        _reserve("overall", OVERALL, now_us),
    )


def fact_plan(report: bytes, generation: int, proved: bool, now_us: int) -> tuple[Reservation, ...]:
    """Return what to reserve before the second fact is checked.

    `proved`: the code was right or the link valid. Without proof the same work is done on decoy counters, so that
    time tells nothing and strangers never touch the real ones; the caller refuses whatever they say.
    """
    name = f"{'fact' if proved else 'decoy'}:{report.hex()}:{generation}"
    return (_reserve(f"{name}:hour", FACT_HOUR, now_us), _reserve(f"{name}:month", FACT_MONTH, now_us))


def within(reservation: Reservation, count: int) -> bool:
    """Whether the counter, as it is after raising it, still allows the try."""
    return count <= reservation.limit.amount


def network_prefix(ip: str, v6_bits: int = 64) -> str:
    """Return the /24 (IPv4, also mapped into IPv6) or /`v6_bits` network of an address, else "unknown".

    Budgets take /64, what one subscriber has; the ledger takes /48, which says less about a person.
    """
    plain = _IPV4.fullmatch(ip)
    if plain is not None:
        return plain[1] + "0/24"
    try:
        address = ipaddress.ip_address(ip.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is None:
            return str(ipaddress.IPv6Network((int(address), v6_bits), strict=False))
        address = mapped
    return str(ipaddress.IPv4Network((int(address), 24), strict=False))


def flood_key(network: str, now_us: int) -> tuple[str, int]:
    """Return the counter (key, window) of refused attempts of one network in this minute."""
    return f"flood:{network}", window_start(now_us, FLOOD_SECONDS)


def written_singly(count: int) -> bool:
    """Whether the `count`th refusal of a flood window gets a ledger entry of its own."""
    return count <= FLOOD_FIRST


def flood_count(count: int) -> int:
    """Return how many refusals of a window its one `lookup.flood` entry stands for."""
    return max(0, count - FLOOD_FIRST)


def _reserve(key: str, limit: Limit, now_us: int) -> Reservation:
    return Reservation(key, window_start(now_us, limit.seconds), limit)
