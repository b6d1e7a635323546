"""Who reads a file: ``mapping.yaml`` where it names the file, else the first format that knows it. Of a workbook every
sheet is asked for; a cover or a page of notes does not hide the data behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.model import ReviewItem
from evaluator.sources import platform_reports, qianniu_web_book, sheets
from evaluator.sources.base import Format, RawTable
from evaluator.sources.files import Sample
from evaluator.sources.mapping import Mapping, Mappings
from evaluator.sources.registry import FORMATS

WHOLE_BOOK = frozenset({platform_reports.ID, qianniu_web_book.ID})  # read every sheet that is theirs at once
NOTES = ("说明", "封面", "目录", "填表")  # a sheet called so holds no data
NOT_READ = (
    "{file}：工作簿里还有 {n} 张工作表不是已知的格式，没有读入：{names}；如有本月的数据，请单独另存为一个文件，"
    "或用 evaluator map {file} 生成列的映射"
)


@dataclass(frozen=True)
class Source:
    """A reader of one sample."""

    id: str
    read_by: Format | tuple[Mappings, list[Mapping]]

    def read(self, sample: Sample) -> list[RawTable]:
        if isinstance(self.read_by, tuple):
            mappings, chosen = self.read_by
            return mappings.read(sample, chosen)
        return self.read_by.read(sample)


def sources(sample: Sample, mappings: Mappings) -> Iterator[tuple[Sample, Source | None]]:
    """The file, or one sheet of a workbook after another, with its reader if there is one. The rows of a sheet are
    let go when the next one is asked for."""
    named = mappings.named(sample)
    if named:
        yield from _mapped(sample, mappings, named)
        return
    whole = False
    for part in sheets.parts(sample):
        found = next((f for f in FORMATS if f.sniff(part)), None)
        fitting = [] if found else mappings.fitting(part)
        if found and not (whole and found.ID in WHOLE_BOOK):
            yield part, Source(found.ID, found)
        elif fitting:
            yield part, Source(mappings.ID, (mappings, fitting))
        elif not whole:
            yield part, None
        whole = whole or (found is not None and found.ID in WHOLE_BOOK and not part.sheet)
        part.sheet_rows = []


def _mapped(
    sample: Sample, mappings: Mappings, named: list[Mapping]
) -> Iterator[tuple[Sample, Source | None]]:
    """Each sheet with the mappings whose columns it has; those that fit none with the file, to say why."""
    left = list(named)
    for part in sheets.parts(sample):
        fitting = [m for m in named if m.fits(part)]
        left = [m for m in left if m not in fitting]
        yield part, Source(mappings.ID, (mappings, fitting)) if fitting else None
        part.sheet_rows = []
    if left:
        yield sample, Source(mappings.ID, (mappings, left))


def unread_sheets(sample: Sample, unread: list[Sample]) -> list[ReviewItem]:
    """What is told of the sheets that nobody knows, where another one was read."""
    names = [part.sheet or sample.first_sheet for part in unread]
    names = [name for name in names if not any(word in name for word in NOTES)]
    told = NOT_READ.format(file=sample.file, n=len(names), names="、".join(f"「{name}」" for name in names))
    return [ReviewItem("source_note", sample.file, told, len(names))] if names else []
