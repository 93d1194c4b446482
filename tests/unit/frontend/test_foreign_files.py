"""Files from anywhere: sorted into what can be opened, or refused by a sentence; no crash, no hang."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from idp.verification.lab.make import Lab
from idp.verification.lab.members import PASSWORD
from tests.unit.frontend.conftest import Run
from tests.unit.frontend.test_signing import folder, of_pfx, pair

MEGABYTE = 1024 * 1024


def chosen(path: Path, *, under: str = "", name: str = "") -> dict[str, Any]:
    """A file as the browser hands it over, from a folder or picked alone."""
    name = name or path.name
    return {"name": name, "content": path.read_bytes().hex(), "path": f"{under}/{name}" if under else ""}


def sort(run: Run, *files: dict[str, Any]) -> dict[str, Any]:
    (answer,) = run([{"call": "sort", "files": list(files)}])
    return answer


def test_pairs_two_files(run: Run, lab: Lab) -> None:
    """signCert.der and signPri.key, with the name from identifyData and whose they are."""
    business = folder(lab, "business")
    (found,) = sort(run, chosen(business / "signPri.key"), chosen(business / "signCert.der"))["gave"]
    assert (found["holder"], found["issuedBy"], found["kinds"]) == ("길동상사", "LABsign", ["certificate", "key"])


def test_pairs_by_folder(run: Run, lab: Lab) -> None:
    """A chosen folder may hold several, each in a folder of its own, with exports and keys for encryption beside."""
    files = [{"name": "readme.txt", "content": "00", "path": "NPKI/readme.txt"}]
    for member in ("business", "person", "business-p256"):
        files += [chosen(each, under=f"NPKI/{member}") for each in sorted(folder(lab, member).iterdir())]
        files.append(chosen(folder(lab, member) / "signCert.der", under=f"NPKI/{member}", name="kmCert.der"))
    found = sort(run, *files)["gave"]
    assert [each["holder"] for each in found] == ["길동상사", "홍길동", "길동상사"]
    assert [each["kinds"] for each in found] == [["certificate", "key"]] * 3


@pytest.mark.parametrize("name", ["certificate.pfx", "CERT.P12"])
def test_takes_one_pfx(run: Run, lab: Lab, name: str) -> None:
    """What is in it shows once it is open."""
    answer = sort(run, chosen(folder(lab, "business") / "certificate.pfx", name=name))
    assert answer == {"gave": [{"name": name, "kinds": ["pfx"]}]}


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        ("none", []),
        ("half", ["signCert.der"]),
        ("half", ["signPri.key"]),
        ("several", ["signCert.der", "signCert.der", "signPri.key"]),
    ],
)
def test_says_what_is_missing(run: Run, lab: Lab, expected: str, names: list[str]) -> None:
    """Issue 4, bad input: no file, one of two, more than a pair."""
    assert sort(run, *(chosen(folder(lab, "business") / name) for name in names)) == {"refused": expected}


@pytest.mark.parametrize(
    ("expected", "file"),
    [
        ("large", {"name": "signCert.der", "size": 50 * MEGABYTE}),
        ("large", {"name": "film.mp4", "size": 50 * MEGABYTE}),
        ("unsupported", {"name": "notes.txt", "size": 12}),
        ("damaged", {"name": "signCert.der", "content": ""}),
        ("damaged", {"name": "signCert.der", "content": "30"}),
        ("damaged", {"name": "cert.pfx", "content": "3080020103" + "00" * 20}),
        ("damaged", {"name": "signCert.der", "content": "3084ffffffff"}),
    ],
)
def test_refuses_what_is_no_certificate_file(run: Run, expected: str, file: dict[str, Any]) -> None:
    """A file of 50 MB is not even read; hostile lengths are lengths only."""
    assert sort(run, file) == {"refused": expected}


@pytest.mark.parametrize(
    "octets",
    ["", "30", "3001", "3080" + "00" * 8, "308100", "30820001ff", "3081ff", "1f8100", "3085" + "00" * 5, "300000"],
)
def test_reads_der_only(run: Run, octets: str) -> None:
    """X.690 §10: definite, shortest lengths; nothing cut off, nothing after."""
    assert run([{"call": "walk", "content": octets}]) == [{"refused": "damaged"}]


@pytest.mark.parametrize("octets", ["0600", "060180", "06022a80", "0603808001", "06" + "29" + "81" * 40 + "01"])
def test_reads_no_bent_identifier(run: Run, octets: str) -> None:
    """X.690 §8.19: arcs whole and without padding."""
    assert run([{"call": "oid", "content": octets}]) == [{"refused": "damaged"}]


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        ("02010a", {"gave": 10}),
        ("0200", {"refused": "damaged"}),
        ("0201ff", {"refused": "damaged"}),
        ("02020001", {"refused": "damaged"}),
        ("020203e9", {"refused": "unsupported"}),
        ("0208" + "7f" * 8, {"refused": "unsupported"}),
    ],
)
def test_counts_within_bounds(run: Run, octets: str, answer: dict[str, Any]) -> None:
    """A count that is negative, padded or beyond what anybody needs is none."""
    assert run([{"call": "count", "content": octets}]) == [answer]


@pytest.mark.parametrize("kind", ["certificate", "key", "pfx"])
def test_survives_any_change_to_a_file(run: Run, lab: Lab, kind: str) -> None:
    """One octet changed, or the end cut off, at many places: signed or refused, and nothing else ever."""
    call = of_pfx(lab, "business") if kind == "pfx" else pair(lab, "business")
    original = bytes.fromhex(call[kind])
    drawn = random.Random(kind)  # noqa: S311  # chance that comes out the same each time
    calls = []
    for _ in range(60):
        changed = bytearray(original)
        changed[drawn.randrange(len(changed))] ^= drawn.randrange(1, 256)
        calls.append({**call, kind: bytes(changed).hex()})
        calls.append({**call, kind: original[: drawn.randrange(len(original))].hex()})
    answers = run(calls)
    known = {"damaged", "password", "pair", "unsupported", "expired", "early", "half", "failed", None}
    assert {answer.get("refused") for answer in answers} <= known


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=400), min_size=20, max_size=20))
def test_survives_anything(run: Run, contents: list[bytes]) -> None:
    """Whatever the octets: an answer or a refusal."""
    calls: list[dict[str, Any]] = [{"call": "walk", "content": content.hex()} for content in contents]
    calls += [{"call": "sort", "files": [{"name": "a.der", "content": content.hex()}]} for content in contents]
    nothing: dict[str, Any] = {"text": "x", "password": PASSWORD, "now": "2026-03-02T00:00:00Z", "accepted": []}
    calls += [{"call": "sign", "pfx": content.hex(), **nothing} for content in contents]
    assert len(run(calls)) == len(calls)
