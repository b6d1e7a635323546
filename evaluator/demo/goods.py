"""What the demo shop sells, its buyers' names, and its orders and refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from evaluator.demo.draws import Draws


@dataclass(frozen=True)
class Good:
    sku: str
    title: str
    short: str  # as people say it in chats
    price: int  # fen
    size: str
    capacity: str
    material: str


GOODS: tuple[Good, ...] = (
    Good("TS1001", "听松 德化白瓷盖碗 三才碗 家用功夫茶具", "盖碗", 5900, "口径9.6厘米，高8.2厘米", "150毫升", "德化白瓷"),
    Good("TS1002", "听松 手绘兰草盖碗 釉下彩 单只", "兰草盖碗", 12800, "口径9.8厘米，高8.5厘米", "160毫升", "景德镇高白泥"),
    Good("TS1003", "听松 秋山柿子红茶壶 功夫小壶", "柿子红小壶", 16800, "长12厘米，高7.5厘米", "140毫升", "窑变釉陶瓷"),
    Good("TS1004", "听松 朱泥西施壶 半手工", "西施壶", 23800, "长11.5厘米，高7厘米", "150毫升", "朱泥"),
    Good("TS1005", "听松 段泥石瓢壶 刻竹", "石瓢壶", 29900, "长13厘米，高6.8厘米", "180毫升", "段泥"),
    Good("TS2001", "听松 玻璃公道杯 加厚耐热 带茶漏", "公道杯", 3900, "高10.5厘米，口径8厘米", "300毫升", "高硼硅玻璃"),
    Good("TS2002", "听松 汝窑公道杯 开片可养", "汝窑公道", 7900, "高7.8厘米，口径9厘米", "220毫升", "汝窑釉陶瓷"),
    Good("TS2003", "听松 品茗杯 六只装 白瓷薄胎", "品茗杯六只装", 6800, "口径6.2厘米，高4厘米", "50毫升", "德化白瓷"),
    Good("TS2004", "听松 汝窑主人杯 单杯 礼盒", "汝窑主人杯", 8800, "口径8.2厘米，高5.5厘米", "110毫升", "汝窑釉陶瓷"),
    Good("TS2005", "听松 建盏主人杯 油滴 手工", "油滴建盏", 13800, "口径9厘米，高5厘米", "100毫升", "建阳胎土"),
    Good("TS2006", "听松 品茗杯对装 送礼 月白", "月白对杯", 5800, "口径6.8厘米，高4.6厘米", "70毫升", "汝窑釉陶瓷"),
    Good("TS3001", "听松 旅行茶具套装 一壶三杯 便携包", "旅行套装", 11800, "收纳包直径14厘米，高16厘米", "180毫升", "哑光釉陶瓷"),
    Good("TS3002", "听松 快客杯 一壶二杯 车载", "快客杯", 7800, "收纳后直径9.5厘米，高13厘米", "170毫升", "粗陶"),
    Good("TS3003", "听松 功夫茶具套装 十件 礼盒 青瓷", "青瓷十件套", 25800, "礼盒38×30×12厘米", "160毫升", "青瓷"),
    Good("TS3004", "听松 家用茶具套装 德化羊脂玉 八件", "羊脂玉八件套", 19800, "礼盒36×28×11厘米", "150毫升", "羊脂玉白瓷"),
    Good("TS4001", "听松 重竹茶盘 排水 家用 50厘米", "重竹茶盘", 12900, "50×29×5.5厘米", "一升多的储水", "重竹"),
    Good("TS4002", "听松 干泡台 蓄水小茶盘 粗陶", "干泡台", 8900, "28×16×4厘米", "四百毫升的储水", "粗陶"),
    Good("TS5001", "听松 玻璃煮茶壶 蒸煮两用 可上电陶炉", "煮茶壶", 15900, "高18厘米，直径14厘米", "800毫升", "高硼硅玻璃"),
    Good("TS5002", "听松 焖茶保温壶 316不锈钢 1升", "焖茶壶", 17900, "高24厘米，直径11厘米", "1000毫升", "316不锈钢"),
    Good("TS5003", "听松 茶水分离保温杯 双层", "茶水分离杯", 9900, "高21厘米，直径6.5厘米", "420毫升", "316不锈钢"),
    Good("TS6001", "听松 密封茶叶罐 陶瓷 中号", "茶叶罐", 4900, "高12厘米，直径9厘米", "约150克茶叶", "粗陶"),
    Good("TS6002", "听松 茶道六君子 鸡翅木", "茶道六君子", 5500, "高19厘米", "一套六件", "鸡翅木"),
    Good("TS6003", "听松 加厚吸水茶巾 两条装", "茶巾", 1900, "30×30厘米", "两条", "纯棉"),
    Good("TS6004", "听松 茶夹 不锈钢 防烫 单支", "茶夹", 1500, "长17厘米", "一支", "不锈钢"),
    Good("TS6005", "听松 硅胶隔热杯垫 四片", "杯垫", 2200, "直径9厘米", "四片", "硅胶"),
)
_POPULAR = (9, 5, 6, 4, 3, 8, 5, 8, 7, 5, 7, 9, 7, 4, 5, 5, 5, 6, 4, 6, 6, 4, 4, 3, 3)
EXTRA_POSTAGE = Good("TS9001", "补差价 补邮费专用链接 拍下备注用途", "补差价", 100, "无", "无", "无")

PROVINCES = ("广东省", "浙江省", "江苏省", "山东省", "福建省", "四川省", "河南省", "湖北省", "湖南省", "北京",
             "上海", "安徽省", "河北省", "陕西省", "重庆", "辽宁省", "江西省", "广西壮族自治区", "云南省")
CITIES = ("广州", "杭州", "苏州", "青岛", "厦门", "成都", "郑州", "武汉", "长沙", "北京", "上海", "合肥", "石家庄",
          "西安", "重庆", "沈阳", "南昌", "南宁", "昆明")
COURIERS = ("中通", "圆通", "韵达", "申通", "邮政")

_HEADS = ("松下", "半夏", "听雨", "南风", "阿茶", "小满儿", "青衫", "麦子", "云上", "初见", "木木", "糯米",
          "豆芽", "山有木", "鱼丸", "拾光", "橘子皮", "北巷", "老陈", "慢慢", "一壶", "竹里", "荷塘", "知秋",
          "朵朵", "大力", "江南", "晚风", "桃桃", "石头")
_JOINS = ("", "", "的", "_", "爱", "在", "不")
_TAILS = ("喝茶", "猫", "妈妈", "风来", "月白", "小院", "日记", "先生", "姑娘", "同学", "果", "吃糖", "看海",
          "天", "书房", "家", "不语", "熬夜", "旅人", "1990", "0618", "88", "2012", "阿福")
_LATIN = ("lily", "kevin", "amy", "zhao", "leo", "mia", "tea", "xiaoyu", "wang", "lin", "cherry", "sun", "nana")


class Names:
    """Nicks, none given twice."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._taken: set[str] = set()

    def new(self) -> str:
        """A nick without ``*``, at least three characters long."""
        while True:
            draws = self._draws
            style = draws.between(0, 9)
            if style < 4:
                nick = "tb" + draws.digits(draws.between(7, 11))
            elif style < 8:
                nick = draws.pick(_HEADS) + draws.pick(_JOINS) + draws.pick(_TAILS)
                nick += "" if draws.chance(300) else str(draws.between(1, 9999))
            else:
                nick = draws.pick(_LATIN) + draws.pick(("", "_")) + draws.digits(draws.between(3, 6))
            if self.claim(nick):
                return nick

    def claim(self, nick: str) -> bool:
        """Take a given nick; False if it is taken."""
        if nick in self._taken:
            return False
        self._taken.add(nick)
        return True


@dataclass
class Line:
    good: Good
    quantity: int

    @property
    def amount(self) -> int:
        return self.good.price * self.quantity


@dataclass
class Refund:
    refund_id: str
    applied: datetime
    ended: datetime | None  # also closed ones have an end
    amount: int  # fen
    state: str  # done, closed, refused, open
    kind: str  # refund_only, return_refund
    stage: str  # in_sale, after_sale
    reason: str
    staff: str | None  # account that handled it; None: the system
    intervention: str  # text of the platform's part in it
    seller_fault: bool

    @property
    def completed(self) -> datetime | None:
        return self.ended if self.state == "done" else None

    @property
    def dispute(self) -> bool:
        return self.intervention != "不需客服介入"


@dataclass
class Order:
    order_id: str
    buyer: str
    created: datetime
    paid: datetime | None
    lines: list[Line]
    discount: int  # fen
    postage: int  # fen
    province: str
    memo: str = ""
    refund: Refund | None = None
    shown_buyer: str = field(default="")  # as the export has it; masked in a few

    def __post_init__(self) -> None:
        self.shown_buyer = self.shown_buyer or self.buyer

    @property
    def goods_amount(self) -> int:
        return sum(line.amount for line in self.lines) - self.discount

    @property
    def amount(self) -> int:
        """Fen the buyer paid, or is to pay, postage included, before refunds."""
        return self.goods_amount + self.postage

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def refunded(self) -> int:
        return self.refund.amount if self.refund and self.refund.completed else 0

    def status(self, at: datetime) -> str:
        """The order's state as an export at ``at`` words it."""
        if self.paid is None or self.paid > at:
            return "交易关闭" if at - self.created > timedelta(days=1) else "等待买家付款"
        if self.refunded and self.refunded >= self.amount - self.postage:
            return "交易关闭"
        age = at - self.paid
        if age < timedelta(hours=20):
            return "买家已付款，等待卖家发货"
        return "交易成功" if age > timedelta(days=9) else "卖家已发货，等待买家确认"


def choose_lines(draws: Draws, wanted: Good | None = None) -> list[Line]:
    """What one order holds: mostly one good, often with a small one beside it, sometimes several pieces."""
    first = wanted or draws.weighted(GOODS, _POPULAR)
    several = first.price < 9000 and draws.chance(330)
    lines = [Line(first, draws.between(2, 3) if several else 1)]
    for _ in range(draws.weighted((0, 1, 2), (62, 30, 8))):
        other = draws.weighted(GOODS, _POPULAR)
        if all(line.good is not other for line in lines):
            lines.append(Line(other, 1))
    return lines


def wanted_good(draws: Draws) -> Good:
    """A good someone asks about."""
    return draws.weighted(GOODS, _POPULAR)
