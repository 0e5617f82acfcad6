"""The nouns: what OnCall knows, one table or two that live together per file."""

from oncall.models.alarm import Alarm
from oncall.models.area import Area, AreaKind
from oncall.models.assessment import Assessment, Evidence, Signal
from oncall.models.campaign import Campaign, CampaignState, Enrolment, Purpose
from oncall.models.case import Case, CaseEntry, CaseKind, CloseReason, EntryKind
from oncall.models.check_in import Attempt, AttemptState, CheckIn, CheckInState, Outcome
from oncall.models.consent import Consent, ConsentScope
from oncall.models.event import Event, Verb
from oncall.models.recording import Recording, RecordingState
from oncall.models.resident import Household, Language, Resident, Standing
from oncall.models.risk import AnsweredBy, Level, SignalCode, Subject, Tense
from oncall.models.staff import Role, Staff, StaffSession
from oncall.models.turn import Speaker, Turn, TurnSource

__all__ = [
    "Alarm", "AnsweredBy", "Area", "AreaKind", "Assessment", "Attempt", "AttemptState", "Campaign", "CampaignState",
    "Case", "CaseEntry", "CaseKind", "CheckIn", "CheckInState", "CloseReason", "Consent", "ConsentScope", "Enrolment",
    "EntryKind", "Event", "Evidence", "Household", "Language", "Level", "Outcome", "Purpose", "Recording",
    "RecordingState", "Resident", "Role", "Signal", "SignalCode", "Speaker", "Staff", "StaffSession", "Standing",
    "Subject", "Tense", "Turn", "TurnSource", "Verb",
]  # fmt: skip
