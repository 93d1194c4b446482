from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.terms.models import terms_versions
from tests.fakes import FrozenClock
from tests.unit.terms.documents import apply, document


def versions(house: House) -> list[tuple[str, int, int]]:
    """Every version kept: id, version, edition."""
    with house.database.reading() as connection:
        rows = connection.execute(
            select(terms_versions).order_by(terms_versions.c.document_id, terms_versions.c.version)
        )
        return [(row.document_id, row.version, row.edition) for row in rows]


def test_changes_nothing_the_second_time(house: House) -> None:
    """Architecture §10: applying is idempotent."""
    documents = (document("service"), document("marketing", required=False, position=2))
    assert apply(house, *documents) == ["service", "marketing"]
    assert apply(house, *documents) == []
    assert house.terms().edition == 1


def test_asks_again_where_a_required_document_changed(house: House) -> None:
    """REQ-13: a new version, a new edition; the old words stay for who agreed to them."""
    apply(house, document("service", "가"))
    assert apply(house, document("service", "나")) == ["service"]
    assert versions(house) == [("service", 1, 1), ("service", 2, 2)]
    assert house.terms().edition == 2
    assert [str(each.text("ko").html) for each in house.terms().documents] == ["<p>나</p>"]


def test_asks_nobody_again_about_what_is_optional(house: House) -> None:
    """REQ-13: whoever refused it, or agreed to other words, is not held up at the door."""
    apply(house, document("service"), document("marketing", "가", required=False, position=2))
    apply(house, document("service"), document("marketing", "나", required=False, position=2))
    assert house.terms().edition == 1
    assert {each.id: each.version for each in house.terms().documents} == {"service": 1, "marketing": 2}


def test_counts_a_change_of_weight_or_audience_as_a_change(house: House) -> None:
    """REQ-13."""
    apply(house, document("service"), document("child", audience="child", position=2))
    assert apply(house, document("service"), document("child", audience="person", position=2)) == ["child"]
    assert apply(house, document("service", required=False), document("child", audience="person", position=2)) == [
        "service"
    ]


def test_asks_each_kind_what_is_meant_for_it(house: House) -> None:
    """REQ-11, REQ-83."""
    apply(
        house,
        document("everybody"),
        document("person", audience="person", position=2),
        document("enterprise", audience="enterprise", position=3),
        document("child", audience="child", position=4),
    )
    terms = house.terms()
    assert [each.id for each in terms.asked_of("person")] == ["everybody", "person"]
    assert [each.id for each in terms.asked_of("enterprise")] == ["everybody", "enterprise"]
    assert [each.id for each in terms.asked_of("person", child=True)] == ["everybody", "person", "child"]


def test_is_written_to_the_audit(house: House) -> None:
    """REQ-87."""
    apply(house, document("service"))
    with house.database.reading() as connection:
        actions = connection.execute(select(audit_records.c.action)).scalars().all()
    assert actions == ["terms.applied"]


def test_reads_the_terms_again_after_a_while(house: House, frozen_clock: FrozenClock) -> None:
    """A running server takes a new version without a restart."""
    apply(house, document("service", "가"))
    first = house.terms()
    assert house.terms() is first
    apply(house, document("service", "나"))
    frozen_clock.advance(timedelta(seconds=1))
    assert house.terms().edition == first.edition + 1


def test_answers_in_korean_where_a_language_is_missing(house: House) -> None:
    """The Korean text is the one that binds."""
    apply(house, document("service", "가"))
    assert house.terms().documents[0].text("fr").html == "<p>가</p>"
