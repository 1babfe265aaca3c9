"""The library's client for WeChat Pay, at an address that can be set, and calm about certificates.

A signature under an unknown serial number lets the library fetch the platform's certificates anew. Anybody
can send such a signature, so that happens at most once a minute.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

_CERTIFICATES_EVERY_SECONDS = 60
_TIMEOUT_SECONDS = (5, 20)


class _Core(Core):  # type: ignore[misc]  # the library has no types
    """The library's core, with its address from the settings."""

    def __init__(self, base: str, **given: Any) -> None:
        self._base = base.rstrip("/")
        self._fetched_at: float | None = None
        super().__init__(**given)

    @property
    def _gate_way(self) -> str:
        return self._base

    @_gate_way.setter
    def _gate_way(self, address: str) -> None:
        """The library sets its own; ours stays."""

    def _update_certificates(self) -> None:
        now = time.monotonic()
        if self._fetched_at is None or now - self._fetched_at >= _CERTIFICATES_EVERY_SECONDS:
            self._fetched_at = now
            super()._update_certificates()


class Client(WeChatPay):  # type: ignore[misc]  # the library has no types
    """The library's client; `settings` is `PINBACK_WECHAT`. Fetches certificates where it has no public
    key.
    """

    def __init__(self, settings: Mapping[str, str], *, notify_url: str) -> None:
        public_key = settings["PUBLIC_KEY"]
        self._type = WeChatPayType.NATIVE
        self._mchid = settings["MCHID"]
        self._appid = settings["APPID"]
        self._notify_url = notify_url
        self._partner_mode = False
        self._core = _Core(
            settings["BASE"],
            mchid=self._mchid,
            cert_serial_no=settings["SERIAL"],
            private_key=Path(settings["PRIVATE_KEY"]).read_text(),
            apiv3_key=settings["API_V3_KEY"],
            cert_dir=settings["CERTIFICATES"] or None,
            timeout=_TIMEOUT_SECONDS,
            public_key=Path(public_key).read_text() if public_key else None,
            public_key_id=settings["PUBLIC_KEY_ID"] or None,
        )
