"""The sentences the stand-in model says of its own accord, in Korean and English."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.sandbox.model.briefing import Question
from oncall.sandbox.model.wishes import Wish


@dataclass(frozen=True, slots=True)
class Lines:
    """Everything it can say that no instructions gave it; lists are gone through in turn."""

    greeting: str
    to_begin: str
    acknowledgements: tuple[str, ...]
    sorry_to_hear: tuple[str, ...]
    not_understood: tuple[str, ...]
    are_you_there: tuple[str, ...]
    holding: tuple[str, ...]
    wishes: dict[Wish, str]
    i_am_a_machine: str
    mention: str
    """Of something noted of the person, before the next question."""
    passed_on: str
    """After a request for help."""
    how_are_they: str
    closing: str
    after_closing: str
    questions: tuple[Question, ...]


KOREAN = Lines(
    greeting="안녕하세요, 안부 전화 드렸습니다.",
    to_begin="네, 고맙습니다. 몇 가지만 여쭐게요.",
    acknowledgements=(
        "네, 그러시군요.",
        "네, 잘 알겠습니다.",
        "말씀해 주셔서 감사합니다.",
        "아, 그러셨어요.",
        "네, 말씀 잘 들었어요.",
        "그렇게 지내시는군요.",
        "네, 적어 두었어요.",
        "아, 그렇군요.",
        "이야기 고맙습니다.",
        "네, 그러시구나.",
    ),
    sorry_to_hear=("아이고, 그러셨군요. 많이 힘드셨겠어요.", "저런, 걱정이 되네요. 말씀해 주셔서 고맙습니다."),
    not_understood=("죄송해요, 제가 잘 못 알아들었어요.", "소리가 조금 멀어서요."),
    are_you_there=("여보세요? 제 목소리 들리세요?", "듣고 계세요? 천천히 말씀하셔도 괜찮습니다."),
    holding=(
        "많이 놀라셨지요. 지금 바로 담당자에게 알리고 있습니다. 끊지 마시고 저와 함께 계셔 주세요.",
        "네, 제가 옆에 있겠습니다. 담당자가 지금 이 이야기를 듣고 있어요. 무리하지 마세요.",
        "잘 하고 계십니다. 조금만 더 기다려 주세요.",
    ),
    wishes={
        Wish.OPT_OUT: "네, 알겠습니다. 앞으로 전화드리지 않도록 전하겠습니다.",
        Wish.WRONG_PERSON: "아, 그러시군요. 실례했습니다.",
        Wish.DECEASED: "아, 그러셨군요. 삼가 위로의 말씀을 드립니다. 다시 전화드리지 않겠습니다.",
        Wish.WANTS_PERSON: "네, 담당자가 직접 전화드리도록 꼭 전하겠습니다.",
        Wish.LATER: "네, 바쁘신데 죄송합니다. 나중에 다시 전화드리겠습니다.",
        Wish.SCAM_WORRY: "조심하시는 게 맞습니다. 돈이나 계좌, 비밀번호는 절대 여쭙지 않습니다.",
        Wish.NO_RECORDING: "네, 녹음을 원하지 않으신다고 담당자에게 전하겠습니다.",
        Wish.FORGET: "네, 그 말씀은 적어 두지 않겠습니다.",
        Wish.ABOUT_ME: "네, 저희가 적어 둔 것은 담당자가 자세히 말씀드리겠습니다.",
        Wish.SLOWER: "네, 천천히 말씀드릴게요.",
        Wish.LOUDER: "네, 더 크게 말씀드릴게요.",
        Wish.SAY_AGAIN: "네, 다시 말씀드릴게요.",
    },
    i_am_a_machine="저는 사람이 아니고, 안부를 여쭙는 인공지능, AI입니다.",
    mention="지난번에 {} 하는 말씀 들었어요.",
    passed_on="네, 부탁하신 말씀은 담당자에게 꼭 전하겠습니다.",
    how_are_they="아, 그러시군요. 어르신은 지금 댁에 계세요? 별일 없이 괜찮으신가요?",
    closing="오늘 말씀 나눠 주셔서 감사합니다. 건강하게 지내세요. 안녕히 계세요.",
    after_closing="네, 안녕히 계세요.",
    questions=(
        Question("health_change", "요즘 몸은 좀 어떠세요?"),
        Question("meals", "식사는 잘 챙겨 드시고 계세요?"),
        Question("contact", "요즘 누가 찾아오거나 연락하는 분이 계세요?"),
    ),
)

ENGLISH = Lines(
    greeting="Hello, this is a call to see how you are.",
    to_begin="Thank you. I have just a few questions.",
    acknowledgements=(
        "I see.",
        "All right, thank you.",
        "Thank you for telling me.",
        "Okay, good to know.",
        "Right, thank you for that.",
        "Thank you, I have that.",
        "I hear you.",
        "That is clear, thank you.",
        "I understand.",
        "Good, I have noted it.",
    ),
    sorry_to_hear=("Oh, I am sorry to hear that. It must be hard.", "That sounds worrying. Thank you for telling me."),
    not_understood=("I am sorry, I did not quite understand that.", "I am sorry, you sound a little far away."),
    are_you_there=("Hello? Can you hear me?", "Are you still there? Please take your time."),
    holding=(
        "I understand, this is serious. I am telling someone right now. Please stay on the line with me.",
        "I am here with you. A person is being told right now. Please do not strain yourself.",
        "You are doing well. Just a little longer.",
    ),
    wishes={
        Wish.OPT_OUT: "I understand. I will pass on that you do not want these calls.",
        Wish.WRONG_PERSON: "Oh, I see. I am sorry to have troubled you.",
        Wish.DECEASED: "I am so sorry for your loss. We will not call again.",
        Wish.WANTS_PERSON: "Of course. I will make sure that a person calls you.",
        Wish.LATER: "Of course, sorry to disturb you. We will call again later.",
        Wish.SCAM_WORRY: "You are right to be careful. I will never ask for money, accounts or passwords.",
        Wish.NO_RECORDING: "Understood. I will pass on that you do not want to be recorded.",
        Wish.FORGET: "Of course. That will not be kept.",
        Wish.ABOUT_ME: "Of course. A person will tell you what we have written down.",
        Wish.SLOWER: "Of course, I will speak more slowly.",
        Wish.LOUDER: "Of course, I will speak up.",
        Wish.SAY_AGAIN: "Of course, I will say it again.",
    },
    i_am_a_machine="I am not a person. I am an AI, a computer that calls to ask how you are.",
    mention="Last time I heard of this: {}.",
    passed_on="I will pass that on to the people here.",
    how_are_they="I see. Is the person who lives there at home, and are they all right?",
    closing="Thank you for talking with me today. Please take good care of yourself. Goodbye.",
    after_closing="Goodbye.",
    questions=(
        Question("health_change", "How have you been feeling lately?"),
        Question("meals", "Have you been eating well?"),
        Question("contact", "Is there anyone who visits or calls you these days?"),
    ),
)


def lines_in(language: str) -> Lines:
    """The lines of `language`; English for any other than ko."""
    return KOREAN if language == "ko" else ENGLISH
