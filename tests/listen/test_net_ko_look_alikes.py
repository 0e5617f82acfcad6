"""Korean look-alikes and their twins: what the rules must let pass, beside the same words when they are meant.

The rules alone, without the trained model: each pair stands for a kind of false alarm and for the danger that silencing
it could have silenced.
"""

import pytest

from oncall.listen.ear import Ear
from oncall.models.risk import Level


@pytest.mark.parametrize(("harmless", "meant"), [
    ("살려 줘 하는 건 연속극 소리예요", "살려 주세요 여기예요"),
    ("누가 잡아 죽이는 꿈에 불이 났어, 재물 꿈이래", "자다 깼더니 불이 났어"),
    ("하도 달게 자서 낮잠 자다 못 일어났어 푹 잤네", "낮잠 자고 나서 못 일어나겠어 몸이 말을 안 들어"),
    ("코인이 바닥에 누워서 못 일어난대", "화장실 바닥에 누워서 못 일어난대요 할머니가"),
    ("쥐가 나서 못 일어났는데 주무르니 풀렸어", "다리에 힘이 빠져서 못 일어나겠어"),
    ("들깨가 비에 다 쓰러졌어", "아버지가 밭에서 쓰러졌어"),
    ("이틀 치 항생제 다 먹고 이제 안 먹어", "이틀을 아무것도 못 먹었어"),
    ("며칠 입맛이 없어 밥을 반 공기만 먹어", "며칠째 물만 먹고 있어"),
    ("쌀 떨어졌다니까 며느리가 바로 주문했더라고", "쌀이 떨어졌는데 시켜 먹을 돈도 없어"),
    ("비트를 갈아 먹었더니 오줌이 빨개", "아침에 보니 오줌이 빨개"),
    ("가슴 근육이 뻐근해 탁구를 쳤더니", "가슴이 뻐근하고 식은땀이 나"),
    ("숨이 막히게 더웠는데 이젠 시원하네", "더워서 숨이 막혀 못 쉬겠어"),
    ("우리 강아지가 깨워도 안 일어나 늙어서 그래", "강아지가 짖어 대는데도 영감이 깨워도 안 일어나"),
    ("엄마가 밤에 두 번 깨워도 견딜 만해요", "엄마가 깨워도 반응이 없어요"),
    ("파리를 죽이려고 해도 자꾸 도망가", "아들이 칼을 쥐고 죽이려고 해"),
    ("문을 쾅쾅 두드려서 나가 봤더니 택배야", "누가 문을 쾅쾅 두드리면서 죽인다고 해"),
    ("고깃집에서 번개탄 피우는 냄새가 좋아", "방에 번개탄 피웠어"),
    ("손녀 시집가는 거 보고 죽을 거야", "영감 사진 보고 죽을 거야 오늘"),
    ("결혼식 간다고 넥타이를 맸어", "넥타이로 목을 맸어"),
    ("가스 냄새 나면 창문부터 열라고 배웠어", "가스 냄새가 나서 머리가 아파"),
    ("인슐린 다 떨어져서 아침에 새 거 타 왔어", "인슐린이 다 떨어져서 못 맞았어"),
    ("피가 거꾸로 솟지 그 뉴스를 보면", "코에서 피가 솟아 안 멈춰"),
    ("김치 버무리느라 손이 고춧가루로 피투성이 같아", "김장하다 베여서 손이 피투성이야"),
    ("신발이 벗겨져서 난간을 붙잡았지", "신발 벗고 난간에 서 있어"),
    ("경찰이 데려가서 벌써 구속됐대요", "경찰이 구속한다고 통장 번호를 불러 달래"),
])  # fmt: skip
def test_a_look_alike_is_let_pass_and_what_is_meant_is_heard(harmless: str, meant: str) -> None:
    assert Ear("ko", guesses=False).hear(harmless).level.rank < Level.URGENT.rank
    assert Ear("ko", guesses=False).hear(meant).level.rank >= Level.URGENT.rank
