"""When to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from idp.transmitter.schedule import LaneMemory, held, lane_after, probe_delay, refusal_delay, resumed, spread
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


def _failed(memory: LaneMemory, times: int, now: datetime, outcome: str = "connect") -> tuple[LaneMemory, datetime]:
    for _ in range(times):
        now += timedelta(hours=1)
        memory = lane_after(memory, [_Tried(Answer(Verdict.ENDPOINT_FAILED, outcome), now)], now, 1)
    return memory, now


def test_comes_back_slowly_after_a_long_failure():
    """Account events §3.4: one request, then 1, 2, 4 … doubled by every clean half minute: no stampede."""
    memory, now = _failed(LaneMemory(), 5, _NOW)
    assert memory.width_at(now) == 1
    memory = lane_after(memory, [_OK], now, 1)
    widths = [memory.width_at(now + timedelta(seconds=seconds)) for seconds in (0, 29, 30, 60, 90, 270, 300)]
    assert widths == [1, 1, 2, 4, 8, 512, None]
    forgotten = lane_after(memory, [_OK], now + timedelta(minutes=5), 1)
    assert (forgotten.width, forgotten.clean_since) == (None, None)


def test_comes_back_at_once_after_a_hiccup():
    """Fewer than five in a row is no outage, and costs a second."""
    memory, now = _failed(LaneMemory(), 4, _NOW)
    assert lane_after(memory, [_OK], now, 1).width_at(now) is None


def test_comes_back_slowly_where_half_of_ten_fail():
    """Account events §3.4: at least ten requests, at least half of them failing, within five minutes: an endpoint that
    is up for one request in two is not well."""
    memory, now = LaneMemory(), _NOW
    for _ in range(6):
        for tried in (_Tried(_DOWN.answer, now), _Tried(_OK.answer, now)):
            now += timedelta(seconds=10)
            memory = lane_after(memory, [tried], now, 1)
    assert memory.width_at(now) == 1
    memory, now = LaneMemory(), _NOW
    for _ in range(6):
        for tried in (_Tried(_DOWN.answer, now), _Tried(_OK.answer, now)):
            now += timedelta(minutes=1)
            memory = lane_after(memory, [tried], now, 1)
    assert memory.width_at(now) is None


def test_one_failure_while_it_comes_back_holds_its_width():
    """Not clean: the half minute begins anew, and a failure of the lane begins with one again."""
    memory, now = _failed(LaneMemory(), 5, _NOW)
    memory = lane_after(memory, [_OK], now, 1)
    now += timedelta(seconds=70)
    memory = lane_after(memory, [_OK, _OK, _Tried(_DOWN.answer, now)], now, 1)
    assert memory.width_at(now + timedelta(seconds=29)) == 4
    assert memory.width_at(now + timedelta(seconds=30)) == 8
    memory = lane_after(memory, [_Tried(_DOWN.answer, now)], now, 1)
    assert memory.width_at(now) == 1
    assert lane_after(memory, [_OK], now, 1).width_at(now) == 1


def test_says_misconfigured_only_of_three_messages_in_a_row():
    """Account events §3.4: one error, three events; an outage in between takes nothing back, an acceptance does."""
    no_key = Answer(Verdict.ENDPOINT_FAILED, "err_invalid_key", 400)
    said = [_Tried(no_key, _NOW, jti) for jti in "abc"]
    assert lane_after(LaneMemory(), said, _NOW, 1).misconfigured
    assert lane_after(LaneMemory(), [*said[:2], _DOWN, said[2]], _NOW, 1).misconfigured
    assert not lane_after(LaneMemory(), [*said[:2], _OK, said[2]], _NOW, 1).misconfigured
    assert not lane_after(LaneMemory(), [said[0]] * 9, _NOW, 1).misconfigured


def test_resumes_as_if_it_had_just_come_back():
    """One request at a time at first, whatever was remembered."""
    memory, now = _failed(LaneMemory(), 9, _NOW, "err_invalid_key")
    again = resumed(held(memory, "misconfigured", now), now)
    assert not again.held
    assert not again.failing
    assert again.width_at(now) == 1
    assert not again.misconfigured


def test_widens_again_though_a_clock_ran_ahead():
    """Narrowed by a clock a year ahead: half a minute after the first answer by the right one it gets twice as many."""
    memory = LaneMemory(width=1, clean_since=_NOW + timedelta(days=365))
    after = lane_after(memory, [_OK], _NOW, 1)
    assert after.width_at(_NOW + timedelta(seconds=30)) == 2
