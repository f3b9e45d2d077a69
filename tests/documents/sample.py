"""A document with one block of every kind, words that need care in it."""

from __future__ import annotations

from yilu.documents import Callout, Chart, Column, Document, Heading, Notes, Paragraph, Series, Table, Text

SAMPLE = Document(
    title=Text("值班日报", "Daily report"),
    subtitle=Text("2025年6月5日(星期四)", "Thursday 5 June 2025"),
    issuer=Text("监测值班", "Duty office"),
    facts=((Text("数据截至", "Data as of"), Text("6月5日 08:20", "5 Jun 08:20")), (Text("版本", "Commit"), "7")),
    blocks=(
        Heading(Text("总体情况", "Overview")),
        Paragraph(Text("收寄1,234件,<增长>5.0%;\"平稳\"&有序", 'Items 1,234, <up> 5.0%; "calm" & orderly')),
        Heading(Text("细目", "Detail"), 2),
        *(Callout(gravity, Text("看这里", "Look here")) for gravity in ("calm", "notice", "warning", "grave")),
        Table(
            Text("分市", "Cities"),
            (Column(Text("城市", "City"), wide=2), Column(Text("收寄量", "Accepted"), Text("件", "items"), True)),
            ((Text("全省", "Province"), "1,234"), (Text("深圳市", "Shenzhen"), "1,000"), (Text("龘靐村", "Dádá"), "234")),
            basis=Text("监测口径", "Monitoring basis"),
            strong=frozenset({0}),
        ),
        Heading(Text("图", "Chart")),
        Chart(
            Text("各时操作量", "Scans by hour"), Text("时", "hour"), Text("次", "scans"), ("8", "9", "10"),
            (Series(Text("收寄", "Accepted"), (5.0, 12345.0, 0.0)), Series(Text("投递", "Delivered"), (1.0, 2.0, 3.5))),
            Text("高峰在9时", "Peak at 9"), basis=Text("有效扫描", "Scans that hold"),
        ),
        Notes(((Text("收寄量", "Accepted"), Text("按收寄日", "By day of acceptance")),)),
    ),
    as_of=1749082800,
)  # fmt: skip
