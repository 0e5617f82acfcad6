"""Words for what the database stores: one English label a member, its Korean in the catalog; never the code itself."""

from enum import StrEnum

from oncall.models import (
    AlarmState,
    AnsweredBy,
    AttemptState,
    CampaignState,
    CaseKind,
    Channel,
    CheckInState,
    CloseReason,
    ConsentScope,
    EntryKind,
    FactState,
    HoldReason,
    Language,
    Level,
    MemoryKind,
    Outcome,
    PageState,
    Purpose,
    RequestState,
    Role,
    SignalCode,
    Speaker,
    Standing,
    Subject,
    Tense,
)  # fmt: skip
from oncall.models.circumstance import circumstances_in
from oncall.models.fact import facts_in
from oncall.settings import settings
from oncall.web.i18n import N_, sentence

LABELS: dict[type[StrEnum], dict[str, str]] = {
    Level: {
        Level.NONE: N_("Fine"), Level.WATCH: N_("Watch"), Level.CONCERN: N_("Concern"), Level.URGENT: N_("Urgent"),
        Level.EMERGENCY: N_("Emergency"),
    },
    SignalCode: {
        SignalCode.HEALTH_ACUTE: N_("Sudden illness"), SignalCode.FALL: N_("Fall"),
        SignalCode.PAIN_CHRONIC: N_("Lasting pain"), SignalCode.BREATHING: N_("Trouble breathing"),
        SignalCode.STROKE_SIGNS: N_("Signs of stroke"), SignalCode.CHEST_PAIN: N_("Chest pain"),
        SignalCode.MEDICATION: N_("Medication"), SignalCode.NUTRITION: N_("Not eating"), SignalCode.SLEEP: N_("Sleep"),
        SignalCode.COGNITION: N_("Memory and confusion"), SignalCode.MOOD_LOW: N_("Low mood"),
        SignalCode.SUICIDAL_IDEATION: N_("Thoughts of suicide"), SignalCode.ISOLATION: N_("Loneliness"),
        SignalCode.ABUSE_NEGLECT: N_("Abuse or neglect"), SignalCode.SELF_NEGLECT: N_("Self-neglect"),
        SignalCode.FINANCES: N_("Money trouble"), SignalCode.UTILITIES_ARREARS: N_("Unpaid bills"),
        SignalCode.HOUSING: N_("Home in bad state"), SignalCode.HEAT_COLD: N_("Heat or cold"),
        SignalCode.SAFETY_THREAT: N_("Danger at home"), SignalCode.SCAM: N_("Fraud"),
        SignalCode.SUBSTANCE: N_("Alcohol or drugs"), SignalCode.BEREAVEMENT: N_("Grief"),
        SignalCode.CAREGIVER_STRAIN: N_("Worn-out carer"), SignalCode.SERVICE_REQUEST: N_("Asks for a service"),
    },
    HoldReason: {
        HoldReason.RESTORED: N_("Restored from a copy"), HoldReason.NO_DUTY: N_("Nobody on duty"),
        HoldReason.DISK: N_("Disk nearly full"), HoldReason.CARRIER: N_("Not called: carrier"),
        HoldReason.NO_WEB: N_("No web process answers"), HoldReason.BY_HAND: N_("Stopped by a person"),
    },
    Subject: {
        Subject.RESIDENT: N_("the resident"), Subject.HOUSEHOLD: N_("someone in the household"),
        Subject.THIRD_PARTY: N_("someone else"),
    },
    Tense: {Tense.NOW: N_("now"), Tense.RECENT: N_("recently"), Tense.PAST: N_("in the past")},
    CaseKind: {
        CaseKind.FLAGGED: N_("Worrying words"), CaseKind.UNREACHED: N_("Not reached"),
        CaseKind.NOT_UNDERSTOOD: N_("Call not understood"), CaseKind.ASKED: N_("Asked for something"),
        CaseKind.HELD: N_("Needs a call by a person"),
    },
    CloseReason: {
        CloseReason.REACHED_WELL: N_("Reached, and well"), CloseReason.HELPED: N_("Helped"),
        CloseReason.REFERRED: N_("Referred to another service"),
        CloseReason.EMERGENCY_SERVICES: N_("Emergency services took over"),
        CloseReason.NOT_NEEDED: N_("Looked at, nothing to it"), CloseReason.DECEASED: N_("Has died"),
        CloseReason.MOVED: N_("Has moved away"),
    },
    EntryKind: {
        EntryKind.FLAG: N_("Worrying words in a call"), EntryKind.ALARM: N_("Alarm during a call"),
        EntryKind.UNREACHED: N_("Not reached"), EntryKind.NOT_UNDERSTOOD: N_("Call not understood"),
        EntryKind.ASKED: N_("Asked for something"), EntryKind.HELD: N_("Not called by the machine"),
        EntryKind.TAKEN: N_("Taken"), EntryKind.RELEASED: N_("Given back"), EntryKind.NOTE: N_("Note"),
        EntryKind.CLOSED: N_("Closed"), EntryKind.REOPENED: N_("Reopened"),
    },
    CheckInState: {
        CheckInState.DUE: N_("Waiting"), CheckInState.DIALLING: N_("Being called"),
        CheckInState.SPEAKING: N_("Speaking"), CheckInState.HEARD: N_("Being listened to"),
        CheckInState.ASSESSED: N_("Understood"), CheckInState.UNREACHED: N_("Not reached"),
        CheckInState.NOT_ACCOUNTED: N_("Not accounted for"), CheckInState.HELD: N_("Held for a person"),
        CheckInState.CANCELLED: N_("Cancelled"),
    },
    AttemptState: {
        AttemptState.INTENDED: N_("About to be called"), AttemptState.UNCERTAIN: N_("Unclear whether it was placed"),
        AttemptState.PLACED: N_("Being connected"), AttemptState.RINGING: N_("Ringing"),
        AttemptState.ANSWERED: N_("Speaking"), AttemptState.ENDED: N_("Ended"),
    },
    Outcome: {
        Outcome.SPOKEN: N_("Spoke"), Outcome.NO_ANSWER: N_("No answer"), Outcome.BUSY: N_("Busy"),
        Outcome.FAILED: N_("Number could not be reached"), Outcome.MACHINE: N_("Answering machine"),
        Outcome.HUNG_UP: N_("Hung up at once"), Outcome.BROKEN: N_("Broke off on our side"),
        Outcome.CANCELLED: N_("Cancelled"), Outcome.NOT_PLACED: N_("Not placed"),
        Outcome.UNKNOWN: N_("Unknown to the carrier table"),
    },
    AnsweredBy: {
        AnsweredBy.RESIDENT: N_("The resident"), AnsweredBy.OTHER: N_("Another person"),
        AnsweredBy.MACHINE: N_("A machine"), AnsweredBy.UNKNOWN: N_("Unknown"),
    },
    Speaker: {Speaker.AGENT: N_("AI"), Speaker.RESIDENT: N_("Resident")},
    Standing: {
        Standing.ACTIVE: N_("Active"), Standing.PAUSED: N_("Paused"), Standing.WITHDRAWN: N_("Asked not to be called"),
        Standing.WRONG_NUMBER: N_("Wrong number"), Standing.DECEASED: N_("Deceased"), Standing.MOVED: N_("Moved"),
    },
    CampaignState: {
        CampaignState.RUNNING: N_("Running"), CampaignState.PAUSED: N_("Paused"), CampaignState.ENDED: N_("Ended"),
    },
    Purpose: {
        Purpose.CHECK_IN: N_("Regular check-in"), Purpose.FIRST_CONTACT: N_("First contact"),
        Purpose.HEAT: N_("Heat wave"), Purpose.COLD: N_("Cold wave"), Purpose.RECHECK: N_("Re-check"),
        Purpose.DELIVERY: N_("Delivery"),
    },
    ConsentScope: {
        ConsentScope.SERVICE: N_("Check-in calls"), ConsentScope.RECORDING: N_("Recording"),
        ConsentScope.OVERSEAS: N_("Processing abroad"), ConsentScope.MEMORY: N_("Notes kept between calls"),
    },
    AlarmState: {
        AlarmState.RAISED: N_("Nobody has it yet"), AlarmState.ACKNOWLEDGED: N_("A person has it"),
        AlarmState.JOINED: N_("A person is speaking with them"), AlarmState.CLOSED: N_("Closed"),
    },
    Channel: {Channel.SCREEN: N_("Screen"), Channel.CALL: N_("Call to their telephone"), Channel.SMS: N_("Text message")},
    PageState: {
        PageState.WANTED: N_("about to be asked"), PageState.SENT: N_("asked"), PageState.FAILED: N_("not reached"),
        PageState.ANSWERED: N_("seen or picked up"), PageState.ACKNOWLEDGED: N_("has it"),
        PageState.JOINED: N_("speaks with them"),
    },
    RequestState: {
        RequestState.OPEN: N_("Nothing done yet"), RequestState.ARRANGED: N_("Arranged"),
        RequestState.ARRIVED: N_("Has come"), RequestState.MISSING: N_("Has not come"),
        RequestState.DECLINED: N_("Cannot be done"),
    },
    MemoryKind: {
        MemoryKind.NAME: N_("How they like to be called"), MemoryKind.INTEREST: N_("What they like to speak of"),
        MemoryKind.COMPLAINT: N_("Long known, never mentioned first"),
    },
    FactState: {
        FactState.ANSWERED: N_("Answered"), FactState.UNCLEAR: N_("Unclear"), FactState.NOT_ASKED: N_("Not asked"),
    },
    Language: {Language.KO: N_("Korean"), Language.EN: N_("English")},
    Role: {
        Role.CASEWORKER: N_("Caseworker"), Role.SUPERVISOR: N_("Supervisor"), Role.SCHEDULER: N_("Scheduler"),
        Role.ADMIN: N_("Administrator"),
    },
}  # fmt: skip

# Short reason codes of check-ins and case entries; an unknown code is shown as it is, rather than hidden.
REASONS: dict[str, str] = {
    "no_answer": N_("No answer"), "busy": N_("Busy"), "failed": N_("Number could not be reached"),
    "machine": N_("Answering machine"), "hung_up": N_("Hung up at once"), "broken": N_("Broke off on our side"),
    "other": N_("Somebody else answered"), "nobody_spoke": N_("Nobody spoke"), "unknown": N_("Not known who answered"),
    "model_down": N_("The AI could not be reached"), "no_recording": N_("There is no recording"),
    "for_review": N_("A person must read this call"), "wants_human": N_("Wants to speak with a person"),
    "opt_out": N_("Asked not to be called again"), "later": N_("Asked to be called later"),
    "requests": N_("Asked for something"), "no_overseas_consent": N_("No consent to processing abroad"),
    "by_keypad": N_("By keypad"), "rang_us": N_("Rang us and asked for a person"), "silence": N_("Nobody spoke"),
    "no_service_consent": N_("No consent to being called"), "deceased": N_("Has died"), "moved": N_("Has moved away"),
    "wrong_number": N_("Wrong number"), "withdrawn": N_("Asked not to be called"),
    "paused": N_("Paused"), "never_due": N_("The windows and the cadence never meet"),
    "unreadable": N_("Their record cannot be read"), "no_window": N_("The windows and the cadence never meet"), "campaign_ended": N_("The campaign has ended."),
    "no-answer": N_("No answer"), "no_number": N_("no number"), "no_key": N_("No key was pressed"),
    "passed": N_("Passed it on"), "taken": N_("A colleague was faster"), "left": N_("Left the call"),
    "found_on_review": N_("Found by a person who read the call"), "not_needed": N_("No longer needed"), "canceled": N_("Cancelled"), "undelivered": N_("Not delivered"),
    "promise_missing": N_("What was promised has not come"), "unreached": N_("Not reached"),
    "held": N_("Held for a person"), "season": N_("Not in this season"), "emergency": N_("There was an emergency"),
    "done": N_("The call was over"), "goodbye": N_("The call was over"), "too_long": N_("The call became too long"),
    "person": N_("Wants to speak with a person"), "stop_calling": N_("Asked not to be called again"),
    "asked_for_person": N_("Wants to speak with a person"), "wrong_person": N_("Wrong number"),
    "scam_worry": N_("Feared a fraud"), "yes_to_all": N_("Yes to everything"), "refused": N_("Did not want to answer"),
    "one_word": N_("One word only"), "unclear": N_("No usable answer"), "not_heard": N_("Could not be heard"),
    "key_1": N_("Pressed 1: all well"), "key_2": N_("Pressed 2: not well"), "other_key": N_("Pressed another key"),
    "spoken": N_("Answered in words"), "no_longer_written": N_("The question is no longer asked"),
    "unwilling": N_("Did not want to go on"), "child": N_("A child answered"), "not_accounted": N_("Not accounted for"),
    "not_confirmed": N_("Not known who answered"), "hold": N_("There was an emergency"),
    "not_assessed": N_("The call could not be judged: please listen to it"),
    "no_question_answered": N_("No question was answered"),
    "nothing_said": N_("Nobody spoke"), "other_person": N_("Somebody else answered"),
    "unknown_person": N_("Not known who answered"), "malformed": N_("Broke off on our side"),
    "consent": N_("The consent changed"), "new_number": N_("A new number was entered"),
    "no_case": N_("Ended without a case"), "no_news": N_("A call without news"), "not_called": N_("Not called in time"),
    "not_called_restored": N_("Not called: restored from a copy"), "not_called_no_duty": N_("Not called: nobody on duty"),
    "not_called_disk": N_("Not called: disk full"), "not_called_carrier": N_("Not called: carrier"),
    "not_called_no_web": N_("Not called: no web process answered"),
    "not_called_by_hand": N_("Not called: stopped by a person"), "not_laid_out": N_("Never laid out"),
    "never_clear": N_("Unclear whether it was placed"), "erased": N_("Erased"),
    "restored": N_("Called before the copy was restored"), "net_silent": N_("The phrase net did not hear the words"),
    "not_spooled": N_("The disk did not take it"), "not_written": N_("The database did not take it"),
    "not_paged": N_("Their telephone could not be rung"), "not_acknowledged": N_("Nobody said that they have it"),
}  # fmt: skip


def label(language: str, member: StrEnum | str) -> str:
    """The reader's word for an enum member, or for a reason code; fact names and other words come back as they are."""
    words = LABELS[type(member)][member] if type(member) in LABELS and isinstance(member, StrEnum) else None
    return sentence(language, words or REASONS.get(str(member), str(member)))


def why(language: str, reason: str) -> str:
    """The reader's words for why a fact ended as it did; what was known of a person is named by its circumstance."""
    kind, _, of = reason.partition(":")
    if kind == "known":
        found = circumstances_in(settings().prompts).get(of)
        return sentence(language, N_("Known")) + ": " + (found.label.get(language, of) if found else of)
    if kind == "no_answer" and of:
        return sentence(language, N_("Asked, no answer")) + ": " + label(language, of)
    return label(language, reason) if reason else ""


def fact(language: str, name: str) -> str:
    """The reader's word for a fact a campaign asks for, from the reviewed `facts.toml`; the name itself where it is not."""
    known = facts_in(settings().prompts).get(name)
    return known.label.get(language, name) if known else name
