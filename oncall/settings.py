"""Everything an operator can set, read from the environment or a `.env` file; each is described in `.env.example`."""

from datetime import time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from oncall.errors import SettingError


class SpeechFormat(StrEnum):
    """How the speech endpoint gives its sound."""

    PCM = "pcm"  # 24 kHz, 16 bit: OpenAI's own
    MULAW = "mulaw"  # 8 kHz telephone sound, from servers that have it


class Voicemail(StrEnum):
    """What an answering machine is told."""

    NOTHING = "nothing"
    NAME = "name"  # the city's name and number, and that we call again


def times_in(text: str) -> list[time]:
    """The times of day in "09:00,18:00", the earliest first. Raises ValueError."""
    return sorted(time.fromisoformat(part.strip()) for part in text.split(",") if part.strip())


class Settings(BaseSettings):
    """One process's settings; names and meanings are fixed by the contract with those who script against us."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    data: Path = Field(default=Path("./data"), validation_alias="ONCALL_DATA")
    database_url: str | None = Field(default=None, validation_alias="ONCALL_DATABASE_URL")
    public_url: str = Field(default="http://127.0.0.1:8000", validation_alias="ONCALL_PUBLIC_URL")
    secret_file: Path | None = Field(default=None, validation_alias="ONCALL_SECRET_FILE")
    timezone: str = Field(default="Asia/Seoul", validation_alias="ONCALL_TIMEZONE")
    city: str = Field(default="부천시", validation_alias="ONCALL_CITY")
    city_en: str = Field(default="Bucheon", validation_alias="ONCALL_CITY_EN")
    city_phone: str = Field(default="032-320-3000", validation_alias="ONCALL_CITY_PHONE")
    prompts: Path = Field(default=Path(__file__).parent.parent / "prompts", validation_alias="ONCALL_PROMPTS")

    twilio_url: str | None = Field(default=None, validation_alias="ONCALL_TWILIO_URL")
    twilio_account_sid: str = Field(default="", validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    voicemail: Voicemail = Field(default=Voicemail.NOTHING, validation_alias="ONCALL_VOICEMAIL")
    caller_id: str = Field(default="", validation_alias="ONCALL_CALLER_ID")
    lines: int = Field(default=20, ge=1, validation_alias="ONCALL_LINES")
    sms_from: str = Field(default="", validation_alias="ONCALL_SMS_FROM")
    duty_last_resort: str = Field(default="", validation_alias="ONCALL_DUTY_LAST_RESORT")
    require_duty: bool = Field(default=True, validation_alias="ONCALL_REQUIRE_DUTY")
    cps: float = Field(default=1.0, gt=0, validation_alias="ONCALL_CPS")

    openai_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    realtime_model: str = Field(default="gpt-realtime-2.1-mini", validation_alias="ONCALL_REALTIME_MODEL")
    live_transcribe_model: str = Field(default="gpt-transcribe", validation_alias="ONCALL_LIVE_TRANSCRIBE_MODEL")
    transcribe_model: str = Field(default="gpt-transcribe", validation_alias="ONCALL_TRANSCRIBE_MODEL")
    assess_model: str = Field(default="gpt-6-luna", validation_alias="ONCALL_ASSESS_MODEL")
    speech_model: str = Field(default="gpt-4o-mini-tts", validation_alias="ONCALL_SPEECH_MODEL")
    speech_voice: str = Field(default="marin", validation_alias="ONCALL_SPEECH_VOICE")
    speech_format: SpeechFormat = Field(default=SpeechFormat.PCM, validation_alias="ONCALL_SPEECH_FORMAT")
    model_minutes_a_day: int = Field(default=0, ge=0, validation_alias="ONCALL_MODEL_MINUTES_A_DAY")

    recordings_url: str | None = Field(default=None, validation_alias="ONCALL_RECORDINGS_URL")
    least_free_mb: int = Field(default=500, ge=0, validation_alias="ONCALL_LEAST_FREE_MB")
    live_calls: int = Field(default=150, ge=0, validation_alias="ONCALL_LIVE_CALLS")
    report_at: str = Field(default="09:00,18:00", validation_alias="ONCALL_REPORT_AT")
    report_url: str | None = Field(default=None, validation_alias="ONCALL_REPORT_URL")
    watcher_url: str | None = Field(default=None, validation_alias="ONCALL_WATCHER_URL")
    drill: bool = Field(default=False, validation_alias="ONCALL_DRILL")
    worker_jobs: int = Field(default=8, ge=1, validation_alias="ONCALL_WORKER_JOBS")
    haste: float = Field(default=1.0, ge=1, le=20, validation_alias="ONCALL_HASTE")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"{value!r} is not a time zone name such as Asia/Seoul") from error
        return value

    @field_validator("public_url", "twilio_url", "openai_base_url", "report_url", "watcher_url")
    @classmethod
    def _whole_url(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("must be a whole address such as https://oncall.example.org")
        return value.rstrip("/")

    @field_validator("report_at")
    @classmethod
    def _times_of_day(cls, value: str) -> str:
        try:
            times_in(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is not a list of times such as 09:00,18:00") from error
        return value

    @model_validator(mode="after")
    def _no_haste_in_life(self) -> Self:
        if self.haste != 1 and not self.twilio_url:
            raise ValueError("ONCALL_HASTE is for a carrier whose clock runs as fast, never for Twilio")
        return self

    @property
    def report_times(self) -> list[time]:
        """When the reports are made, on the city's clock, the earliest first; none when the setting is empty."""
        return times_in(self.report_at)

    @property
    def key_file(self) -> Path:
        """Where the key that wraps every resident's data key is kept: outside the database (P-24)."""
        return self.secret_file or self.data / "secret.key"

    @property
    def media_url(self) -> str:
        """The public address with the scheme of a media socket: wss, or ws for a local stand-in."""
        return "ws" + self.public_url.removeprefix("http")


def sooner(wait: timedelta) -> timedelta:
    """How long something is really waited for that is waited for so long in life: less only where ONCALL_HASTE says so."""
    return wait / settings().haste


@lru_cache
def settings() -> Settings:
    """This process's settings, read once. Raises SettingError naming each setting that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingError(
            "; ".join(f"{e['loc'][0] if e['loc'] else 'settings'}: {e['msg']}" for e in error.errors())
        ) from error
