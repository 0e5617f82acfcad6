"""The two doors as the tests see them: a model that says what a test tells it to, and a shelf of recordings."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from oncall.settings import settings

FINE: dict[str, Any] = {
    "level": "none", "unknown": [], "signals": [], "wants_human": False, "opt_out": False, "later": False,
    "answered_by": "resident", "requests": [], "summary": "잘 지낸다고 함.",
    "facts": [{"code": code, "status": "answered"} for code in (
        "meals", "medication", "sleep", "health_change", "mood", "contact", "heating")],
}  # fmt: skip


@dataclass
class Door:
    """A server on this machine that answers what `says` holds, in turn (the last one for ever), and keeps requests."""

    url: str = ""
    says: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # transcriptions, in turn
    sounds: dict[str, bytes] = field(default_factory=dict)  # recording id -> WAV
    asked: list[dict[str, Any]] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    def answers(self, **changed: Any) -> None:
        """Say this assessment, `FINE` but for what is changed."""
        self.says.append((200, _response(json.dumps(FINE | changed, ensure_ascii=False))))

    def answers_text(self, text: str, **changed: Any) -> None:
        """Say this text where an assessment is due; `changed` are fields of the response around it."""
        self.says.append((200, _response(text) | changed))

    def fails(self, status: int, code: str = "server_error") -> None:
        """Refuse with this status."""
        self.says.append((status, {"error": {"message": "no", "type": code, "code": code, "param": None}}))


def _response(text: str) -> dict[str, Any]:
    return {
        "id": "resp_1", "object": "response", "created_at": 0, "status": "completed", "model": "gpt-6-luna-test",
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "tools": [],
        "tool_choice": "auto", "parallel_tool_calls": False, "output": [{
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}],
    }  # fmt: skip


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Both doors at one address, and the settings that lead there."""
    made = Door()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                if self.path.endswith("/audio/transcriptions"):
                    made.heard.append(body)
                    status, said = 200, {"text": made.words.pop(0) if made.words else ""}
                else:
                    made.asked.append(json.loads(body) | {"_headers": dict(self.headers)})
                    status, said = made.says.pop(0) if len(made.says) > 1 else made.says[0]
            self._send(status, json.dumps(said).encode(), "application/json")

        def do_GET(self) -> None:
            sid = self.path.rsplit("/", 1)[-1].split(".wav")[0]
            sound = made.sounds.get(sid)
            self._send(200 if sound else 404, sound or b"", "audio/wav")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status >= 429:
                self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    with PointedAt(monkeypatch, model=f"{made.url}/v1", carrier=made.url):
        yield made
    server.shutdown()
    server.server_close()
    thread.join()


class PointedAt:
    """The settings of this process lead to these servers while it is open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, model: str, carrier: str) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", model)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("ONCALL_TWILIO_URL", carrier)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
        self._monkeypatch = monkeypatch

    def __enter__(self) -> None:
        settings.cache_clear()

    def __exit__(self, *_: object) -> None:
        self._monkeypatch.undo()
        settings.cache_clear()
