"""The dongs of the city, found as people write them; for an unknown one, the nearest names there are."""

import difflib
import unicodedata
from collections import defaultdict

from sqlmodel import Session, select

from oncall.enrol.reason import Refused
from oncall.models import Area, AreaKind


class Dongs:
    """Every dong with its district, read once for a whole roster."""

    def __init__(self, session: Session) -> None:
        areas = session.exec(select(Area)).all()
        self._by_id = {area.id: area for area in areas}
        self._by_name: dict[str, list[Area]] = defaultdict(list)
        for area in areas:
            if area.kind is AreaKind.DONG:
                for name in {_plain(area.name), _plain(area.name_en)} - {""}:
                    self._by_name[name].append(area)

    def find(self, dong: str, district: str = "") -> Area:
        """The dong of that name (Korean or English), in `district` when one is named. Raises Refused."""
        found = self._by_name.get(_plain(dong), [])
        if not found:
            nearest = self._nearest(dong)
            code = "unknown_dong_near" if nearest else "unknown_dong"
            raise Refused(code, "dong", value=dong[:40], nearest=", ".join(nearest))
        if district:
            there = [area for area in found if _plain(district) in self._district_names(area)]
            if not there:
                names = ", ".join(self.district_of(area).name for area in found)
                raise Refused("wrong_district", "dong", value=dong[:40], district=names)
            found = there
        if len(found) > 1:
            raise Refused("dong_twice", "dong", value=dong[:40])
        return found[0]

    def by_id(self, area_id: int) -> Area | None:
        """The area of that id, if there is one."""
        return self._by_id.get(area_id)

    def district_of(self, area: Area) -> Area:
        """The area a dong lies in."""
        return self._by_id.get(area.parent_id, area)

    def _district_names(self, area: Area) -> set[str]:
        district = self.district_of(area)
        return {_plain(district.name), _plain(district.name_en)} - {""}

    def _nearest(self, dong: str) -> list[str]:
        # Compared letter by letter (ㅈㅜㅇ), so that one wrong vowel is a small difference.
        names = {unicodedata.normalize("NFD", name): areas[0].name for name, areas in self._by_name.items()}
        near = difflib.get_close_matches(unicodedata.normalize("NFD", _plain(dong)), names, n=3, cutoff=0.6)
        return list(dict.fromkeys(names[name] for name in near))


def _plain(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFC", name).casefold() if c.isalnum())
