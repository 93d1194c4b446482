"""What an operator configures: authorities, the table of policies, and what production refuses (issue; §1.4, §6)."""

from __future__ import annotations

import shutil
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from idp.app.shared import share
from idp.clock import Clock
from idp.errors import ConfigurationError
from idp.house import House
from idp.sections.certificates import Certificates
from idp.settings import Settings, Verification, refuse_unsafe
from idp.storage.expiring import ExpiringStore
from idp.verification.certificates.authorities import read_authorities
from idp.verification.certificates.configured import authorities_of, certificate_methods
from idp.verification.certificates.crl import read_list
from idp.verification.certificates.method import CertificateMethod
from idp.verification.certificates.policies import Use, read_policies
from idp.verification.evidence import Holder
from idp.verification.lab.make import Lab, make_lab, open_lab, renew
from tests.builders import a_house
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.certificates.authority import Made, der
from tests.unit.verification.certificates.test_corpus import TABLE

ROW = '[[policy]]\noid = "1.2.3.4"\nca = "A"\nholder = "person"\nuse = "범용"\nenabled = true\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Authorities that are no lab's."""
    world = Made().world()
    (tmp_path / "root.der").write_bytes(world.roots[0])
    (tmp_path / "ca.cer").write_bytes(world.authorities[0])
    (tmp_path / "notes.txt").write_text("the fingerprints, as published")
    return tmp_path


def test_trusts_what_is_self_issued_and_builds_on_the_rest(folder: Path) -> None:
    """§6: the operator imports them; nothing is bundled."""
    authorities = read_authorities(folder, production=True)
    assert [len(authorities.anchors), len(authorities.intermediates), authorities.lab] == [1, 1, False]


def test_reads_bundles_in_pem(folder: Path, lab: Lab) -> None:
    """As authorities publish them."""
    names = sorted(lab.authorities.iterdir())
    (folder / "all.pem").write_text("".join(ssl.DER_cert_to_PEM_cert(each.read_bytes()) for each in names))
    assert len(read_authorities(folder, production=False).all) == 4


def test_keeps_a_lab_out_of_production(folder: Path, lab: Lab) -> None:
    """Issue: production refuses lab roots, whatever they are called and wherever they stand."""
    shutil.copy(lab.authorities / "ca.der", folder / "yessign.der")
    assert read_authorities(folder, production=False).lab
    with pytest.raises(ConfigurationError, match="lab"):
        read_authorities(folder, production=True)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "root.der").unlink(), "no self-issued"),
        (lambda folder: (folder / "x.der").write_bytes(b"no certificate"), "x.der"),
        (lambda folder: (folder / "x.pem").write_text("-----BEGIN CERTIFICATE-----\n"), "x.pem"),
        (lambda folder: (folder / "x.crt").write_bytes(Made().world().leaf), "not the certificate of an authority"),
        (lambda folder: (folder / "x.crt").write_bytes(bytes(2_000_000)), "x.crt"),
    ],
)
def test_names_the_file_that_it_cannot_use(folder: Path, spoil: object, why: str) -> None:
    """A trust store that is half read would be a riddle."""
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match=why):
        read_authorities(folder, production=False)


def test_trusts_nobody_until_told() -> None:
    """No default can be trusted here."""
    with pytest.raises(ConfigurationError, match="roots"):
        authorities_of(Settings())
    with pytest.raises(ConfigurationError, match="No such file"):
        authorities_of(Settings(certificates=Certificates(roots=Path("nowhere"))))


def test_ships_the_kinds_that_authorities_publish() -> None:
    """§1.4: general ones and 금융인증서 are on, limited ones are off."""
    table = read_policies(TABLE)
    assert {row.enabled for row in table.rows.values() if row.use is Use.LIMITED} == {False}
    assert {row.enabled for row in table.rows.values() if row.use is not Use.LIMITED} == {True}
    assert table.rows["1.2.410.200005.1.1.5"].holder is Holder.BUSINESS
    assert table.rows["1.2.410.200004.5.2.1.2"].holder is Holder.PERSON
    assert set(table.accepted(Holder.PERSON)).isdisjoint(table.accepted(Holder.BUSINESS))
    assert len(table.accepted(Holder.BUSINESS)) == 10


@pytest.mark.parametrize(
    "words",
    [
        "",
        "policy = 5",
        ROW + ROW,
        ROW.replace("1.2.3.4", "1.2.x"),
        ROW.replace("person", "dog"),
        ROW.replace("범용", "everything"),
        ROW.replace("true", '"yes"'),
        ROW + 'extra = "1"\n',
        ROW.replace("holder", "owner"),
    ],
)
def test_refuses_a_table_that_it_cannot_mean(words: str, tmp_path: Path) -> None:
    """A typing error must not open or close a door."""
    path = tmp_path / "policies.toml"
    path.write_text(ROW)
    read_policies(path)
    path.write_text(words)
    with pytest.raises(ConfigurationError, match=r"policies\.toml"):
        read_policies(path)


def test_offers_real_methods_where_configured_and_stand_ins_elsewhere(lab_settings: Settings, house: House) -> None:
    """A deployment may have authorities for one kind of certificate only."""
    told = lab_settings.certificates.model_copy(update={"methods": ["business_certificate"]})
    url = house.database.engine.url.render_as_string(hide_password=False)
    with_lab = a_house(url, house.settings.keys_dir, house.clock, certificates=told)
    kinds = {method.code: type(method) for method in share(with_lab).verification.enabled}
    assert kinds["business_certificate"] is CertificateMethod
    assert kinds["joint_certificate"] is not CertificateMethod
    assert len(kinds) == 6
    with_lab.close()


def test_makes_no_method_that_is_not_offered(
    lab_settings: Settings, any_expiring_store: ExpiringStore, frozen_clock: Clock
) -> None:
    """`verification.methods` comes first."""
    only = lab_settings.model_copy(update={"verification": Verification(methods=["joint_certificate"])})
    made = certificate_methods(only, any_expiring_store, frozen_clock, FixedRandomness())
    assert [method.code for method in made] == ["joint_certificate"]


def test_production_does_not_take_silence_for_good(folder: Path) -> None:
    """§1.6 step 5: the operator's switch is for isolated tests."""
    given = {
        "environment": "production",
        "issuer": "https://id.example.test",
        "secret_key": "0123456789abcdef" * 2,
        "verification": Verification(simulated=False),
    }
    settings = Settings(**given, certificates=Certificates(roots=folder, revocation_required=False))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="revocation_required"):
        refuse_unsafe(settings)


def test_opens_a_lab_again_and_makes_none_twice(tmp_path: Path) -> None:
    """`idp demo` makes it once."""
    clock = FrozenClock()
    lab = make_lab(tmp_path / "lab", clock.now(), FixedRandomness())
    again = open_lab(tmp_path / "lab")
    assert again.ca.certificate == lab.ca.certificate
    clock.advance(timedelta(days=6))
    renew(again, clock.now())
    assert read_list(lab.lists[1].read_bytes()).next_update == clock.now() + timedelta(days=7)
    assert (tmp_path / "lab" / "private" / "ca.pem").stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="not empty"):
        make_lab(tmp_path / "lab", clock.now(), FixedRandomness())
    with pytest.raises(ConfigurationError, match="no lab"):
        open_lab(tmp_path)
    assert der(lab.ca.certificate) == (lab.authorities / "ca.der").read_bytes()
