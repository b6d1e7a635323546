"""Plots of many agents as geometry: what ``templates/plots.html.j2`` draws as inline SVG. Lengths are pixels of the
view box, which is as wide as a phone, so that letters keep their size there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

WIDTH, PAD = 360, 12
LANE, LANE_HEAD, HALF = 68, 20, 17  # a lane's height, its title's, and how far dots reach from its middle
DOT, CROWD = 9.0, 80  # room of a dot; of so many in a lane each has half of it
SCATTER_HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 300, 46, 38, 12, 14
LETTER, LINE = 11.5, 14.0  # width of a Chinese letter, height of a line of a label
FEW_SPOTS = 40  # of more, each is smaller
SPARK_WIDTH, SPARK_HEIGHT = 96, 22


@dataclass(frozen=True)
class Dot:
    """``shape``: up, down, round or faint. ``told``: what it says when asked. ``beyond``: -1, 1: the value lies left or
    right of the axis."""

    x: float
    y: float
    shape: str
    told: str
    beyond: int = 0


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class LanePlot:
    """``low``, ``middle``, ``high``: quartiles (x), None where too few have a value; ``whole``: x of all together."""

    title: str
    y: float
    dots: tuple[Dot, ...]
    low: float | None
    middle: float | None
    high: float | None
    whole: float | None


@dataclass(frozen=True)
class Strip:
    """Everybody's value on one axis, a lane for each plan."""

    title: str
    told: str
    height: int
    lanes: tuple[LanePlot, ...]
    ticks: tuple[Label, ...]
    crowded: bool  # dots are half as large


@dataclass(frozen=True)
class LaneValues:
    """``points``: value, shape, told."""

    title: str
    points: Sequence[tuple[float, str, str]]
    whole: float | None


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that span ``low`` … ``high``: 1, 2 or 5 times a power of ten apart."""
    span = (high - low) or abs(high) or 1.0
    rough = span / most
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, max(last, first + 1) + 1)]


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values, between neighbours along a line."""
    place = (len(values) - 1) * share
    below = floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def reach(values: Sequence[float]) -> tuple[float, float]:
    """What an axis should span: all values, but for those so far out that they would squeeze the others together."""
    ordered = sorted(values)
    if len(ordered) < LEAST_QUARTILES:
        return ordered[0], ordered[-1]
    low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
    far = FAR * (high - low)
    near = [v for v in ordered if low - far <= v <= high + far] if far else ordered
    return near[0], near[-1]


#: Quartile distances from the middle half beyond which a value is off the axis.
FAR = 3.0
#: Quartiles of fewer values are no more than the values themselves.
LEAST_QUARTILES = 5


def strip(
    title: str, told: str, lanes: Sequence[LaneValues], written: Sequence[str], at: Sequence[float]
) -> Strip:
    """``at``, ``written``: where the axis has marks, and what they say."""
    low, high = at[0], at[-1]

    def x(value: float) -> float:
        return round(PAD + (min(max(value, low), high) - low) / ((high - low) or 1) * (WIDTH - 2 * PAD), 1)

    made = []
    crowded = max((len(lane.points) for lane in lanes), default=0) > CROWD
    for number, lane in enumerate(lanes):
        y = number * LANE + LANE_HEAD + HALF + 7.0
        values = sorted(v for v, _, _ in lane.points)
        enough = len(values) >= LEAST_QUARTILES
        low_x, middle_x, high_x = (x(quantile(values, s)) if enough else None for s in (0.25, 0.5, 0.75))
        dots = _swarm(lane.points, (low, high), x, y, DOT / 2 if crowded else DOT)
        whole = None if lane.whole is None else x(lane.whole)
        made.append(LanePlot(lane.title, y, dots, low_x, middle_x, high_x, whole))
    bottom = len(lanes) * LANE
    last = len(at) - 1
    marks = tuple(
        Label(x(v), bottom + 14, text, "start" if n == 0 else "end" if n == last else "middle")
        for n, (v, text) in enumerate(zip(at, written, strict=True))
    )
    return Strip(title, told, bottom + 20, tuple(made), marks, crowded)


def _swarm(
    points: Sequence[tuple[float, str, str]],
    span: tuple[float, float],
    x: Callable[[float], float],
    y: float,
    room: float,
) -> tuple[Dot, ...]:
    """Dots side by side where their values are alike; closer together where a lane would not hold them."""
    columns: dict[int, list[tuple[float, str, str]]] = defaultdict(list)
    for point in sorted(points, key=lambda p: (p[0], p[2])):
        columns[round(x(point[0]) / room)].append(point)
    dots = []
    for column in columns.values():
        step = min(room, 2 * HALF / max(len(column) - 1, 1))
        for n, (value, shape, told) in enumerate(column):
            side = (n + 1) // 2 * (1 if n % 2 else -1)
            beyond = (value > span[1]) - (value < span[0])
            dots.append(Dot(x(value), round(y + side * step, 1), shape, told, beyond))
    return tuple(dots)


@dataclass(frozen=True)
class Spot:
    """One agent in a scatter plot. ``x_bar``, ``y_bar``: from where to where its bars reach."""

    x: float
    y: float
    radius: float
    told: str
    x_bar: tuple[float, float] | None
    y_bar: tuple[float, float] | None


@dataclass(frozen=True)
class Scatter:
    title: str
    told: str
    height: int
    spots: tuple[Spot, ...]
    labels: tuple[Label, ...]
    x_marks: tuple[Label, ...]
    y_marks: tuple[Label, ...]
    frame: tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class SpotValues:
    name: str
    x: float
    y: float
    weight: float
    told: str
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Axis:
    """Where the marks are, and what they say."""

    at: Sequence[float]
    written: Sequence[str]

    def place(self, value: float, start: float, end: float) -> float:
        low, high = self.at[0], self.at[-1]
        return round(start + (min(max(value, low), high) - low) / ((high - low) or 1) * (end - start), 1)


def scatter(
    title: str, told: str, spots: Sequence[SpotValues], x_axis: Axis, y_axis: Axis, named: int = 16
) -> Scatter:
    """Larger spots have more behind them; the ``named`` largest get a name where there is room."""
    left, top, right, bottom = LEFT, TOP, WIDTH - RIGHT, SCATTER_HEIGHT - BOTTOM
    most = max((s.weight for s in spots), default=1.0) or 1.0
    largest = 10 * min(1.0, sqrt(FEW_SPOTS / max(len(spots), 1)))

    def at(
        values: tuple[float, float] | None, axis: Axis, start: float, end: float
    ) -> tuple[float, float] | None:
        return (
            None if values is None else (axis.place(values[0], start, end), axis.place(values[1], start, end))
        )

    ranked = sorted(spots, key=lambda s: (-s.weight, s.name))
    drawn = [
        Spot(
            x_axis.place(s.x, left, right),
            y_axis.place(s.y, bottom, top),
            round(largest * (0.25 + 0.75 * sqrt(s.weight / most)), 1),
            s.told,
            at(s.x_range, x_axis, left, right),
            at(s.y_range, y_axis, bottom, top),
        )
        for s in ranked
    ]
    names = [s.name for s in ranked[:named]]
    x_marks = tuple(
        Label(x_axis.place(v, left, right), bottom + 15, t, "middle")
        for v, t in zip(x_axis.at, x_axis.written, strict=True)
    )
    y_marks = tuple(
        Label(left - 6, y_axis.place(v, bottom, top) + 4, t, "end")
        for v, t in zip(y_axis.at, y_axis.written, strict=True)
    )
    return Scatter(
        title, told, SCATTER_HEIGHT, tuple(drawn), _labels(drawn, names), x_marks, y_marks,
        (left, top, right, bottom),
    )  # fmt: skip


Box = tuple[float, float, float, float]


def _labels(spots: Sequence[Spot], names: Sequence[str]) -> tuple[Label, ...]:
    """A name beside each spot where it hides no other name and no spot; those without room go without."""
    taken: list[Box] = [(s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius) for s in spots]
    made = []
    for number, (spot, name) in enumerate(zip(spots, names, strict=False)):
        wide = sum(LETTER if ord(c) > 0x2E7F else LETTER * 0.58 for c in name)
        off = spot.radius + 3
        for x, y, anchor in (
            (spot.x + off, spot.y + 4, "start"),
            (spot.x - off, spot.y + 4, "end"),
            (spot.x, spot.y - off, "middle"),
            (spot.x, spot.y + off + LINE - 4, "middle"),
        ):
            start = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            box = (start, y - LINE + 3, start + wide, y + 3)
            inside = box[0] >= LEFT and box[2] <= WIDTH and box[1] >= 0 and box[3] <= SCATTER_HEIGHT - BOTTOM
            others = (*taken[:number], *taken[number + 1 :])
            if inside and not any(_meet(box, other) for other in others):
                made.append(Label(round(x, 1), round(y, 1), name, anchor))
                taken.append(box)
                break
    return tuple(made)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def spark(values: Sequence[float | None]) -> list[str]:
    """A small line as ``points`` of polylines, one for each run of values; 0 is the bottom. A lone value is a short
    dash."""
    most = max((v for v in values if v is not None), default=0.0) or 1.0
    step = (SPARK_WIDTH - 2) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{1 + n * step:.0f},{SPARK_HEIGHT - 2 - value / most * (SPARK_HEIGHT - 4):.0f}")
    return [" ".join(run if len(run) > 1 else [run[0], run[0]]) for run in runs if run]
