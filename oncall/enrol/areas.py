"""The city's areas laid from a file: its districts and dongs with their English names, or as a roster names them."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import Session, select

from oncall.enrol.cell import plain
from oncall.enrol.column import Column, find_columns
from oncall.enrol.sheet import read_sheet
from oncall.errors import BadInput
from oncall.models import Area, AreaKind
from oncall.settings import settings


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=60)
    name_en: str = ""


class District(_Named):
    """A district with its dongs."""

    dongs: list[_Named] = Field(min_length=1)


class City(_Named):
    """The whole city."""

    districts: list[District] = Field(min_length=1)


def load(session: Session, file: Path) -> int:
    """Lay the areas of a file; a roster names no city, so the city is the one in the settings. Returns how many are new."""
    config = settings()
    return lay_areas(session, read_areas(file, config.city, config.city_en))


def read_areas(file: Path, city: str, city_en: str) -> City:
    """The areas of a TOML file, or those a roster (CSV, XLSX) names, under the given city. Raises BadInput."""
    if file.suffix.lower() == ".toml":
        try:
            return City.model_validate(tomllib.loads(file.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{file.name} is not TOML: {error}") from error
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise BadInput(f"{file.name}: {said}") from error
    sheet = read_sheet(file.read_bytes())
    places, _ = find_columns(sheet.header)
    if Column.DISTRICT not in places:
        raise BadInput(f"{file.name} has no district (구) column, so its dongs cannot be put into districts.")
    named: dict[str, dict[str, None]] = {}
    for _, cells in sheet.rows:
        district, dong = (
            plain(cells[places[column]]) if places[column] < len(cells) else ""
            for column in (Column.DISTRICT, Column.DONG)
        )
        if district and dong:
            named.setdefault(district, {})[dong] = None
    districts = [District(name=name, dongs=[_Named(name=dong) for dong in dongs]) for name, dongs in named.items()]
    if not districts:
        raise BadInput(f"{file.name} names no district with a dong.")
    return City(name=city, name_en=city_en, districts=districts)


def lay_areas(session: Session, city: City) -> int:
    """Write the areas that are not there yet and correct English names. Returns how many were new."""
    before = len(session.exec(select(Area.id)).all())
    top = _lay(session, city, AreaKind.CITY, None)
    for district in city.districts:
        middle = _lay(session, district, AreaKind.DISTRICT, top)
        for dong in district.dongs:
            _lay(session, dong, AreaKind.DONG, middle)
    return len(session.exec(select(Area.id)).all()) - before


def _lay(session: Session, named: _Named, kind: AreaKind, above: Area | None) -> Area:
    above_id = above.id if above else None
    area = session.exec(select(Area).where(Area.name == named.name, Area.parent_id == above_id)).first()
    if area is None:
        area = Area(name=named.name, kind=kind, parent_id=above_id)
        session.add(area)
        session.flush()
        area.path = f"{above.path if above else ''}{area.id}."
    area.name_en = named.name_en or area.name_en
    session.flush()
    return area
