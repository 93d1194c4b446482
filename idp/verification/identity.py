"""Whom a provider vouched for, and what of it becomes evidence. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from idp.verification.evidence import Evidence, Holder
from idp.verification.method import Context, Described


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, or a business and the name of who represents it, out of checked values."""

    name: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    ci: str | None = field(default=None, repr=False)
    di: str | None = field(default=None, repr=False)
    business_number: str | None = field(default=None, repr=False)
    company_name: str | None = field(default=None, repr=False)


def evidence_of(identity: Identity, method: Described, context: Context, verified_at: datetime, raw: bytes) -> Evidence:
    """The evidence; `raw` is what the provider sent of it. A business's tells nothing of a person but the name."""
    business = identity.business_number is not None
    return Evidence(
        provider=method.provider,
        method=method.code,
        assurance=method.assurance,
        simulated=method.simulated,
        tx_id=context.tx_id,
        verified_at=verified_at,
        holder=Holder.BUSINESS if business else Holder.PERSON,
        raw_hash=hashlib.sha256(raw).hexdigest(),
        name=identity.name,
        birth_date=None if business else identity.birth_date,
        gender=None if business else identity.gender,
        phone=None if business else identity.phone,
        ci=None if business else identity.ci,
        di=None if business else identity.di,
        business_number=identity.business_number,
        company_name=identity.company_name if business else None,
        representative_name=identity.name if business else None,
    )
