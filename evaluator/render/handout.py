"""``agents.zip``: the self-check pages as they are handed out, each protected by its owner's password where there are
passwords.

A protected page is a zip in the zip (AES-256, WinZip's AE-2): a clerk unpacks the outer one and sends each employee his
own, which any current unpacking program opens, also on a phone, and the page inside needs no JavaScript."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyzipper

from evaluator.render.passwords import Passwords

NAME = "agents.zip"
EPOCH = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same pages are the same bytes


def write_handout(folder: Path, files: Mapping[str, str], passwords: Passwords | None = None) -> None:
    """Writes ``agents.zip`` beside ``folder``, where the pages lie. ``files``: employee id → file name.

    Without passwords the same pages give the same bytes; with them never: each encryption draws its own salt."""
    with zipfile.ZipFile(folder.parent / NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        for employee_id, name in files.items():
            page = (folder / name).read_bytes()
            if passwords is None:
                archive.writestr(_entry(name), page, zipfile.ZIP_DEFLATED)
            else:
                locked = _locked(name, page, passwords.by_employee[employee_id])
                archive.writestr(_entry(f"{Path(name).stem}.zip"), locked, zipfile.ZIP_STORED)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # the same on every system
    return entry


def _locked(name: str, page: bytes, password: str) -> bytes:
    """One page as an encrypted zip."""
    held = io.BytesIO()
    with pyzipper.AESZipFile(held, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        archive.setpassword(password.encode())
        archive.setencryption(
            pyzipper.WZ_AES, nbits=256, force_wz_aes_version=2
        )  # without a checksum of the page
        archive.writestr(pyzipper.zipfile_aes.AESZipInfo(name, EPOCH), page)
    return held.getvalue()
