"""A message of the outbox as it leaves: its body is made of the committed row alone, alike in every copy."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from pinback.kit.ids import public_id
from pinback.kit.models import Message
from pinback.settlement.recording import TOPIC

SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins


def body_of(message: Message) -> bytes:
    """The message as JSON: id, position, topic, shop, at, and data (of decisions: a list of them)."""
    head = {
        "id": public_id(message.pk),
        "position": message.position,
        "topic": message.topic,
        "shop": message.shop,
        "at": message.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    data = message.body.encode()
    if message.topic == TOPIC:
        data = b"[" + data.replace(b"\n", b",") + b"]"
    return msgspec.json.encode(head)[:-1] + b',"data":' + data + b"}"


def signed_headers(id_: str, body: bytes, *, secrets: Sequence[str], sent_at: int) -> dict[str, str]:
    """The headers of Standard Webhooks: a signature over id, time (Unix seconds) and body by each secret."""
    signed = f"{id_}.{sent_at}.".encode() + body
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        signatures.append("v1," + base64.b64encode(digest).decode())
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(signatures),
    }
