"""When to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from idp.transmitter.schedule import LaneMemory, lane_after, probe_delay, refusal_delay, spread
from idp.transmitter.verdict import Answer, Verdict
from tests.fakes import FixedRandomness

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class _Tried:
    answer: Answer
    started_at: datetime = _NOW
    jti: str = "jti"


_OK = _Tried(Answer(Verdict.ACCEPTED, "accepted", 202))
_DOWN = _Tried(Answer(Verdict.ENDPOINT_FAILED, "connect"))
_REFUSED = _Tried(Answer(Verdict.MESSAGE_REFUSED, "err_invalid_request", 400))


class _Octets:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def octets(self, count: int) -> bytes:
        return self._octets[:count]


def test_probes_ever_more_seldom_and_for_ever():
    """Account events §3.4: 1 s, 5 s, 30 s, 2 m, 5 m, 15 m, then every 30 m, no end."""
    seconds = [probe_delay(failures, 1).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7, 8, 10_000)]
    assert seconds == [1, 5, 30, 120, 300, 900, 1800, 1800, 1800]


def test_gives_a_refused_message_five_more_tries():
    """Account events §3.4: 1 m, 10 m, 1 h, 6 h, 24 h, then a person looks."""
    minutes = [delay and delay.total_seconds() / 60 for delay in map(refusal_delay, range(1, 7))]
    assert minutes == [1, 10, 60, 360, 1440, None]


def test_spreads_by_a_quarter():
    """Lanes that failed together do not come back together."""
    assert spread(_Octets(b"\x00" * 4)) == pytest.approx(0.75)
    assert spread(_Octets(b"\xff" * 4)) == pytest.approx(1.25)
    assert len({spread(FixedRandomness(str(seed))) for seed in range(20)}) == 20


def test_rests_a_lane_whose_endpoint_is_down():
    """One pause for a burst, however many requests were under way."""
    after = lane_after(LaneMemory(), [_DOWN] * 8, _NOW, 1)
    assert (after.consecutive_failures, after.retry_at) == (1, _NOW + timedelta(seconds=1))
    assert after.resting(_NOW)
    assert not after.resting(_NOW + timedelta(seconds=1))


def test_does_not_count_stragglers_of_the_same_failure_again():
    """Requests that began before the lane failed are no further evidence."""
    memory = lane_after(LaneMemory(), [_DOWN], _NOW + timedelta(seconds=3), 1)
    assert lane_after(memory, [_DOWN], _NOW + timedelta(seconds=4), 1).consecutive_failures == 1
    probe = _Tried(_DOWN.answer, _NOW + timedelta(seconds=5))
    assert lane_after(memory, [probe], _NOW + timedelta(seconds=6), 1).consecutive_failures == 2


@pytest.mark.parametrize("proof", [_OK, _REFUSED])
def test_takes_any_answer_of_the_receiver_as_recovery(proof: _Tried):
    """Who refuses a message by name is up."""
    failing = LaneMemory(consecutive_failures=9, retry_at=_NOW, last_failure_at=_NOW - timedelta(days=1))
    after = lane_after(failing, [proof], _NOW, 1)
    assert not after.failing
    assert after.retry_at is None


def test_lets_one_odd_failure_among_successes_pass():
    """One message that makes a receiver crash must not slow all others."""
    assert not lane_after(LaneMemory(), [_OK, _OK, _DOWN], _NOW, 1).failing
    assert lane_after(LaneMemory(), [_OK, _DOWN], _NOW, 1).failing


def test_waits_as_long_as_the_endpoint_asks():
    """Retry-After outweighs a shorter step."""
    asked = _Tried(Answer(Verdict.ENDPOINT_FAILED, "http_503", 503, timedelta(minutes=40)))
    assert lane_after(LaneMemory(), [asked], _NOW, 1).retry_at == _NOW + timedelta(minutes=40)


@given(
    strategies.lists(strategies.lists(strategies.sampled_from([_OK, _DOWN, _REFUSED]), max_size=6), max_size=40),
    strategies.floats(0.75, 1.25),
)
def test_never_rests_for_more_than_an_hour(turns: list[list[_Tried]], factor: float):
    """Whatever happened, a lane is tried again; an agency is never unheard-of for good (architecture §11.5)."""
    memory, now = LaneMemory(), _NOW
    for tried in turns:
        now += timedelta(minutes=1)
        memory = lane_after(memory, tried, now, factor)
        assert memory.failing == (memory.retry_at is not None)
        assert memory.retry_at is None or memory.retry_at <= now + timedelta(hours=1)
