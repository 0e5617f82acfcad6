"""Frames no carrier would send: every way we know in which a media stream's messages can be wrong, made from a seed."""

import json
import random
from collections.abc import Callable
from typing import Any

TEXT, BINARY, CONTINUATION, PING, PONG = 1, 2, 0, 9, 10
VALUES: list[Any] = [None, True, 0, -1, 1e308, "", "x" * 300, [], {}, [[]], {"a": {}}, "0", "-5", "1e9", "\x00", "\ud55c\uae00",
                     2**70, "99999999999999999999999999"]  # fmt: skip
EVENTS = ["media", "mark", "dtmf", "start", "stop_", "connected_", "", "MEDIA", None, 7, [], {}]


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One WebSocket frame; the mask is zero, so that the payload stands in it as it is."""
    size = len(payload)
    first = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask = 0x80 if masked else 0
    length = (bytes([mask | size]) if size < 126 else bytes([mask | 126]) + size.to_bytes(2, "big") if size < 65536
              else bytes([mask | 127]) + size.to_bytes(8, "big"))  # fmt: skip
    return first + length + (bytes(4) if masked else b"") + payload


def malformed(chance: random.Random) -> bytes:
    """One message that is no message, inside a frame that is a frame."""
    return frame(chance.choice(_KINDS)(chance))


def unframed(chance: random.Random) -> bytes:
    """Bytes that break the WebSocket protocol itself, or its limits; each ends its own socket."""
    rubbish = chance.randbytes(chance.randrange(1, 400))
    return chance.choice([
        frame(rubbish, masked=False), frame(rubbish, reserved=chance.randrange(1, 8)),
        frame(rubbish, chance.choice([3, 5, 7, 11, 15])), frame(b"p" * 200, PING), frame(rubbish, CONTINUATION),
        frame(b'{"event":"media"', fin=False) + frame(b',"media":{}}', CONTINUATION), frame(b"[" * 1_000_000),
        frame(b"A" * 1_000_000, BINARY), frame(b'{"event":"media"', fin=False) * 50, rubbish, frame(b"\xff\xff", 8),
        b"\x81\xff" + b"\x7f" * 8,  # a frame of 2**63 bytes is announced
    ])  # fmt: skip


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(0, 200))


def _cut_json(chance: random.Random) -> bytes:
    whole = _media("A" * 216)
    return whole[: chance.randrange(0, len(whole))]


def _flipped(chance: random.Random) -> bytes:
    whole = bytearray(_media("A" * 216, timestamp=str(chance.randrange(10**6))))
    for _ in range(chance.randrange(1, 4)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


def _wrong_value(chance: random.Random) -> bytes:
    message: dict[str, Any] = {"event": chance.choice(EVENTS), "sequenceNumber": chance.choice(VALUES),
                               "streamSid": chance.choice(VALUES)}  # fmt: skip
    for name in ("media", "mark", "dtmf", "start"):
        if chance.random() < 0.5:
            message[name] = chance.choice([chance.choice(VALUES), {
                key: chance.choice(VALUES) for key in ("payload", "timestamp", "name", "digits", "streamSid", "callSid")}])  # fmt: skip
    return json.dumps(message).encode()


def _not_base64(chance: random.Random) -> bytes:
    letters = "".join(chance.choice("AB+/=-_ \\\u00e9!") for _ in range(chance.randrange(1, 300)))
    return _media(letters, timestamp=str(chance.randrange(10**6)))


def _not_a_time(chance: random.Random) -> bytes:
    return _media("A" * 216, timestamp=chance.choice([*VALUES, "NaN", "\u0661\u0662", "12.5", "0x10"]))


def _deep(chance: random.Random) -> bytes:
    depth = chance.choice([50, 2_000, 20_000])
    return b'{"event":' * depth if chance.random() < 0.5 else b"[" * depth + b"]" * depth


def _large(chance: random.Random) -> bytes:
    size = chance.choice([5_000, 40_000, 100_000, 250_000])
    return chance.choice([_media("A" * size), b'{"event":"mark","mark":{"name":"' + b"m" * size + b'"}}', b"9" * size])


def _missing(chance: random.Random) -> bytes:
    return json.dumps({"event": chance.choice(["media", "mark", "dtmf", "start"])}).encode()


def _media(payload: str, timestamp: Any = "0") -> bytes:
    return json.dumps({"event": "media", "sequenceNumber": "1", "media": {
        "track": "inbound", "chunk": "1", "timestamp": timestamp, "payload": payload}}, separators=(",", ":")).encode()  # fmt: skip


# The large ones are rarer, or there would be nothing but them.
_KINDS: list[Callable[[random.Random], bytes]] = [
    *[_bytes, _cut_json, _flipped, _wrong_value, _not_base64, _not_a_time, _missing] * 12, _deep, _large,
]  # fmt: skip
