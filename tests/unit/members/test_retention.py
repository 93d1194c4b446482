from __future__ import annotations

import re
from pathlib import Path

import pytest

from idp.errors import ConfigurationError
from idp.members.retention import read

CONFIGURED = Path(__file__).parents[3] / "config" / "retention.toml"
ROW = """
[[retention]]
category = "회원정보"
period = "즉시파기"
consent = "정보주체의 동의"
legal_basis = "개인정보 보호법 제15조, 제21조"
note = ""
"""


def test_is_written_in_both_languages_as_delivered() -> None:
    """REQ-75; architecture §9: English complete."""
    rows = read(CONFIGURED)
    assert [row.written_in("ko") for row in rows] == list(rows)
    english = [row.written_in("en") for row in rows]
    assert [row.category for row in rows] == [
        "회원정보",
        "지원사업신청이력",
        "증명서 발급 이력",
        "전자민원신청이력",
        "동의 및 탈퇴 이력",
        "재가입 연결 정보 (탈퇴할 때 선택한 경우)",
    ]
    assert {row.key: row.kept_for.days for row in rows if row.keeps} == {"consents": 365, "former_subjects": 365}
    assert not re.search("[가-힣]", repr(english))


def test_shows_korean_where_the_operator_wrote_no_english(tmp_path: Path) -> None:
    """A notice of the law is better read in Korean than not at all."""
    file = tmp_path / "retention.toml"
    file.write_text(ROW, "utf-8")
    (row,) = read(file)
    assert row.written_in("en") == row


@pytest.mark.parametrize("english", ['category = "Member"', ROW.replace("[[retention]]", 'extra = "x"')])
def test_refuses_half_a_row_of_english(tmp_path: Path, english: str) -> None:
    """A table that mixes the two would be a mistake nobody noticed."""
    file = tmp_path / "retention.toml"
    file.write_text(f"{ROW}\n[retention.en]\n{english}\n", "utf-8")
    with pytest.raises(ConfigurationError):
        read(file)
