"""Prints how fast the phrase net hears: ordinary turns a second, the worst 200-letter turn, a hostile 100 kB turn."""

import time
from collections.abc import Callable

from oncall.listen import safety

ORDINARY = {
    "ko": [
        "네 잘 지내고 있어요", "밥은 먹었어요 아침에 국 끓여서", "무릎이 좀 쑤시지 늘 그렇지 뭐", "응 그래",
        "약은 잘 챙겨 먹고 있어요 걱정하지 마세요", "어제 경로당 가서 화투 치고 놀았어", "딸이 주말에 온다고 했어요",
        "잠은 그럭저럭 자요 새벽에 한 번 깨고", "보일러 잘 돌아가요 따뜻해", "고마워요 들어가세요",
    ],
    "en": [
        "I'm very well thank you", "I had porridge this morning and a cup of tea", "my knees ache a bit but you get used to it",
        "yes", "I take my tablets every morning, don't you worry", "my daughter rang last night", "I slept all right",
        "it's nice and warm in here", "I went to the lunch club yesterday", "thank you, bye bye",
    ],
}  # fmt: skip
WORST = {
    "ko": "넘어졌는데 못 일어나겠어 숨이 차서 말을 못 하겠고 가스 냄새도 나 살려 주세요 119 불러 줘요 죽고 싶어 ",
    "en": "I've fallen and I can't get up, my chest hurts, I can't breathe, I smell gas, help me, call 999, I want to die ",
}
HOSTILE = {"ko": "숨 가슴 약 피 불 죽 못 안 ", "en": "chest not fall can't pills die fire help "}


def _seconds(hears: Callable[[], object], times: int) -> float:
    """This thread's own time for one, over `times`."""
    began = time.thread_time()
    for _ in range(times):
        hears()
    return (time.thread_time() - began) / times


def main() -> None:
    """Five runs of each; the best and the worst, the machine's noise being what lies between."""
    began = time.perf_counter()
    safety.warm()
    print(f"rules read and compiled in {time.perf_counter() - began:.1f} s; processor time of one thread, 5 runs each")
    for language, turns in ORDINARY.items():
        rates = sorted(
            len(turns) / _seconds(lambda turns=turns, language=language: [safety.hear(t, language) for t in turns], 200)
            for _ in range(5)
        )
        worst = (WORST[language] * 4)[:200]
        dense = sorted(
            _seconds(lambda worst=worst, language=language: safety.hear(worst, language), 50) for _ in range(5)
        )
        hostile = (HOSTILE[language] * 9000)[:100_000]
        flood = sorted(
            _seconds(lambda turn=hostile, language=language: safety.hear(turn, language), 1) for _ in range(5)
        )
        print(f"{language}: ordinary turns {rates[-1]:,.0f} a second (worst run {rates[0]:,.0f})")
        print(f"    200 letters, all trouble: {1000 * dense[0]:.2f} ms (worst run {1000 * dense[-1]:.2f})")
        print(f"    100 kB, hostile: {1000 * flood[0]:.1f} ms (worst run {1000 * flood[-1]:.1f})")


if __name__ == "__main__":
    main()
