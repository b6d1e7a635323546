"""``evaluator ads …``: train, review, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import polars as pl

    from evaluator.ads.decide import Judges

app = typer.Typer(help="广告判定：训练、复核、评测。", no_args_is_help=True)

Month = Annotated[Path, typer.Argument(help="月份文件夹", metavar="MONTH")]


@app.command()
def train(
    labels: Annotated[
        Path | None,
        typer.Option(help="标注文件：shop、buyer、label，或 label、text；不写则只用程序自带的语料"),
    ] = None,
    month: Annotated[
        Path | None,
        typer.Option(help="标注所属的月份文件夹（标注文件就在月份文件夹里时不必写）"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="模型写到哪里（默认：月份文件夹里的 ads_model.npz）")
    ] = None,
) -> None:
    """训练分类模型：自带语料加上本店的标注，写成 ads_model.npz；放在月份文件夹里，运行时就用它。"""
    from evaluator.ads.rules import ad_rules
    from evaluator.ads.training import train as fit
    from evaluator.settings import OWN_MODEL

    folder = month or (labels.parent if labels and (labels.parent / "period.yaml").is_file() else None)
    own = _own(labels, folder) if labels else None
    model, _ = fit(ad_rules(), own)
    path = out or (folder or Path()) / OWN_MODEL
    model.save(path)
    about = model.about
    typer.echo(
        f"用 {about['texts']:,} 段文字（其中广告 {about['ads']:,}，本店标注 {about['own_labels']:,}）训练，"
        f"默认阈值 {model.threshold}"
    )
    typer.echo(f"模型　{path}")


def _own(labels: Path, folder: Path | None) -> pl.DataFrame:
    """The shop's labelled texts."""
    from evaluator.ads.labels import labelled_texts, read_file, without_conflicts
    from evaluator.model import EvaluatorError

    frame = read_file(labels)
    if "text" in frame.columns:
        texts, both = without_conflicts(labelled_texts(labels).select("text", "ad"), ["text"])
        if both:
            typer.secho(f"⚠ {labels.name}：{both} 段文字的标注互相矛盾，以最后一行为准", err=True)
        return texts
    if folder is None:
        raise EvaluatorError(f"{labels.name} 没有文字，只有买家；请用 --month 指出聊天所在的月份文件夹")
    from evaluator.ads.month import AdMonth

    texts, told = AdMonth.read(folder).texts_of(frame, labels.name)
    for line in told:
        typer.secho(f"⚠ {line}", err=True)
    if not texts.height:
        raise EvaluatorError(f"{labels.name}：没有一个标注对得上 {folder} 里的买家")
    return texts


@app.command()
def review(
    month: Month,
    out: Annotated[
        Path | None, typer.Option(help="写到哪里（默认：月份文件夹里的 labels_review.xlsx）")
    ] = None,
    top: Annotated[int, typer.Option(help="列出多少位", min=1)] = 50,
) -> None:
    """列出程序最没把握的买家，供人工标注；标注后放在月份文件夹里，下次运行读入。"""
    from evaluator.ads.month import AdMonth
    from evaluator.ads.sheet import FILE, least_certain, write

    read = AdMonth.read(month)
    judges = _judges(month, read.month.config.settings.ad)
    rows = least_certain(read.decisions(judges), judges.threshold, top)
    path = out or month / FILE
    write(rows, path)
    typer.echo(f"{rows.height} 位买家待标注：{path}")


def _judges(folder: Path, stages: object = None) -> Judges:
    """The judges of a folder; a model that cannot be used is told aloud."""
    from evaluator.ads.decide import Judges
    from evaluator.settings import AdStages

    judges = Judges.of(folder, stages if isinstance(stages, AdStages) else AdStages())
    for note in judges.notes:
        typer.secho(f"⚠ {note.detail}", fg=typer.colors.RED, err=True)
    return judges


@app.command()
def evaluate(
    file: Annotated[
        Path, typer.Argument(help="csv 或 xlsx：label（1/ad、0/not_ad）和 text（或 content）", metavar="FILE")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="只写出默认阈值下的几个数")] = False,
    out: Annotated[Path | None, typer.Option(help="评测页（html）写到哪里")] = None,
    model: Annotated[Path | None, typer.Option(help="评测这个模型，而不是自带的")] = None,
) -> None:
    """在一份标注好的文字上评测广告判定：准确率、召回率、误判率、曲线、校准。"""
    import json
    from dataclasses import replace

    from evaluator.ads.labels import labelled_texts
    from evaluator.ads.model import load
    from evaluator.ads.quality import quality
    from evaluator.ads.qualitypage import as_text, write_page

    judges = _judges(file.parent)
    judges = replace(judges, model=load(model)) if model else judges
    found = quality(labelled_texts(file), judges)
    if as_json:
        typer.echo(json.dumps(found.rates["全部"].as_json()))
    else:
        typer.echo(as_text(found))
    if out:
        write_page(found, file.name, out)
        if not as_json:
            typer.echo(f"评测页　{out}")
