"""Who goes on a journey: each time somebody new, so that no journey finds what an earlier one left."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A member and everything that names them."""

    login_id: str
    email: str
    phone: str
    id: str = ""
    name: str = "홍길동"
    password: str = "Onepass!2026"

    @property
    def traits(self) -> dict[str, str]:
        """What must not be found once they have left, by what it is."""
        # The password too: it never belonged anywhere.
        return {
            "name": self.name,
            "login id": self.login_id,
            "e-mail": self.email,
            "phone": self.phone,
            "phone with hyphens": f"{self.phone[:3]}-{self.phone[3:7]}-{self.phone[7:]}",
            "password": self.password,
        }


def somebody() -> Person:
    """A person nobody has met; no value of theirs is part of another's."""
    number = next(_numbers)
    return Person(f"gildong.h{number:04}", f"mail{number:04}@hong.example", f"0107319{number:04}")
