from __future__ import annotations

from pathlib import Path

import pytest

from idp.errors import ConfigurationError
from idp.terms.documents_folder import read
from tests.architecture.tree import ROOT

LIST = """
[[document]]
id = "service"
required = true
purpose = "이용 계약"
[document.title]
ko = "약관"
en = "Terms"
"""


def folder(path: Path, listed: str = LIST, **files: str) -> Path:
    """A folder with these documents; `service_ko` is `service.ko.md`."""
    (path / "terms.toml").write_text(listed, encoding="utf-8")
    for name, words in {"service_ko": "한글", "service_en": "English", **files}.items():
        (path / f"{name.replace('_', '.')}.md").write_text(words, encoding="utf-8")
    return path


def test_reads_what_ships() -> None:
    """REQ-11: the four documents of the manual are among ours, in both languages, in their order."""
    documents = read(ROOT / "config/terms")
    everybody = [(each.entry.id, each.entry.required) for each in documents if each.entry.audience == "everybody"]
    assert everybody == [("service", True), ("privacy", True), ("third-party", True), ("marketing", False)]
    assert all(set(each.texts) == {"ko", "en"} for each in documents)
    assert [each.position for each in documents] == list(range(1, len(documents) + 1))


def test_makes_html_of_markdown_and_text_of_html(tmp_path: Path) -> None:
    """CSP3, architecture §9: whoever may write terms may not thereby write scripts."""
    paragraphs = (
        "### 제1조",
        "**굵게** [여기](javascript:alert(1))",
        "<script>alert(1)</script>",
        "| 가 |\n|---|\n| 1 |",
    )
    words = "\n\n".join(paragraphs)
    html = read(folder(tmp_path, service_ko=words))[0].texts["ko"]["html"]
    assert "<h3>제1조</h3>" in html
    assert "<strong>굵게</strong>" in html
    assert "<table>" in html
    assert "<script" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "[[document]]",
        LIST.replace('id = "service"', 'id = "Service"'),
        LIST.replace('id = "service"', 'id = "other"'),
        LIST.replace('en = "Terms"', ""),
        LIST.replace("required = true", 'required = "perhaps"'),
        LIST.replace("[document.title]", 'surprise = "x"\n[document.title]'),
        LIST.replace("[[document]]", '[[document]]\naudience = "nobody"'),
        "not = toml = at all",
    ],
)
def test_says_what_is_wrong_with_the_folder(tmp_path: Path, broken: str) -> None:
    """Architecture §11.8: an operator's mistake is named, at its file."""
    with pytest.raises(ConfigurationError, match=r"terms\.toml|service"):
        read(folder(tmp_path, broken))


def test_wants_the_folder_to_be_there(tmp_path: Path) -> None:
    """Architecture §11.8."""
    with pytest.raises(ConfigurationError, match="terms"):
        read(tmp_path / "nowhere")
