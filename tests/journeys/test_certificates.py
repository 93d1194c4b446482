"""Companies with certificate files, in a browser that opens them, against a provider that weighs what it signs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus

import pytest
from playwright.sync_api import Page, expect

from idp.verification.lab.members import PASSWORD
from idp.verification.simulated.people import COMPANIES
from tests.journeys.conftest import OpenBrowser
from tests.journeys.joining import Newcomer
from tests.journeys.pages import looked_over
from tests.journeys.person import Person
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight, Tab

FIRST, SECOND = COMPANIES[0].business_number, COMPANIES[1].business_number
"""길동상사 is a member from the start, with the certificate `business`; 둘째길동상사 becomes one."""

LEVEL_THREE = "3:sim"
"""What a lab vouches for is told apart from what an authority does."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demonstration with a lab whose certificates are asked for of businesses and of persons."""
    given = {"IDP_CERTIFICATES__METHODS": '["business_certificate", "joint_certificate"]'}
    with raised(tmp_path_factory.mktemp("certificate-stage"), given) as stage:
        yield stage


def files(stage: Stage, member: str) -> Path:
    return stage.told.directory / "certificates" / "members" / member


def choose(stage: Stage, page: Page, member: str) -> None:
    """The two files, together."""
    folder = files(stage, member)
    page.locator("#certificate-files").set_input_files([folder / "signCert.der", folder / "signPri.key"])
    expect(page.get_by_text("인증서 1개를 찾았습니다.")).to_be_visible()


def sign(page: Page, password: str = PASSWORD) -> None:
    """Type the password, press 전자서명, and wait for the page that follows."""
    page.get_by_label("인증서 비밀번호").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="전자서명", exact=True).click()


def go_to_sign(page: Page, number: str) -> None:
    """The tab 기업 회원 로그인, up to the page that opens files."""
    page.get_by_label("사업자등록번호").fill(number)
    page.locator("label").filter(has_text="기업인증서").last.click()
    with page.expect_navigation():
        page.get_by_role("button", name="로그인", exact=True).click()
    expect(page.get_by_role("heading", name="인증서로 전자서명")).to_be_visible()


def at_sign_in(tab: Tab, number: str) -> Page:
    """A browser that nobody is signed in with, before the page that opens files."""
    page = tab.page
    page.goto(f"{tab.stage.provider}/account/")
    page.get_by_role("link", name="기업 회원 로그인").click()
    go_to_sign(page, number)
    return page


def last_detail(stage: Stage, action: str) -> dict[str, str]:
    """What the audit says of the last of this name."""
    rows = stage.query(
        "SELECT detail FROM audit_records WHERE action = :action ORDER BY seq DESC LIMIT 1", action=action
    )
    detail: dict[str, str] = rows[0].detail if isinstance(rows[0].detail, dict) else json.loads(rows[0].detail)
    return detail


def last_failure(stage: Stage, action: str) -> str:
    """Log code of the last refusal."""
    return last_detail(stage, action)["failure"]


def last_told(stage: Stage) -> tuple[str, str]:
    """Level and ways that a relying party was told last."""
    detail = last_detail(stage, "sign_in.answered")
    return detail["acr"].removeprefix("urn:onepass:acr:"), detail["amr"]


def test_a_company_joins_from_voucher_with_its_certificate(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4, what to show: joins with a lab certificate, and signs in with it at voucher; REQ-14, 19, 41, 42."""
    tab = open_browser(stage)
    newcomer = Newcomer(tab)
    newcomer.come_from("voucher")
    newcomer.be("기업회원")
    newcomer.agree()
    newcomer.at(3, "기업인증 및 등록")
    page = tab.page
    page.get_by_label("사업자등록번호").fill(SECOND)
    with page.expect_navigation():
        page.get_by_role("button", name="기업인증서").first.click()
    looked_over(page)
    choose(stage, page, "business-other-company")
    expect(page.get_by_role("radio", name=re.compile("둘째길동상사"))).to_be_checked()
    looked_over(page)
    sign(page)
    newcomer.at(4, "정보입력")
    newcomer.type_in("gildong.second", 대표자명="김길동", 설립일="2001-02-03")
    newcomer.connect()
    newcomer.go_and_sign_in()
    go_to_sign(page, SECOND)
    # This time by its other form, one PFX.
    page.locator("#certificate-files").set_input_files(files(stage, "business-other-company") / "certificate.pfx")
    sign(page)
    assert tab.sight is Sight.SIGNED_IN
    assert tab.at == stage.party("voucher")
    page.goto(f"{stage.provider}/account/certificates")
    expect(page.locator("ul.agencies")).to_contain_text("LABsign")
    expect(page.locator("ul.agencies")).not_to_contain_text("사용 기록 없음")


@pytest.mark.parametrize(
    ("member", "sentence", "code"),
    [
        ("business-other-company", "입력한 사업자등록번호의 인증서가 아닙니다.", "certificate_vid_mismatch"),
        ("business-revoked", "폐지되었거나 효력이 정지된 인증서입니다.", "certificate_revoked"),
    ],
)
def test_refuses_what_is_not_the_companys_or_not_good(
    stage: Stage, open_browser: OpenBrowser, member: str, sentence: str, code: str
) -> None:
    """Issue 4, what to show: another company's and a revoked one are refused by the server, each with its log code."""
    tab = open_browser(stage)
    page = at_sign_in(tab, FIRST)
    choose(stage, page, member)
    sign(page)
    expect(page.locator("#failure")).to_contain_text(sentence)
    looked_over(page)
    assert last_failure(stage, "verification.failed") == code
    page.goto(f"{stage.provider}/account/")
    assert tab.sight is Sight.PASSWORD


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        ("business-expired", "유효기간이 지난 인증서입니다."),
        ("business-not-yet-valid", "아직 유효기간이 시작되지 않은 인증서입니다."),
        ("business-limited", "이 화면에서 사용할 수 없는 종류의 인증서입니다."),
        ("person", "이 화면에서 사용할 수 없는 종류의 인증서입니다."),
    ],
)
def test_says_before_signing_what_will_not_do(
    stage: Stage, open_browser: OpenBrowser, member: str, sentence: str
) -> None:
    """Issue 4: an expired one, and ones of the wrong kind, are seen before anything is signed."""
    page = at_sign_in(open_browser(stage), FIRST)
    choose(stage, page, member)
    page.get_by_label("인증서 비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="전자서명", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(page.get_by_role("radio")).to_be_focused()


def test_says_what_is_wrong_with_what_was_chosen(stage: Stage, open_browser: OpenBrowser, tmp_path: Path) -> None:
    """Issue 4, bad input: nothing chosen, one of two files, 50 MB, no certificate at all, a strange key, a wrong
    password; each is one sentence beside its place, the page stays usable, and the right files then sign in."""
    tab = open_browser(stage)
    page, folder = at_sign_in(tab, FIRST), files(stage, "business")
    button = page.get_by_role("button", name="전자서명", exact=True)
    alert = page.get_by_role("alert").filter(visible=True)
    chooser = page.locator("#certificate-files")
    button.click()
    expect(alert).to_have_text("인증서를 선택해 주세요.")
    expect(chooser).to_be_focused()
    chooser.set_input_files(folder / "signCert.der")
    expect(alert).to_contain_text("하나만 있습니다")
    large = tmp_path / "large.der"
    with large.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    chooser.set_input_files(large)
    expect(alert).to_contain_text("너무 큽니다")
    broken = tmp_path / "signCert.der"
    broken.write_bytes((folder / "signCert.der").read_bytes()[:500])
    chooser.set_input_files([broken, folder / "signPri.key"])
    expect(alert).to_contain_text("하나만 있습니다")
    chooser.set_input_files([folder / "signCert.der", files(stage, "business-second") / "signPri.key"])
    page.get_by_label("인증서 비밀번호").fill(PASSWORD)
    button.click()
    expect(alert).to_contain_text("서로 짝이 아닙니다")
    choose(stage, page, "business")
    page.get_by_label("인증서 비밀번호").fill("Wrong!2026")
    button.click()
    expect(alert).to_contain_text("비밀번호가 맞지 않거나 파일이 손상되었습니다")
    expect(page.get_by_label("인증서 비밀번호")).to_be_focused()
    looked_over(page)
    sign(page)
    assert tab.sight is Sight.ACCOUNT


def test_lists_what_a_folder_holds(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4: several certificates in a chosen folder are radio buttons; what cannot be used says so; by keyboard."""
    tab = open_browser(stage)
    page = at_sign_in(tab, FIRST)
    page.locator("#certificate-folder").set_input_files(files(stage, "business").parent)
    choices = page.get_by_role("radio")
    expect(choices.first).to_be_checked()
    expect(page.get_by_role("radio", name=re.compile("홍길동.*사용할 수 없는 종류")).first).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("길동상사.*만료")).first).to_be_visible()
    looked_over(page)
    choices.first.focus()
    page.keyboard.press("ArrowDown")
    expect(choices.nth(1)).to_be_checked()


def test_takes_what_is_dropped(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4: by drag and drop as well."""
    tab = open_browser(stage)
    page, folder = at_sign_in(tab, FIRST), files(stage, "business")
    names = ("signCert.der", "signPri.key")
    dropped = [[name, base64.b64encode((folder / name).read_bytes()).decode()] for name in names]
    page.evaluate(
        """dropped => {
          const transfer = new DataTransfer();
          for (const [name, content] of dropped) {
            transfer.items.add(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt(0))], name));
          }
          const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
          document.querySelector("[data-part=area]").dispatchEvent(drop);
        }""",
        dropped,
    )
    expect(page.get_by_role("radio", name=re.compile("길동상사"))).to_be_checked()
    sign(page)
    assert tab.sight is Sight.ACCOUNT


def test_says_that_it_needs_a_safe_connection(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4: over plain http browsers have no WebCrypto, and the page says so instead of failing later."""
    tab = open_browser(stage)
    tab.page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page = at_sign_in(tab, FIRST)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("안전한 연결(https)이 아니어서")
    expect(page.get_by_label("인증서 비밀번호")).to_be_hidden()
    looked_over(page)


def test_sends_neither_key_nor_password(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4: what leaves the browser is signed data and R; the logs of every process know neither password nor R."""
    tab = open_browser(stage)
    page = at_sign_in(tab, FIRST)
    choose(stage, page, "business")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or "") if request.method == "POST" else None)
    sign(page)
    (sent,) = [each for each in posted if "cms=" in each]
    fields = dict(parse_qsl(sent, keep_blank_values=True))
    assert set(fields) == {"csrf_token", "cms", "r"}
    assert PASSWORD not in unquote_plus("&".join(posted))
    assert re.fullmatch(r"[0-9a-f]{40}", fields["r"])
    logs = "".join(log.read_text("utf-8", "replace") for log in stage.logs)
    assert fields["r"] not in logs
    assert PASSWORD not in logs


def test_registers_another_with_the_companys_password(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-42: good, its own, not registered: refused with the way to register. 길동상사 was made by the demonstration
    and has no password, so that it goes by 인증서 관리."""
    tab = open_browser(stage)
    tab.watch.expect(401)
    page = at_sign_in(tab, FIRST)
    choose(stage, page, "business-p256")
    sign(page)
    expect(page.get_by_role("heading", name="등록하지 않은 인증서")).to_be_visible()
    looked_over(page)
    assert last_failure(stage, "sign_in.failed") == "certificate_not_registered"
    page.get_by_role("link", name="다른 인증서로 로그인").click()
    go_to_sign(page, FIRST)
    choose(stage, page, "business-old-seed")
    sign(page)
    assert tab.sight is Sight.ACCOUNT
    page.goto(f"{stage.provider}/account/certificates")
    with page.expect_navigation():
        page.get_by_role("button", name="기업인증서").click()
    choose(stage, page, "business-p256")
    sign(page)
    page.get_by_label("이름").fill("타원곡선 인증서")
    with page.expect_navigation():
        page.get_by_role("button", name="저장").click()
    expect(page.locator("ul.agencies")).to_contain_text("타원곡선 인증서")
    looked_over(page)
    again = open_browser(stage)
    other = at_sign_in(again, FIRST)
    choose(stage, other, "business-p256")
    sign(other)
    assert again.sight is Sight.ACCOUNT


def test_binds_a_persons_certificate_to_its_member(stage: Stage, open_browser: OpenBrowser) -> None:
    """korean-identity §1.6: a person's certificate proves a name and possession. It joins nobody; who is a member
    already registers their own, and no other's."""
    tab = open_browser(stage)
    newcomer = Newcomer(tab)
    newcomer.come_directly()
    newcomer.be("개인회원")
    newcomer.agree()
    page = tab.page
    with page.expect_navigation():
        page.get_by_role("button", name="공동인증서").first.click()
    choose(stage, page, "person")
    sign(page)
    expect(page.locator("#failure")).to_be_visible()
    assert last_failure(stage, "verification.failed") == "verification_not_identified"
    page.goto(f"{stage.provider}/account/certificates")
    person = Person("honggildong", "honggildong@example.com", "01000000001")
    assert tab.give_password(person) is Sight.ACCOUNT
    for member, found in (("person-second", "#failure"), ("person", "#name")):
        page.goto(f"{stage.provider}/account/certificates")
        with page.expect_navigation():
            page.get_by_role("button", name="공동인증서").click()
        choose(stage, page, member)
        sign(page)
        expect(page.locator(found)).to_be_visible()
    assert last_failure(stage, "verification.failed") == "verification_name_mismatch"
    page.goto(f"{stage.provider}/account/certificates")
    expect(page.locator("ul.agencies > li")).to_have_count(1)


def test_steps_up_to_level_three_with_a_persons_certificate(stage: Stage, open_browser: OpenBrowser) -> None:
    """Issue 4, what to show: KAMP asks who signed in by password for level 3; the certificate that they registered
    reaches it, somebody else's does not, and KAMP is told each time what is true."""
    tab = open_browser(stage)
    page, person = tab.page, Person("honggildong", "honggildong@example.com", "01000000001")
    page.goto(f"{stage.party('kamp')}/login")
    tab.give_password(person)
    if tab.sight is Sight.CONSENT:
        tab.agree()
    assert tab.at == stage.party("kamp")
    assert last_told(stage) == ("1", "pwd")
    register_own(stage, page)
    page.goto(f"{stage.party('kamp')}/login?acr=3&essential=1")
    expect(page.locator("main")).to_contain_text("인증서로 확인해 달라고 요청했습니다")
    looked_over(page)
    go_to_step_up(page)
    choose(stage, page, "person-second")
    sign(page)
    expect(page.locator("#failure")).to_be_visible()
    looked_over(page)
    assert last_failure(stage, "verification.failed") == "verification_name_mismatch"
    page.goto(f"{stage.party('kamp')}/login?acr=3&essential=1")
    go_to_step_up(page)
    choose(stage, page, "person")
    looked_over(page)
    sign(page)
    assert (tab.at, tab.sight) == (stage.party("kamp"), Sight.SIGNED_IN)
    looked_over(page)
    assert last_told(stage) == (LEVEL_THREE, "swk")
    assert page.goto(f"{stage.party('kamp')}/login?acr=3&essential=1") is not None
    assert (tab.at, tab.sight) == (stage.party("kamp"), Sight.SIGNED_IN)


def register_own(stage: Stage, page: Page) -> None:
    """홍길동's certificate, where it is not registered yet."""
    page.goto(f"{stage.provider}/account/certificates")
    if page.locator("ul.agencies > li").count():
        return
    with page.expect_navigation():
        page.get_by_role("button", name="공동인증서").click()
    choose(stage, page, "person")
    sign(page)
    expect(page.locator("#name")).to_be_visible()


def go_to_step_up(page: Page) -> None:
    """From the question to the page that opens files."""
    with page.expect_navigation():
        page.get_by_role("button", name="공동인증서").click()
    expect(page.get_by_role("heading", name="인증서로 전자서명")).to_be_visible()
