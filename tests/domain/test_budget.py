"""Guesses are bounded, and no stranger can take the owner's tries away."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain import budget
from lookup.domain.budget import Attempt, Lane, WaitTicket

NOW = 1_773_500_000_000_000
MINUTE = 60_000_000
REPORT = b"r" * 16
HOME = "203.0.113.0/24"


class Counters:
    """The smallest store that keeps the contract of `plan`: raise in order, stop at the first refusal."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()

    def admit(self, plan: tuple[budget.Reservation, ...]) -> bool:
        for reservation in plan:
            self.counts[reservation.key, reservation.window] += 1
            if not budget.within(reservation, self.counts[reservation.key, reservation.window]):
                return False
        return True

    def give_back(self, plan: tuple[budget.Reservation, ...]) -> None:
        for reservation in plan:
            if reservation.limit.returned:
                self.counts[reservation.key, reservation.window] -= 1


def spent(networks: int, tries: int) -> Counters:
    """Counters after strangers have spent everything they can, plain and waited, from the owner's network too."""
    counters = Counters()
    for number in range(networks):
        network = HOME if number == 0 else f"198.51.{number}.0/24"
        for attempt_number in range(tries):
            plain = Attempt(REPORT, network)
            counters.admit(budget.plan(plain, NOW))
            ticket = budget.ticket_for(plain, f"stranger-{number}-{attempt_number}", NOW - MINUTE)
            waited = Attempt(REPORT, network, ticket=ticket)
            counters.admit(budget.plan(waited, NOW))
            counters.admit(budget.fact_plan(REPORT, 0, proved=False, now_us=NOW))
    return counters


def test_plain_guesses_are_bounded_by_report() -> None:
    """From however many networks, an hour allows ten plain guesses at one report."""
    counters = Counters()
    admitted = sum(counters.admit(budget.plan(Attempt(REPORT, f"198.51.{n}.0/24"), NOW)) for n in range(200))
    assert admitted == budget.REPORT.amount


def test_plain_guesses_are_bounded_by_network_and_overall() -> None:
    """One network tries at most sixty reports an hour, and all networks together at most the overall amount."""
    counters = Counters()
    reports = [n.to_bytes(16) for n in range(100)]
    one = sum(counters.admit(budget.plan(Attempt(report, HOME), NOW)) for report in reports)
    assert one == budget.NETWORK.amount
    assert counters.counts["overall", budget.window_start(NOW, 3600)] == budget.NETWORK.amount
    total = one + sum(
        counters.admit(budget.plan(Attempt(n.to_bytes(16), f"n{n % 200}"), NOW)) for n in range(1000, 8000)
    )
    assert total == budget.OVERALL.amount


def test_the_owner_keeps_a_lane_when_strangers_spend_everything() -> None:
    """Over the plain budget a ripe ticket admits the owner, even from the network the strangers use."""
    counters = spent(networks=70, tries=70)
    owner = Attempt(REPORT, HOME)
    assert not counters.admit(budget.plan(owner, NOW))
    ticket = budget.ticket_for(owner, "owner", NOW)
    later = NOW + budget.WAIT_SECONDS * 1_000_000
    assert counters.admit(budget.plan(Attempt(REPORT, HOME, ticket=ticket), later))
    assert counters.admit(budget.fact_plan(REPORT, 0, proved=True, now_us=later))


def test_the_owner_with_a_link_does_not_even_wait() -> None:
    """A valid link opens its own lane at once, and the second fact still has all its tries."""
    counters = spent(networks=3, tries=70)
    assert counters.admit(budget.plan(Attempt(REPORT, HOME, link=True), NOW))
    tries = sum(counters.admit(budget.fact_plan(REPORT, 0, proved=True, now_us=NOW)) for _ in range(50))
    assert tries == budget.FACT_HOUR.amount


@given(
    st.lists(
        st.tuples(st.sampled_from([HOME, "198.51.1.0/24", "unknown"]), st.booleans(), st.integers(0, 3600)),
        max_size=60,
    ),
    st.integers(0, 7200),
)
def test_nothing_strangers_do_touches_the_owners_keys(tries: list[tuple[str, bool, int]], when: int) -> None:
    """Whatever strangers try and whenever, no counter of the owner's ticket, link or second fact moves."""
    counters = Counters()
    for index, (network, waited, second) in enumerate(tries):
        at = NOW + second * 1_000_000
        ticket = WaitTicket(f"s{index}", REPORT, network, at) if waited else None
        counters.admit(budget.plan(Attempt(REPORT, network, ticket=ticket), at))
        counters.admit(budget.fact_plan(REPORT, 0, proved=False, now_us=at))
    at = NOW + when * 1_000_000
    ticket = WaitTicket("owner", REPORT, HOME, at)
    mine = budget.plan(Attempt(REPORT, HOME, ticket=ticket), at)
    facts = budget.fact_plan(REPORT, 0, proved=True, now_us=at)
    assert all(counters.counts[r.key, r.window] == 0 for r in (*mine, *facts))


def test_a_ticket_is_good_for_one_try_even_if_it_succeeds() -> None:
    """A used ticket is not given back, while shared budgets are."""
    counters = Counters()
    waited = budget.plan(Attempt(REPORT, HOME, ticket=WaitTicket("t", REPORT, HOME, NOW)), NOW)
    assert counters.admit(waited)
    counters.give_back(waited)
    assert not counters.admit(waited)
    later = budget.plan(Attempt(REPORT, HOME, ticket=WaitTicket("t", REPORT, HOME, NOW)), NOW + MINUTE)
    assert later[0].expires_us == NOW + 15 * MINUTE
    assert not counters.admit(later)
    plain = budget.plan(Attempt(REPORT, HOME), NOW)
    for _ in range(100):
        assert counters.admit(plain)
        counters.give_back(plain)


@pytest.mark.parametrize(
    ("ticket", "expected"),
    [
        (WaitTicket("t", REPORT, HOME, NOW), Lane.WAITED),
        (WaitTicket("t", REPORT, HOME, NOW + 1), Lane.PLAIN),
        (WaitTicket("t", REPORT, HOME, NOW - 900_000_000), Lane.PLAIN),
        (WaitTicket("t", REPORT, HOME, NOW - 899_999_999), Lane.WAITED),
        (WaitTicket("t", b"x" * 16, HOME, NOW), Lane.PLAIN),
        (WaitTicket("t", REPORT, "198.51.100.0/24", NOW), Lane.PLAIN),
        (None, Lane.PLAIN),
    ],
)
def test_only_a_ripe_ticket_of_this_report_and_network_counts(
    ticket: WaitTicket | None, expected: Lane
) -> None:
    """A ticket that is too early, too old or bound elsewhere opens nothing."""
    assert budget.lane(Attempt(REPORT, HOME, ticket=ticket), NOW) is expected
    assert budget.lane(Attempt(REPORT, HOME, link=True, ticket=ticket), NOW) is Lane.LINK


def test_a_ticket_shown_too_early_is_offered_again() -> None:
    """Whoever is too early keeps the time waited so far; a ripe ticket or somebody else's is not offered again."""
    early = WaitTicket("t", REPORT, HOME, NOW + 1)
    assert budget.unripe(Attempt(REPORT, HOME, ticket=early), NOW) == early
    assert budget.unripe(Attempt(REPORT, HOME, ticket=early), NOW + 1) is None
    assert budget.unripe(Attempt(REPORT, "198.51.100.0/24", ticket=early), NOW) is None
    assert budget.unripe(Attempt(b"x" * 16, HOME, ticket=early), NOW) is None
    assert budget.unripe(Attempt(REPORT, HOME), NOW) is None


def test_second_facts_are_bounded_for_a_thief_and_renewed_by_a_reissue() -> None:
    """Someone with a stolen link has thirty tries a month; a new generation starts afresh."""
    counters = Counters()
    start = budget.window_start(NOW, budget.FACT_MONTH.seconds)
    tries = sum(
        counters.admit(budget.fact_plan(REPORT, 0, proved=True, now_us=start + hour * 60 * MINUTE))
        for hour in range(24 * 30)
        for _ in range(6)
    )
    assert tries == budget.FACT_MONTH.amount
    assert counters.admit(budget.fact_plan(REPORT, 1, proved=True, now_us=NOW))


def test_guessing_in_the_waited_lane_is_hopeless() -> None:
    """All the requests the service can serve in a day find one report's code less than once in 100,000 days."""
    assert 200 * 86400 / 23**9 < 1 / 100_000


@given(st.integers(0, 2**52), st.integers(1, 10**7))
def test_windows_tile_time(now_us: int, seconds: int) -> None:
    """Each moment is in exactly one window, which begins at a multiple of its length."""
    start = budget.window_start(now_us, seconds)
    assert start <= now_us < start + seconds * 1_000_000
    assert start % (seconds * 1_000_000) == 0


@pytest.mark.parametrize(
    ("ip", "bits", "prefix"),
    [
        ("203.0.113.77", 64, "203.0.113.0/24"),
        (" 203.0.113.77 ", 48, "203.0.113.0/24"),
        ("::ffff:203.0.113.77", 64, "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::/48"),
        ("fe80::1%eth0", 64, "fe80::/64"),
        ("", 64, "unknown"),
        ("203.0.113.077", 64, "unknown"),
        ("203.0.113.0/24", 64, "unknown"),
        ("1" * 5000, 64, "unknown"),
        ("<script>", 64, "unknown"),
    ],
)
def test_network_prefixes(ip: str, bits: int, prefix: str) -> None:
    """/24 for IPv4 however written, /64 or /48 for IPv6, one word for everything else."""
    assert budget.network_prefix(ip, bits) == prefix


@given(st.text())
def test_any_address_has_a_prefix(text: str) -> None:
    """A forged or broken address never raises."""
    assert budget.network_prefix(text)


@given(st.integers(0, 10_000))
def test_a_flood_is_counted_exactly(refusals: int) -> None:
    """Entries written one by one and the count of the flood entry add up to the refusals."""
    single = sum(budget.written_singly(count) for count in range(1, refusals + 1))
    assert single + budget.flood_count(refusals) == refusals
    assert single <= budget.FLOOD_FIRST
    assert budget.flood_key(HOME, NOW) == (f"flood:{HOME}", budget.window_start(NOW, 60))
