"""The simulator's own keys and secrets, and the papers that a provider hands out when somebody joins it."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

CLIENT_CODE = "023040000001"
LINK_ID = "SIMULATED"
NICE_CLIENT = "simulated-nice"
EZAUTH_SERVICE = "SIM-EZ-01"
ANYID_SERVICE = "SIM0000001"
FINCERT_ORGANISATION = "SIMFC"
OPENID_CLIENT = "onepass"
PROFILE_CLIENT = "onepass-profile"
OACX_BRANDS = {"kakao_v1.5": "카카오 (모의)", "naver_v1.5": "네이버 (모의)", "pass_v1.5": "PASS (모의)"}
BAROCERT_BRANDS = {"KAKAO": "카카오 (모의)", "TOSS": "토스 (모의)"}


@dataclass(frozen=True)
class Keys:
    """Made once for each demonstration; nobody else knows them."""

    signing_key: str = field(repr=False)
    """Private PEM, EC P-256: what results and ID tokens are signed with."""
    barocert_secret: str = field(repr=False)
    ezauth_secret: str = field(repr=False)
    nice_secret: str = field(repr=False)
    anyid_kms_key: str = field(repr=False)
    anyid_hmac: str = field(repr=False)
    openid_secret: str = field(repr=False)
    profile_secret: str = field(repr=False)
    fincert_key: str = field(repr=False)

    @property
    def signer(self) -> ECKey:
        """The key that signs; its public half is in the papers and in the key set."""
        return ECKey.import_key(self.signing_key, {"kid": "simulator-1", "use": "sig", "alg": "ES256"})

    @property
    def public_pem(self) -> str:
        return self.signer.as_pem(private=False).decode("ascii")


def new_keys() -> Keys:
    """Fresh ones."""

    def secret() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode("ascii")

    pem = ECKey.generate_key("P-256").as_pem(private=True).decode("ascii")
    return Keys(pem, *(secret() for _ in range(8)))


def kept_keys(path: Path) -> Keys:
    """Those in `path`, which is made at the first start, for its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(new_keys())), "utf-8")
        try:
            # Two processes may start at once: the first one's keys stand.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Keys(**json.loads(path.read_text("utf-8")))


def papers(url: str, keys: Keys, *, certificates: bool = False) -> list[Mapping[str, Any]]:
    """`verification.providers`, as the identity provider's settings want it. Each says that it is simulated.

    With `certificates` of a laboratory there is 금융인증서, too.
    """

    def paper(shape: str, method: str, **more: Any) -> Mapping[str, Any]:
        return {"shape": shape, "method": method, "name": f"simulator-{shape}", "simulated": True, **more}

    signed = paper(
        "fincert",
        "financial_certificate",
        label="금융인증서",
        note="금융결제원이 보관하는 사업자용 금융인증서로, 그 화면에서 서명합니다.",
        holder="business",
        base_url=url,
        org_code=FINCERT_ORGANISATION,
        api_key=keys.fincert_key,
    )
    openid = ("client_id", OPENID_CLIENT), ("client_secret", keys.openid_secret)
    return [
        *((signed,) if certificates else ()),
        paper("oacx", "simple_certificate", base_url=url, brands=OACX_BRANDS, result_key=keys.public_pem),
        paper(
            "nice",
            "phone",
            note="본인 명의 휴대전화로, 본인확인기관의 화면에서 인증합니다.",
            base_url=url,
            client_id=NICE_CLIENT,
            client_secret=keys.nice_secret,
        ),
        paper(
            "any_id",
            "any_id",
            base_url=url,
            service_number=ANYID_SERVICE,
            kms_key=keys.anyid_kms_key,
            hmac_secret=keys.anyid_hmac,
        ),
        paper(
            "ezauth",
            "business_simple_certificate",
            base_url=url,
            service_id=EZAUTH_SERVICE,
            secret=keys.ezauth_secret,
        ),
        paper(
            "barocert",
            "simple_certificate_barocert",
            label="간편인증 (바로서트 방식)",
            note="앱으로 보낸 요청을 승인하는 다른 방식의 간편인증입니다.",
            base_url=url,
            token_url=f"{url}/BAROCERT/Token",
            link_id=LINK_ID,
            secret_key=keys.barocert_secret,
            client_code=CLIENT_CODE,
            brands=BAROCERT_BRANDS,
            result_key=keys.public_pem,
        ),
        paper(
            "openid",
            "openid",
            label="다른 기관 계정 (OpenID Connect)",
            note="OpenID Connect를 쓰는 다른 기관의 계정으로 확인합니다.",
            base_url=f"{url}/openid",
            **dict(openid),
        ),
        paper(
            "oauth2_profile",
            "profile",
            label="다른 서비스 계정 (OAuth 2.0)",
            note="프로필을 제공하는 다른 서비스의 계정으로 확인합니다.",
            base_url=f"{url}/profile",
            profile_url=f"{url}/profile/v1/me",
            client_id=PROFILE_CLIENT,
            client_secret=keys.profile_secret,
            claims={
                "name": "response.name",
                "birth_year": "response.birthyear",
                "birth_date": "response.birthday",
                "gender": "response.gender",
                "phone": "response.mobile",
                "ci": "response.ci",
            },
        ),
    ]
