"""agents.zip: the same bytes for the same pages, and with passwords nobody opens another's page."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import pyzipper
from hostile_month import EVIL_ID, Finished, write_month
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.model import EvaluatorError
from evaluator.render.handout import write_handout
from evaluator.render.passwords import Passwords
from evaluator.render.text import file_name

SECRETS = {"E01": "Tulip-4711", "E02": "gr0ss!Hafen", EVIL_ID: "0123abcdXY", "E04": "zw3i&Vierzig"}
HEAD = "employee_id,password\n"


def table(rows: dict[str, str]) -> str:
    return HEAD + "".join(f"{who},{password}\n" for who, password in rows.items())


def read(tmp_path: Path, text: str | bytes) -> Passwords:
    file = tmp_path / "passwords.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Passwords.read(file, tmp_path / "month")


def test_without_passwords_the_pages_as_they_are(finished: Finished) -> None:
    with zipfile.ZipFile(finished.out / "agents.zip") as archive:
        names = {info.filename for info in archive.infolist()}
        assert names == {page.name for page in (finished.out / "agents").iterdir()}
        for name in names:
            assert archive.read(name) == (finished.out / "agents" / name).read_bytes()


def test_the_same_pages_are_the_same_bytes(finished: Finished, tmp_path: Path) -> None:
    files = {e: file_name(e) for e in SECRETS}
    again = tmp_path / "agents"
    again.mkdir()
    for name in reversed(files.values()):
        (again / name).write_bytes((finished.out / "agents" / name).read_bytes())
    write_handout(again, dict(sorted(files.items())))
    assert (tmp_path / "agents.zip").read_bytes() == (finished.out / "agents.zip").read_bytes()


def test_each_page_opens_with_its_own_password_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "passwords.csv"
    file.write_text(table(SECRETS), encoding="utf-8")
    month, out = write_month(tmp_path / "month"), tmp_path / "out"
    given = ["run", str(month), "--out", str(out), "--quiet", "--agent-passwords", str(file)]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out / "agents.zip") as outer:
        assert set(outer.namelist()) == {Path(file_name(e)).stem + ".zip" for e in SECRETS}
        for employee, own in SECRETS.items():
            name = file_name(employee)
            inner = pyzipper.AESZipFile(io.BytesIO(outer.read(Path(name).stem + ".zip")))
            (entry,) = inner.infolist()
            page = (out / "agents" / name).read_bytes()
            assert (entry.filename, entry.wz_aes_version, entry.CRC) == (name, 2, 0)
            assert inner.read(name, pwd=own.encode()) == page
            for other in (None, *SECRETS.values()):
                if other != own:
                    with pytest.raises(RuntimeError):
                        inner.read(name, pwd=other.encode() if other else None)
            assert b"<html" not in outer.read(Path(name).stem + ".zip")
    written = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    for password in SECRETS.values():
        assert password.encode() not in written
        assert password not in done.output


WRONG = [
    (HEAD + "E01,\n", "第 2 行：E01 的口令是空的"),
    (HEAD + "E01,abc12\n", "第 2 行：E01 的口令太短，至少 8 个字符"),
    (HEAD + "E01,aaaaaaaa\n", "第 2 行：E01 的口令太简单"),
    (HEAD + "E01,12345678\n", "第 2 行：E01 的口令太简单，不要用连续的"),
    (HEAD + "E01,Password\n", "第 2 行：E01 的口令太简单"),
    (HEAD + "employee7,Employee7\n", "第 2 行：employee7 的口令就是工号"),
    (HEAD + "E01,口令口令甲乙丙丁\n", "第 2 行：E01 的口令只能用英文字母"),
    (HEAD + "E01,Tulip-4711\nE02,Tulip-4711\n", "第 3 行：E02 与 E01 的口令相同"),
    (HEAD + "E01,Tulip-4711\nE01,Rosen-0815\n", "第 3 行：E01 写了两次"),
    (HEAD + ",Tulip-4711\n", "第 2 行没有工号"),
    ("E01,Tulip-4711\n", "的第一行不是表头；应为两列的 CSV"),
    ("", "的第一行不是表头"),
    (HEAD + 'E01,"Tulip\n', "的引号或分列有误"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_a_clerk_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(EvaluatorError) as error:
        read(tmp_path, text)
    assert says in str(error.value)
    assert not any(
        secret in str(error.value) for secret in ("Tulip", "Rosen", "12345678", "aaaaaaaa", "Password")
    )


def test_everybody_has_one_and_nobody_else(tmp_path: Path) -> None:
    passwords = read(tmp_path, table(SECRETS))
    passwords.check(SECRETS)
    with pytest.raises(EvaluatorError, match="缺这些员工的口令：E05、E06；每位"):
        passwords.check([*SECRETS, "E06", "E05"])
    with pytest.raises(EvaluatorError, match="里的工号本期没有自查页：E04；请核对"):
        passwords.check([e for e in SECRETS if e != "E04"])


def test_files_as_office_programs_write_them(tmp_path: Path) -> None:
    text = "工号,姓名,口令\r\nE01,美, Tulip-4711 \r\n,,\r\n"
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        assert read(tmp_path, text.encode(encoding)).by_employee == {"E01": "Tulip-4711"}


def test_never_beside_the_data(tmp_path: Path) -> None:
    file = tmp_path / "month" / "deep" / "passwords.csv"
    file.parent.mkdir(parents=True)
    file.write_text(table(SECRETS), encoding="utf-8")
    with pytest.raises(EvaluatorError, match="放在月份文件夹里了"):
        Passwords.read(file, tmp_path / "month")
    with pytest.raises(EvaluatorError, match="找不到口令文件"):
        Passwords.read(tmp_path / "nowhere.csv", tmp_path / "month")
