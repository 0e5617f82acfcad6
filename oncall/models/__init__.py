"""The nouns: what OnCall knows, one table or two that live together per file."""

from oncall.models.accounting import Accounting, Unaccounted
from oncall.models.alarm import Alarm, AlarmState
from oncall.models.area import Area, AreaKind
from oncall.models.assessment import Assessment, Evidence, Signal
from oncall.models.campaign import Campaign, CampaignState, Enrolment, Purpose
from oncall.models.carrier_health import CarrierHealth
from oncall.models.case import Case, CaseEntry, CaseKind, CloseReason, EntryKind
from oncall.models.check_in import Attempt, AttemptKind, AttemptState, CheckIn, CheckInState, Outcome, Path
from oncall.models.consent import Consent, ConsentScope
from oncall.models.drill import Drill
from oncall.models.duty import Duty
from oncall.models.evaluation import Evaluation
from oncall.models.event import Event, Verb
from oncall.models.fact_note import FactNote, FactState, Keyed
from oncall.models.heartbeat import Heartbeat, NodeKind
from oncall.models.help_request import HelpRequest, RequestState
from oncall.models.hold import Hold, HoldReason
from oncall.models.manner import Manner
from oncall.models.memory import Memory, MemoryKind
from oncall.models.page import Channel, Page, PageState
from oncall.models.recording import Recording, RecordingState
from oncall.models.resident import Household, Language, Resident, Standing
from oncall.models.retention import LegalHold, RetentionRun
from oncall.models.review import Review
from oncall.models.risk import AnsweredBy, Level, SignalCode, Speaks, Subject, Tense
from oncall.models.staff import Role, Staff, StaffSession
from oncall.models.turn import Speaker, Turn, TurnSource

__all__ = [
    "Accounting", "Alarm", "AlarmState", "AnsweredBy", "Area", "AreaKind", "Assessment", "Attempt", "AttemptKind",
    "AttemptState", "Campaign", "CampaignState", "CarrierHealth", "Case", "CaseEntry", "CaseKind", "Channel",
    "CheckIn", "CheckInState", "CloseReason", "Consent", "ConsentScope", "Drill", "Duty", "Enrolment", "EntryKind",
    "Evaluation", "Event", "Evidence", "FactNote", "FactState", "Heartbeat", "HelpRequest", "Hold", "HoldReason",
    "Household", "Keyed", "Language", "LegalHold", "Level", "Manner", "Memory", "MemoryKind", "NodeKind", "Outcome",
    "Page", "PageState", "Path", "Purpose", "Recording", "RecordingState", "RequestState", "Resident", "RetentionRun",
    "Review", "Role", "Signal", "SignalCode", "Speaker", "Speaks", "Staff", "StaffSession", "Standing", "Subject", "Tense",
    "Turn", "TurnSource", "Unaccounted", "Verb",
]  # fmt: skip
