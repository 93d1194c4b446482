"""What members may choose from, in the order and with the labels of the manual (requirements §1-3 step 3, REQ-14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from idp.verification.evidence import Assurance, Holder
from idp.web.source_words import N_


@dataclass(frozen=True, slots=True)
class Offer:
    """One method as members know it."""

    code: str
    label: str
    note: str
    holder: Holder
    assurance: Assurance


@dataclass(frozen=True, slots=True)
class AsOffered:
    """What a method says of itself, as its offer has it."""

    offer: Offer

    @property
    def code(self) -> str:
        return self.offer.code

    @property
    def label(self) -> str:
        return self.offer.label

    @property
    def note(self) -> str:
        return self.offer.note

    @property
    def holder(self) -> Holder:
        return self.offer.holder

    @property
    def assurance(self) -> Assurance:
        return self.offer.assurance


@dataclass(frozen=True, slots=True)
class OfferedMethod:
    """One enabled method, for a page to list."""

    code: str
    label: str
    note: str
    simulated: bool


class Coded(Protocol):
    """What has the code of a method."""

    @property
    def code(self) -> str:
        """Its name in settings, audit and evidence."""
        ...


Listed = TypeVar("Listed", bound=Coded)


def in_order(methods: Iterable[Listed]) -> tuple[Listed, ...]:
    """As the manual lists them; what it does not know comes after, as it was given."""
    places = {offer.code: place for place, offer in enumerate(OFFERS)}
    return tuple(sorted(methods, key=lambda method: places.get(method.code, len(places))))


OFFERS = (
    Offer(
        "joint_certificate",
        N_("공동인증서"),
        N_("공동인증서(구 공인인증서) 또는 금융인증서로 인증합니다."),
        Holder.PERSON,
        Assurance.L3,
    ),
    Offer(
        "simple_certificate",
        N_("개인 간편인증서"),
        N_("별도의 보안 프로그램 없이 카카오톡, 네이버, PASS 등의 인증서로 인증합니다."),
        Holder.PERSON,
        Assurance.L2,
    ),
    Offer(
        "phone",
        N_("휴대폰 인증"),
        N_("본인 명의 휴대전화로 받은 인증번호로 인증합니다."),
        Holder.PERSON,
        Assurance.L2,
    ),
    Offer(
        "any_id",
        N_("Any-ID"),
        N_("공공 디지털 서비스 통합 인증(Any-ID)으로 인증합니다."),
        Holder.PERSON,
        Assurance.L2,
    ),
    Offer(
        "business_certificate",
        N_("기업인증서"),
        N_("기업의 공동인증서(구 공인인증서) 또는 금융인증서로 인증합니다."),
        Holder.BUSINESS,
        Assurance.L3,
    ),
    Offer(
        "business_simple_certificate",
        N_("사업자 간편인증서"),
        N_("별도의 프로그램 없이 네이버, 카카오, PASS 등의 인증서로 사업자를 확인합니다."),
        Holder.BUSINESS,
        Assurance.L2,
    ),
)
