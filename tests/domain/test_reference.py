"""Query codes catch slips of the hand, derive only from their key and say nothing about it."""

import hashlib
import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain import reference
from lookup.domain.faults import Fault
from lookup.domain.reference import ALPHABET, SecondFact

KEY = b"k" * 32
NUMBER = "36990126031508301207"
bodies = st.text(ALPHABET, min_size=9, max_size=9)


def whole(body: str) -> str:
    """A code with the right check character."""
    return body + reference.check_character(body)


def test_the_alphabet_has_23_characters_and_no_look_alikes() -> None:
    """A prime alphabet size is what makes the check complete; look-alikes are left out."""
    assert len(ALPHABET) == len(set(ALPHABET)) == 23
    assert not set(ALPHABET) & set("01BGILOQSUVYZ")


@given(bodies)
def test_every_single_wrong_character_is_caught(body: str) -> None:
    """Whatever one character becomes, at any of the ten places, the check fails."""
    code = whole(body)
    assert reference.code_fault(code) is None
    for place in range(10):
        for other in set(ALPHABET) - {code[place]}:
            wrong = code[:place] + other + code[place + 1 :]
            assert reference.code_fault(wrong) == Fault("query_code", "check")


@given(bodies)
def test_every_swap_is_caught(body: str) -> None:
    """Two unequal characters that change places, neighbours or not, fail the check."""
    code = whole(body)
    for i in range(10):
        for j in range(i + 1, 10):
            swapped = list(code)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            expected = None if code[i] == code[j] else Fault("query_code", "check")
            assert reference.code_fault("".join(swapped)) == expected


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        (" - ", "missing"),
        ("2345", "too_short"),
        ("2" * 11, "too_long"),
        ("2222222220", "character"),
        ("22222222O2", "character"),
        ("22222查询22", "character"),
    ],
)
def test_a_fault_says_what_is_wrong(typed: str, code: str) -> None:
    """Missing, wrong character and wrong length are told apart, so that the advice fits."""
    assert reference.code_fault(typed) == Fault("query_code", code)


@given(st.text(ALPHABET + "0OB查", max_size=14))
def test_a_fault_never_echoes_the_input(typed: str) -> None:
    """A fault consists of its keys and the texts of the table only."""
    fault = reference.code_fault(typed)
    if fault is not None and len(typed) > 3:
        assert typed not in fault.text("zh-Hans")
        assert typed not in fault.text("en")


@given(bodies, st.sampled_from("- －—.．。 \u3000·"))
def test_what_people_type_means_the_same_code(body: str, filler: str) -> None:
    """Full-width characters, lower case, spaces, hyphens and dots do not change a code."""
    code = whole(body)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.lower())
    for typed in (
        wide,
        filler.join(code),
        reference.display(code),
        f" {code[:5]}{filler}{code[5:].lower()}\n",
    ):
        assert reference.normalise(typed) == code
        assert reference.codes_equal(typed, code)


@given(st.text(st.characters(exclude_categories=[])))
def test_normalising_never_fails_and_is_stable(text: str) -> None:
    """Any text has one normal form, and no text makes the comparison fail."""
    once = reference.normalise(text)
    assert reference.normalise(once) == once
    assert reference.codes_equal(text, whole("2" * 9)) is (once == whole("2" * 9))


@given(st.integers(0, 10**6), st.text("0123456789", min_size=1, max_size=20))
def test_a_derived_code_is_well_formed_and_bound(generation: int, number: str) -> None:
    """A code follows from key, number and generation alone, and changes with each of them."""
    code = reference.derive_code(KEY, number, generation)
    assert reference.code_fault(code) is None
    assert code == reference.derive_code(KEY, number, generation)
    assert code != reference.derive_code(b"j" * 32, number, generation)
    assert code != reference.derive_code(KEY, number, generation + 1)
    assert code != reference.derive_code(KEY, number + "0", generation)


def test_number_and_generation_do_not_run_together() -> None:
    """Number 1 generation 11 is not number 11 generation 1."""
    assert reference.derive_code(KEY, "1", 11) != reference.derive_code(KEY, "11", 1)


def test_the_derivation_is_frozen() -> None:
    """Codes on printed receipts must stay valid: the derivation may never change silently."""
    digest = hmac.new(KEY, b"code\x00" + NUMBER.encode() + b"\x000", hashlib.sha256).digest()
    rest, body = int.from_bytes(digest, "big") % 23**9, ""
    for _ in range(9):
        rest, value = divmod(rest, 23)
        body += ALPHABET[value]
    assert reference.derive_code(KEY, NUMBER, 0) == whole(body)


def test_characters_are_used_evenly() -> None:
    """Each character has the same share at each place (chi-square far inside what chance allows)."""
    codes = [reference.derive_code(KEY, NUMBER, generation) for generation in range(4600)]
    for place in range(10):
        counts = Counter(code[place] for code in codes)
        assert sum((counts[c] - 200) ** 2 / 200 for c in ALPHABET) < 60


def test_bad_keys_are_refused() -> None:
    """A short key or negative generation is a broken contract, not an answer."""
    with pytest.raises(ValueError, match="at least 16 bytes"):
        reference.derive_code(b"short", NUMBER, 0)
    with pytest.raises(ValueError, match="not negative"):
        reference.derive_code(KEY, NUMBER, -1)
    with pytest.raises(ValueError, match="nine characters"):
        reference.check_character("0" * 9)


def test_second_facts_are_separate() -> None:
    """The same value under another kind, report or pepper has another digest."""
    one = reference.second_fact_digest(KEY, SecondFact.PHONE_LAST4, NUMBER, "0001")
    assert len(one) == 32
    assert one == reference.second_fact_digest(KEY, SecondFact.PHONE_LAST4, NUMBER, "0001")
    assert one != reference.second_fact_digest(KEY, SecondFact.ID_LAST6_NAME, NUMBER, "0001")
    assert one != reference.second_fact_digest(KEY, SecondFact.PHONE_LAST4, NUMBER + "1", "0001")
    assert one != reference.second_fact_digest(KEY, SecondFact.PHONE_LAST4, NUMBER, "0002")
    assert one != reference.second_fact_digest(b"j" * 32, SecondFact.PHONE_LAST4, NUMBER, "0001")


def test_nul_can_not_move_the_border_between_parts() -> None:
    """A NUL inside a part is refused, so two different facts never share a digest."""
    with pytest.raises(ValueError, match="NUL"):
        reference.second_fact_digest(KEY, SecondFact.PHONE_LAST4, "1\x002", "3")


def test_the_report_token_is_the_ledgers() -> None:
    """The ledger's pseudonym is the first 16 bytes of HMAC(pepper, "report" NUL number)."""
    expected = hmac.new(KEY, b"report\x00" + NUMBER.encode(), hashlib.sha256).digest()[:16]
    assert reference.report_token(KEY, NUMBER) == expected
