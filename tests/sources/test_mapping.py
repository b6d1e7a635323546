"""``evaluator map`` and ``mapping.yaml``: any table, by a person's word. All content is made up."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from months import ROSTER
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.model import EvaluatorError
from evaluator.sources.propose import proposal_text

TALK = (
    "客户,客服,谁说的,时间,内容,工单\n"
    "b1,甲店：小一,客户,2026/10/2 9:00,在吗 ,1\n"
    "b1,cntaobao甲店:小一,客服,2026-10-02 09:00:20,-,2\n"
    "b1,甲店:小一,路人,2026-10-02 09:00:30,?,3\n"
)
MAPPING = "table: messages\ncolumns: {buyer: 客户, account: 客服, sender: 谁说的, ts: 时间, text: 内容}\n"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "raw" / "orders"


def proposed(month, name: str, content: str | bytes) -> tuple[dict, str]:
    month.write(name, content)
    text = proposal_text(month.folder / name)
    return yaml.safe_load(text), text


# ---- reading
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_mapped_file_is_read_and_validated(month, encoding):
    month.write("导出.csv", TALK.encode(encoding)).write("mapping.yaml", MAPPING)
    got = month.read(shop="甲店")
    found = got.tables["messages"].filter(got.tables["messages"]["_file"] > 0)
    assert found.select("shop", "buyer", "account", "sender", "ts", "text").rows() == [
        ("甲店", "b1", "甲店:小一", "buyer", datetime(2026, 10, 2, 9), "在吗 "),
        ("甲店", "b1", "甲店:小一", "agent", datetime(2026, 10, 2, 9, 0, 20), "-"),
    ]
    assert [(r.file, r.row, r.column, r.value) for r in got.rejects] == [("导出.csv", 3, "sender", "路人")]
    entry = next(e for e in got.inputs if e.file == "导出.csv")
    assert (entry.table, entry.format, entry.rows_in, entry.rows_used) == ("messages", "mapping", 3, 2)
    assert not got.review


def test_a_mapped_workbook_of_refunds(month, workbook):
    rows = [
        ["单子", "退", "啥时候", "多少", "咋退"],
        ["8000000000000000001", "R1", datetime(2026, 10, 3, 8), "¥1,234.50", "仅退款"],
        ["8000000000000000001", "R2", 46298.5, 3.5, "退货退款"],
    ]
    month.write("退.xlsx", workbook(rows))
    month.write(
        "mapping.yaml",
        '- file: "退*.xlsx"\n  table: refunds\n'
        "  columns: {order_id: 单子, refund_id: 退, applied: 啥时候, amount: 多少, kind: 咋退}\n",
    )
    refunds = month.read().tables["refunds"].select("refund_id", "applied", "amount", "kind").rows()
    assert refunds == [
        ("R1", datetime(2026, 10, 3, 8), 123450, "refund_only"),
        ("R2", datetime(2026, 10, 3, 12), 350, "return_refund"),
    ]


def test_a_pattern_goes_before_formats_and_without_one_after(month):
    orders = "订单编号,买家会员名,订单创建时间,总金额\n8000000000000000009,b9,2026-10-02 09:00:00,1\n"
    columns = "columns: {order_id: 订单编号, buyer: 买家会员名, created: 订单创建时间, amount: 总金额}\n"
    month.write("a.csv", orders).write("mapping.yaml", "file: 子/*.csv\ntable: orders\n" + columns)
    month.write("子/b.csv", orders)
    formats = {e.file: e.format for e in month.read(shop="甲店").inputs}
    assert formats["子/b.csv"] == "mapping" and formats.get("a.csv") != "mapping"


def test_one_file_may_give_two_tables(month):
    month.write("单.csv", "号,人,时,钱,货\n8000000000000000009,b9,2026-10-02 09:00:00,1,糖\n")
    month.write(
        "mapping.yaml",
        "- {file: 单.csv, table: orders, columns: {order_id: 号, buyer: 人, created: 时, amount: 钱}}\n"
        "- {file: 单.csv, table: order_items, columns: {order_id: 号, sku: 货, title: 货, quantity: 钱, amount: 钱}}\n",
    )
    got = month.read(shop="甲店")
    assert got.tables["orders"].height == 2 and got.tables["order_items"]["title"].to_list() == ["糖"]


def test_orders_without_a_buyer_may_be_mapped(month):
    month.write("单.csv", "号,时,钱\n8000000000000000009,2026-10-02 09:00:00,1\n")
    month.write("mapping.yaml", "table: orders\ncolumns: {order_id: 号, created: 时, amount: 钱}\n")
    assert month.read(shop="甲店").tables["orders"]["buyer"].to_list() == ["b1", None]


def test_a_mapping_that_no_file_uses_is_told(month):
    month.write("mapping.yaml", "file: 没有.csv\n" + MAPPING)
    note = month.read().review[0]
    assert note.subject == "mapping.yaml" and "没有.csv" in note.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("table: message\ncolumns: {}\n", r"mapping.yaml:1: table.*是否想写 messages"),
        ("table: messages\n", r"mapping.yaml:1.*缺少 columns"),
        ("table: messages\ncolumns:\n  buyr: 客户\n", r"mapping.yaml:3: columns.buyr.*是否想写 buyer"),
        (
            "table: messages\ncolumns: {buyer: 客户}\n",
            r"mapping.yaml:2: columns.*必需的列.*account、sender、ts、text",
        ),
        ("tabel: messages\n", r"mapping.yaml:1: tabel.*是否想写 table"),
        ("- a\n", r"mapping.yaml:1: "),
        (
            "table: surveys\ncolumns: {account: a, ts: b, nps: [c]}\n",
            r"mapping.yaml:2: columns.nps.*应为文字",
        ),
        (
            "- {table: customers, columns: {customer: a, contract: b}}\n"
            "- {table: customers, columns: {customer: c, contract: d}}\n",
            r"mapping.yaml:1.*每个都要写 file",
        ),
        ("", r"mapping.yaml:1: 文件是空的"),
        ("a: [", r"mapping.yaml:.*不是合法的 YAML"),
    ],
)
def test_errors_name_file_line_and_key(month, text, said):
    month.write("mapping.yaml", text)
    with pytest.raises(EvaluatorError, match=said):
        month.read()


def test_a_column_that_the_file_lacks(month):
    month.write("导出.csv", "客户,内容\nb,x\n").write("mapping.yaml", 'file: "导出*"\n' + MAPPING)
    with pytest.raises(
        EvaluatorError,
        match=r"导出\.csv：mapping\.yaml:1 写的列 客服、谁说的、时间 文件里没有；文件里有：客户、内容",
    ):
        month.read()


def test_only_tables_can_be_mapped(month):
    month.write("x.json", "{}").write("mapping.yaml", "file: x.json\n" + MAPPING)
    with pytest.raises(EvaluatorError, match=r"x\.json.*只有带表头的 CSV 和工作簿"):
        month.read()


# ---- proposing
def test_proposal_by_words_and_by_content(month):
    found, text = proposed(month, "导出.csv", TALK)
    assert found == {
        "table": "messages",
        "columns": {"buyer": "客户", "account": "客服", "sender": "谁说的", "ts": "时间", "text": "内容"},
    }
    assert '没有用到的表头："工单"' in text
    month.write("mapping.yaml", text)  # what is printed can be saved as it is
    assert month.read(shop="甲店").tables["messages"].height == 4


@pytest.mark.parametrize(
    ("head", "row", "table", "columns"),
    [
        (
            "订单号,下单时间,付款时间,实付金额(元),顾客昵称,运费",
            "8000000000000000001,2026-10-01 09:00:00,,12.5,b,0",
            "orders",
            {"order_id": "订单号", "buyer": "顾客昵称", "created": "下单时间", "paid": "付款时间"}
            | {"amount": "实付金额(元)", "postage": "运费"},
        ),
        (
            "退款编号,订单编号,申请时间,退款金额,退款类型",
            "R,8000000000000000001,2026-10-01 09:00:00,1,仅退款",
            "refunds",
            {"refund_id": "退款编号", "order_id": "订单编号", "applied": "申请时间", "amount": "退款金额"}
            | {"kind": "退款类型"},
        ),
        (
            "工号,应出勤天数,出勤天数,迟到次数",
            "E1,22,21.5,0",
            "attendance",
            {
                "employee_id": "工号",
                "due_days": "应出勤天数",
                "worked_days": "出勤天数",
                "late_times": "迟到次数",
            },
        ),
        (
            "工号,金额,原因,审批人",
            "E1,-20,迟到,李",
            "adjustments",
            {"employee_id": "工号", "amount": "金额", "reason": "原因", "approved_by": "审批人"},
        ),
    ],
)
def test_proposals(month, head, row, table, columns):
    found, _ = proposed(month, "x.csv", f"{head}\n{row}\n")
    assert found == {"table": table, "columns": columns}


def test_a_header_whose_cells_do_not_fit_is_not_proposed(month):
    found, text = proposed(month, "x.csv", "工号,应出勤天数,出勤天数\nE1,二十二,21\n")
    assert found["columns"] == {"employee_id": "工号", "worked_days": "出勤天数"}
    assert "还缺必需的列：due_days" in text


def test_hostile_headers_stay_on_their_line(month, workbook):
    rows = [["工号", "应出勤天数", "出勤天数", '坏"\ntable: x # \u2028'], ["E1", "1", "1", "=1\n2"]]
    found, _ = proposed(month, "x.xlsx", workbook(rows))
    assert found["table"] == "attendance"


@pytest.mark.parametrize(
    ("name", "content"), [("x.json", "{}"), ("x.txt", "就一句话"), ("x.csv", "甲,乙\n1,2\n")]
)
def test_nothing_to_propose(month, name, content):
    month.write(name, content)
    with pytest.raises(EvaluatorError, match=name):
        proposal_text(month.folder / name)


def test_the_command(month):
    month.write("导出.csv", TALK)
    done = CliRunner().invoke(app, ["map", str(month.folder / "导出.csv")])
    assert done.exit_code == 0 and "table: messages" in done.output
    with pytest.raises(EvaluatorError, match="找不到文件"):
        proposal_text(month.folder / "没有.csv")


def test_proposal_for_a_real_order_list(month):
    path = SHARED / "tmall_order_report.csv"
    if not path.exists():
        pytest.skip("no shared samples")
    found, text = proposed(month, "x.csv", path.read_bytes())
    assert found["table"] == "orders"
    assert found["columns"]["created"] == "订单创建时间" and found["columns"]["paid"] == "订单付款时间"
    assert found["columns"]["order_id"] == "订单编号" and "也可以没有的列：buyer" in text


# ---- workbooks of several sheets, zips
RATINGS = [["买家", "客服", "评价时间", "满意度"], ["b1", "甲店:小一", "2026-10-02 09:10:00", 5]]


def book(path: Path, sheets: dict[str, list[list]]) -> bytes:
    with xlsxwriter.Workbook(str(path)) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return path.read_bytes()


def packed(**files: str | bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_sheet_behind_the_cover_is_proposed_and_then_read(month, tmp_path):
    content = book(tmp_path.parent / "b.xlsx", {"封面": [["评价导出"]], "数据": RATINGS})
    found, text = proposed(month, "评价.xlsx", content)
    assert found["table"] == "ratings"
    month.write("mapping.yaml", text)
    got = month.read(shop="甲店")
    assert got.tables["ratings"].select("buyer", "score", "source").rows() == [("b1", 5, "human")]


def test_several_sheets_are_proposed_as_a_list_that_reads_them(month, tmp_path):
    talk = [line.split(",")[:5] for line in TALK.splitlines()][:3]
    content = book(tmp_path.parent / "b.xlsx", {"聊天": talk, "说明": [["无"]], "评价": RATINGS})
    found, text = proposed(month, "导出.xlsx", content)
    assert [one["table"] for one in found] == ["messages", "ratings"]
    month.write("mapping.yaml", text)
    got = month.read(shop="甲店")
    assert got.tables["messages"].height == 4 and got.tables["ratings"].height == 1


def test_the_files_of_a_zip_are_proposed(month):
    talk = "\n".join(TALK.splitlines()[:3])
    found, text = proposed(month, "导出.zip", packed(**{"十月/聊天.csv": talk, "readme.md": "无"}))
    assert found["table"] == "messages"
    month.write("mapping.yaml", text)
    assert month.read(shop="甲店").tables["messages"].height == 4


def test_only_what_no_format_reads_is_proposed_where_there_is_such(month):
    other = "\n".join(TALK.splitlines()[:3])
    roster = "账号,工号,姓名,组,角色\n甲店:小一,E1,张一,一组,售前\n"
    found, _ = proposed(month, "x.zip", packed(**{"花名册.csv": roster, "聊天.csv": other}))
    assert found["table"] == "messages"


@pytest.mark.parametrize(
    ("files", "why"), [({"a.md": "无"}, "没有可以映射"), ({"a.json": "{}"}, "x.zip/a.json")]
)
def test_a_zip_without_tables(month, files, why):
    month.write("x.zip", packed(**files))
    with pytest.raises(EvaluatorError, match=why):
        proposal_text(month.folder / "x.zip")


def test_ratings_without_a_source_are_the_robots_where_the_roster_says_so(month):
    month.write("roster.csv", ROSTER + "甲店:机,R1,机,,robot\n")
    rated = (
        "买家,客服,评价时间,满意度\nb1,甲店:小一,2026-10-02 09:10:00,5\nb1,甲店:机,2026-10-02 09:10:00,1\n"
    )
    month.write("评价.csv", rated)
    month.write("mapping.yaml", proposal_text(month.folder / "评价.csv"))
    got = month.read(shop="甲店").tables["ratings"]
    assert got.select("score", "source").rows() == [(5, "human"), (1, "robot")]
