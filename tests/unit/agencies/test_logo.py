"""What counts as a logo."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from idp.agencies.logo import NoLogo, read_logo
from tests.unit.agencies.images import jpeg, moving_png, png, webp


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (png(), "image/png"),
        (png(2048, 2048), "image/png"),
        (jpeg(), "image/jpeg"),
        (webp(b"VP8X"), "image/webp"),
        (webp(b"VP8L"), "image/webp"),
        (webp(b"VP8 "), "image/webp"),
    ],
)
def test_goes_by_its_own_octets(octets: bytes, kind: str) -> None:
    """WHATWG MIME Sniffing §6.1: whatever its server calls it, it is sent on as what it is."""
    found = read_logo(octets)
    assert (found.kind, found.octets, len(found.digest)) == (kind, octets, 64)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><img src=x onerror=alert(1)>",
        b"GIF89a\2\0\3\0",
        b"\x89PNG\r\n\x1a\n",
        png()[:20],
        png(0, 3),
        png(2049, 3),
        png(2, 2**31),
        moving_png(),
        jpeg()[:30],
        jpeg(3, 5000),
        b"\xff\xd8\xff\xda\0\2",
        b"\xff\xd8\xff" + b"\xff" * 2000,
        webp(b"VP8X", flags=0x02),
        webp(b"VP8X", width=4000),
        webp(b"VP8Y"),
        webp()[:14],
    ],
)
def test_is_no_document_nor_film_nor_poster(octets: bytes) -> None:
    """SVG has scripts, what moves distracts (KWCAG 2.2 6.3), and a huge image is a huge image on each page."""
    with pytest.raises(NoLogo):
        read_logo(octets)


@given(strategies.binary(max_size=200), strategies.sampled_from([png(), jpeg(), webp(), b"\xff\xd8\xff\xc0"]))
def test_reads_anything_without_falling_over(noise: bytes, head: bytes) -> None:
    """Bad input: whatever a client's server sends."""
    for octets in (noise, head[:12] + noise, head[:24] + noise):
        try:
            assert read_logo(octets).octets == octets
        except NoLogo:
            continue
