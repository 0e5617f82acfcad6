"""What OnCall needs outside itself: the carrier, the model, and an address that leads back here."""

import socket
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests

PATIENCE_SECONDS = 5


class Wrong(Exception):
    """A check found something that must be put right; the sentence says what."""

    def __init__(self, setting: str, said: str) -> None:
        super().__init__(said)
        self.setting = setting


def carrier() -> str:
    """Whether the carrier knows our account, and lets it call."""
    from twilio.base.exceptions import TwilioRestException

    from oncall.gateways import phone
    from oncall.settings import settings

    where = settings().twilio_url or "https://api.twilio.com"
    try:
        status = phone.reach()
    except TwilioRestException as error:
        setting = "TWILIO_AUTH_TOKEN" if error.status in {401, 403} else "TWILIO_ACCOUNT_SID"
        raise Wrong(setting, f"{where} refuses us ({error.code or error.status}).") from error
    except requests.RequestException as error:
        raise Wrong("ONCALL_TWILIO_URL", f"Nothing answers at {where}.") from error
    if status != "active":
        raise Wrong("TWILIO_ACCOUNT_SID", f"The account is {status}.")
    return f"{where} knows us; the account is active."


def call_backs(*, fix: bool) -> str:
    """Who rings our number back is led here or not; said, and no failure: calls out work either way."""
    from twilio.base.exceptions import TwilioException

    from oncall.gateways import phone
    from oncall.settings import settings

    ours = settings().caller_id
    try:
        led = phone.led_here()
        if led is False and fix:
            phone.lead_here()
            return f"Whoever rings {ours} is led here from now on."
    except (TwilioException, requests.RequestException):
        return f"The carrier does not say where calls to {ours} lead."
    if led is None:
        return f"The account has no number {ours}: whoever rings it back does not reach OnCall."
    if not led:
        return f"Whoever rings {ours} back does not reach OnCall yet: run oncall doctor --fix."
    return f"Whoever rings {ours} back reaches OnCall."


def model() -> str:
    """Whether the models we use are offered where we look for them."""
    import openai

    from oncall.settings import settings

    config = settings()
    where = config.openai_base_url or "https://api.openai.com/v1"
    key = config.openai_api_key.get_secret_value() or "none"
    client = openai.OpenAI(api_key=key, base_url=config.openai_base_url, timeout=PATIENCE_SECONDS, max_retries=0)
    try:
        offered = {model.id: model for model in client.models.list()}
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise Wrong("OPENAI_API_KEY", f"{where} refuses the key.") from error
    except openai.NotFoundError:
        return f"{where} answers, and gives no list of its models."
    except openai.OpenAIError as error:
        raise Wrong("OPENAI_BASE_URL", f"{where} gives no answer ({type(error).__name__}).") from error
    wanted = {
        "ONCALL_REALTIME_MODEL": config.realtime_model,
        "ONCALL_TRANSCRIBE_MODEL": config.transcribe_model,
        "ONCALL_ASSESS_MODEL": config.assess_model,
    }
    for setting, name in wanted.items():
        if name not in offered:
            raise Wrong(setting, f"{where} offers no model {name}.")
        ends = getattr(offered[name], "shutdown_date", None)
        if ends and str(ends)[:10] <= datetime.now(UTC).date().isoformat():
            raise Wrong(setting, f"The model {name} was shut down on {ends}.")
    return f"{where} offers {', '.join(sorted(set(wanted.values())))}."


def public_url() -> str:
    """Whether the address the carrier is given leads here."""
    from oncall.settings import settings

    config = settings()
    address, parts = config.public_url, urlsplit(config.public_url)
    if not config.twilio_url and parts.scheme != "https":
        raise Wrong("ONCALL_PUBLIC_URL", f"{address}: the carrier needs an https address it can reach.")
    try:
        socket.getaddrinfo(parts.hostname, parts.port or 443)
    except OSError as error:
        raise Wrong("ONCALL_PUBLIC_URL", f"The name {parts.hostname} is not known.") from error
    try:
        answer = requests.get(address + "/healthz", timeout=PATIENCE_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        said = f"Nothing answers at {address}: is oncall serve running, and does the proxy lead to it?"
        raise Wrong("ONCALL_PUBLIC_URL", said) from error
    if answer.status_code not in {200, 503} or '"reasons"' not in answer.text:
        raise Wrong("ONCALL_PUBLIC_URL", f"Something else than OnCall answers at {address} ({answer.status_code}).")
    if answer.status_code == 503:
        raise Wrong("ONCALL_PUBLIC_URL", f"OnCall at {address} is not well: {answer.text[:200]}")
    return f"{address} leads to OnCall."
