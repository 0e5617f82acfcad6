"""Why a row, a cell or a file was refused or wants a second look, in plain Korean and English."""

from dataclasses import dataclass, field

_SENTENCES: dict[str, tuple[str, str]] = {
    # the file
    "too_large": ("파일이 너무 큽니다. {limit}까지 받을 수 있습니다.", "The file is too large; the limit is {limit}."),
    "too_many_rows": (
        "행이나 열이 너무 많습니다. {limit}까지 받을 수 있습니다.",
        "There are too many rows or columns; the limit is {limit}.",
    ),
    "not_a_sheet": (
        "읽을 수 없는 파일입니다. CSV나 XLSX로 저장해 주세요.",
        "This file cannot be read; save it as CSV or XLSX.",
    ),
    "old_excel": (
        "옛 엑셀 형식이거나 암호가 걸린 파일입니다. 암호를 풀고 XLSX로 저장해 주세요.",
        "This is an old Excel file or one with a password; save it as XLSX without a password.",
    ),
    "unknown_encoding": (
        "글자를 읽을 수 없습니다. UTF-8이나 CP949로 저장해 주세요.",
        "The letters cannot be read; save the file as UTF-8 or CP949.",
    ),
    "no_rows": ("명단이 비어 있습니다.", "The roster is empty."),
    "missing_columns": (
        "첫 줄(열 이름)에 빠진 열이 있습니다: {columns}",
        "The header row lacks these columns: {columns}",
    ),
    "double_column": ("같은 열이 두 번 있습니다: {columns}", "This column is there twice: {columns}"),
    "rrn_column": (
        "주민등록번호 열은 받지 않습니다. 열을 지우고 다시 올려 주세요.",
        "Resident registration numbers are not accepted; remove that column and try again.",
    ),
    # a cell
    "missing": ("값이 없습니다.", "is empty."),
    "too_long": ("너무 깁니다({limit}자까지).", "is too long ({limit} characters at most)."),
    "unprintable": ("화면에 보이지 않는 글자가 들어 있습니다.", "holds characters that cannot be shown."),
    "formula": ("수식처럼 시작합니다(= + - @).", "starts like a formula (= + - @)."),
    "rrn": (
        "주민등록번호로 보이는 값이 들어 있습니다. 지워 주세요.",
        "holds what looks like a resident registration number; please remove it.",
    ),
    "bad_phone": ("전화번호로 읽을 수 없습니다.", "is not a telephone number."),
    "spoilt_phone": (
        "엑셀이 번호를 줄여 적어 알아볼 수 없습니다. 칸을 텍스트로 바꿔 다시 적어 주세요.",
        "was shortened by the spreadsheet; format the cell as text and type it again.",
    ),
    "foreign_phone": ("해외 번호로는 전화하지 않습니다.", "is a foreign number, which is never called."),
    "special_phone": (
        "유료·대표·특수번호(060, 080, 1588, 119 등)로는 전화하지 않습니다.",
        "is a premium, service or short number, which is never called.",
    ),
    "bad_language": ("ko(한국어)나 en(영어)으로 적어 주세요.", "must be ko or en."),
    "bad_year": ("1900년부터 올해 사이의 연도여야 합니다.", "must be a year from 1900 to this one."),
    "bad_time": ("10:30처럼 시:분으로 적어 주세요.", "must be a time such as 10:30."),
    "bad_date": ("2026-11-24처럼 날짜로 적어 주세요.", "must be a date such as 2026-11-24."),
    "future_date": ("앞날의 날짜입니다.", "lies in the future."),
    "bad_consent": ("Y/N, 예/아니오, O/X, 1/0 가운데 하나로 적어 주세요.", "must be Y/N, O/X or 1/0."),
    "unknown_dong": ("{value}: 우리 시에 없는 동입니다.", "{value} is no dong of this city."),
    "unknown_dong_near": (
        "{value}: 우리 시에 없는 동입니다. 혹시 {nearest} 아닌가요?",
        "{value} is no dong of this city. Did you mean {nearest}?",
    ),
    "dong_twice": (
        "{value}: 여러 구에 있습니다. 구를 함께 적어 주세요.",
        "{value} is in several districts; say which.",
    ),
    "wrong_district": ("{value}: {district}에 있는 동입니다.", "{value} is in {district}."),
    "outside_area": ("담당 구역 밖의 대상자입니다.", "is outside the area you answer for."),
    # a second look
    "short_010": (
        "010 번호는 11자리입니다. 한 자리가 빠진 것 같으니 확인해 주세요.",
        "010 numbers have 11 digits; one seems to be missing, please check.",
    ),
    "repeated": (
        "같은 관리번호가 {first}행에도 있어 그 내용을 고칩니다.",
        "corrects row {first}, which has the same number.",
    ),
    "same_person": (
        "이름과 전화번호가 {other}번과 같습니다. 같은 분인지 확인해 주세요.",
        "has the same name and number as {other}; please check whether it is one person.",
    ),
    "kept_no": (
        "나중에 동의를 거두셔서 명단의 동의로 바꾸지 않았습니다.",
        "was taken back later than this roster says yes; the no is kept.",
    ),
    "unknown_column": (
        "쓰지 않는 열이라 읽지 않았습니다: {columns}",
        "Columns that are not used were not read: {columns}",
    ),
}


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong or worth a look; `column` is the roster column it is about, if it is about one."""

    code: str
    column: str = ""
    about: dict[str, str] = field(default_factory=dict)

    def say(self, language: str) -> str:
        """The whole sentence in "ko" or "en", beginning with the column's name in that language."""
        # Imported here: the columns' names live with their checks, and those speak in reasons.
        from oncall.enrol.column import Column

        if not self.column:
            return self.alone(language)
        name = self.column if language == "en" else Column(self.column).korean
        return f"{name}: {self.alone(language)}"

    def alone(self, language: str) -> str:
        """The sentence without the column's name, for a form that shows it at the field."""
        said = _SENTENCES[self.code][language == "en"].format(**self.about)
        return said[0].upper() + said[1:]


class Refused(Exception):
    """What was handed in cannot be used; `reason` says why."""

    def __init__(self, code: str, column: str = "", **about: str) -> None:
        self.reason = Reason(code, column, about)
        super().__init__(self.reason.say("en"))
