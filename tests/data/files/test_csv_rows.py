"""CSV files as survey tools, spreadsheets, R and pandas write them are read, or refused with the line."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.files.csv_bytes import inspect_bytes
from silentnps.data.files.csv_layout import layout_of
from silentnps.data.files.csv_rows import Skipped, rows_of
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import DataError, SilentNPSError

ROWS = [(i, i % 11, f"2025-03-{1 + i % 28:02d} 10:00:00") for i in range(1, 41)]
COLUMNS = {"customer_id": "Id", "rating": "Score", "responded_at": "Date"}
HEADER = "Id,Score,Date\n"
BODY = "".join(f"{i},{rating},{day}\n" for i, rating, day in ROWS)
CUSTOMERS = "customer_id,region\n" + "".join(f"{i},north\n" for i, *_ in ROWS)


def answers(
    folder: Path, content: str | bytes, *, name: str = "answers.csv", **options: str
) -> list[tuple[str, int]]:
    """Return the ids and ratings that are read of a file, in order."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = TableConfig.model_validate({"path": path, "columns": COLUMNS, **options})
    rows = open_tables(project(folder, customers=CUSTOMERS, responses=table))["responses"].execute()
    return list(zip(rows["customer_id"], rows["rating"], strict=True))


EXPECTED = [(str(i), rating) for i, rating, _ in ROWS]


def delimited(by: str) -> str:
    return (HEADER + BODY).replace(",", by)


READ_AS_WRITTEN = {
    "semicolons": delimited(";"),
    "tabs": delimited("\t"),
    "pipes": delimited("|"),
    "the delimiter named": "sep=;\n" + delimited(";"),
    "the delimiter named after a mark": "\ufeffsep=;\n" + delimited(";"),
    "another delimiter named": "sep=^\r\n" + delimited("^").replace("\n", "\r\n"),
    "a mark": "\ufeff" + HEADER + BODY,
    "UTF-16": (HEADER + BODY).encode("utf-16"),
    "UTF-16 with tabs and CRLF": delimited("\t").replace("\n", "\r\n").encode("utf-16"),
    "UTF-16 without mark": (HEADER + BODY).encode("utf-16-le"),
    "UTF-16, high byte first": (HEADER + BODY).encode("utf-16-be"),
    "CR": (HEADER + BODY).replace("\n", "\r"),
    "CRLF": (HEADER + BODY).replace("\n", "\r\n"),
    "CRLF in the header": HEADER.replace("\n", "\r\n") + BODY,
    "CRLF in the body": HEADER + BODY.replace("\n", "\r\n"),
    "CRLF in some lines": HEADER + BODY.replace("0\n", "0\r\n", 7),
    "an unnamed column": "," + HEADER + "".join(f"{n},{line}\n" for n, line in enumerate(BODY.splitlines())),
    "an unnamed column in quotes": '"",'
    + HEADER
    + "".join(f'"{n}",{x}\n' for n, x in enumerate(BODY.splitlines())),
    "a delimiter at the end": (HEADER + BODY).replace("\n", ",\n"),
    "delimiters at the end": (HEADER + BODY).replace("\n", ",,,\n"),
    "a delimiter at the end of rows": HEADER + BODY.replace("\n", ",\n"),
    "blanks around names": " Id , Score ,\tDate \n" + BODY,
    "an unnamed column beside empty rows and a total": ","
    + HEADER
    + "".join(f"{n},{line}\n" for n, line in enumerate([*BODY.splitlines(), ",,", "Total,5.1,"])),
    "everything in quotes": "".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in (HEADER + BODY).splitlines()
    ),
    "a blank line above": "\n" + HEADER + BODY,
    "a title": "NPS export 2025\n\n" + HEADER + BODY,
    "a title in two lines": "NPS export\nAll stores, 2025\n" + HEADER + BODY,
    "a title filled up": "NPS export 2025,,\n,,\n" + HEADER + BODY,
    "comments": "# exported 2025\n# by a tool\n" + HEADER + BODY,
    "a total": HEADER + BODY + "\n,,\nTotal,5.1,\n",
    "a total at once": HEADER + BODY + "Total,5.1,\n",
    "a total in German": HEADER + BODY + "\nDurchschnitt:,5.1\n",
    "words below": HEADER + BODY + "\n\n40 rows\nExported on 2025-04-01 by a tool\n",
    "empty rows between": HEADER + BODY.replace("\n", "\n,,\n\n", 3),
    "the header again": HEADER + BODY[: BODY.index("11,0")] + HEADER + BODY[BODY.index("11,0") :],
    "no end of the last line": (HEADER + BODY).rstrip("\n"),
    "short rows": "Id,Score,Date,Text,Other\n" + BODY.replace("1:00\n", "1:00,ok\n").replace("0\n", "0,ok,ok\n", 9),
    "another column twice": "Id,Score,Date,Comment,Comment\n" + BODY.replace("\n", ",a,b\n"),
    "a question over two lines": 'Id,Score,Date,"Why?\nTell us"\n' + BODY.replace("\n", ',"because\nit is"\n'),
    "commas and line breaks in quotes": "Id,Score,Date,Text\n"
    + BODY.replace("\n", ',"one, two\nthree ""four"" five"\n'),
    "backslashed quotes": "Id,Text,Score,Date\n" + "".join(f'{i},"a \\"b\\", c",{r},{d}\n' for i, r, d in ROWS),
    "quotes as they are": "Id,Text,Score,Date\n" + "".join(f'{i},"a "b" c",{r},{d}\n' for i, r, d in ROWS),
    "a decimal comma": "Id;Score;Date;Spend\n" + BODY.replace(",", ";").replace("\n", ";12,50\n"),
    "a long text": "Id,Score,Date,Text\n"
    + BODY.replace("\n", "," + "x" * 3_000_000 + "\n", 1).replace("0\n", "0,y\n"),
    "gzip": gzip.compress((HEADER + BODY).encode()),
}


@pytest.mark.parametrize("content", READ_AS_WRITTEN.values(), ids=READ_AS_WRITTEN)
def test_every_row_is_read_and_nothing_else(tmp_path: Path, content: str | bytes) -> None:
    assert answers(tmp_path, content) == EXPECTED


@pytest.mark.parametrize("name", ["a.CSV", "a.csv.GZ", "a.Tsv"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path: Path, name: str) -> None:
    text = (HEADER + BODY).encode()
    assert answers(tmp_path, gzip.compress(text) if name.endswith("GZ") else text, name=name) == EXPECTED


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1", "cp1250", "shift_jis"])
def test_a_declared_encoding_is_that_of_the_file(tmp_path: Path, encoding: str) -> None:
    word = {"shift_jis": "日本", "cp1250": "Łódź"}.get(encoding, "Größe")
    content = f"Id,Score,Date,{word}?\n{BODY.replace(chr(10), f',{word}{chr(10)}')}".encode(encoding)
    with pytest.raises(DataError, match="UTF-8 text; got another encoding in line 1"):
        answers(tmp_path, content)
    assert answers(tmp_path, content, encoding=encoding) == EXPECTED


def test_files_with_other_orders_of_columns_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for part, order in enumerate([(0, 1, 2), (2, 0, 1), (1, 2, 0)]):
        rows = [("Id", "Score", "Date"), *((str(a), str(b), c) for a, b, c in ROWS[part::3])]
        text = "".join(",".join(row[at] for at in order) + "\n" for row in rows)
        (tmp_path / "parts" / f"{part}.csv").write_text(text)
    table = TableConfig(path=tmp_path / "parts", columns=COLUMNS)
    read = open_tables(project(tmp_path, customers=CUSTOMERS, responses=table))["responses"].execute()
    assert sorted(zip(map(int, read["customer_id"]), read["rating"], strict=True)) == [(i, r) for i, r, _ in ROWS]


QUOTE = '"'
REFUSED = {
    "a row above all": (BODY, "must have a header line; got a row of values in line 1"),
    "too many values": (HEADER + "1,5,2025-01-01,x\n" + BODY, "names in its header, 3; got 4 in line 2."),
    "too many values below": (HEADER + BODY + "1,5,2025-01-01,x\n", "names in its header, 3; got 4 in line 42."),
    "a broken row": (HEADER + BODY + "41,5\n,2025-03-01\n", "names in its header, 3; got 2 in line 43."),
    "rows taken in by a quote": (
        "Id,Text,Score,Date\n"
        + "".join(f"{i},{QUOTE * (i == 9)}x{QUOTE * (i == 17)},{r},{d}\n" for i, r, d in ROWS),
        "got one in line 10 that takes in 8 lines that look like rows",
    ),
    "a quote that is not closed": (HEADER + BODY + '41,"5,2025-03-01\n', "one in line 42 that is not closed"),
    "a workbook": ("PK\x03\x04" + HEADER + BODY, "must be text; got a workbook"),
    "a web page": ("<html><table><tr><td>Id</td></tr></table>", "must be a table of text; got a page of HTML"),
    "nothing": ("", "must have a header line; got an empty one"),
    "blank lines": ("\n\n \n", "must have a header line; got an empty one"),
    "no names": (",,\n" + BODY, "must have a header line"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(SilentNPSError) as caught:
        answers(tmp_path, content)
    assert words in str(caught.value)
    assert "2025-03" not in str(caught.value)


def test_what_was_skipped_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("NPS export\n\n" + HEADER + "1,5,2025-03-01\n,,\n# note\n2,6,2025-03-01\n\nTotal,5.5,\n")
    text, skipped = inspect_bytes(path, encoding=None), Skipped()
    rows = list(rows_of(text, layout_of(text), skipped))
    assert [row[0] for row in rows] == ["1", "2"]
    assert skipped.lines == {"above the header": [1], "empty": [5], "comments": [6], "below the table": [9]}


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff"), max_size=8).map(str.strip)


@pytest.mark.slow
@settings(max_examples=20)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    quoted=st.booleans(),
)
def test_both_readers_agree_on_what_rfc_4180_allows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], delimiter: str, quoted: bool
) -> None:

    folder = tmp_path_factory.mktemp("csv")
    with (folder / "c.csv").open("w", encoding="utf-8", newline="") as stream:
        style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=style)
        writer.writerow(["customer_id", "a", "b", "c"])
        writer.writerows([f"k{n}", *row] for n, row in enumerate(rows))
        writer.writerows([f"x{n}", "p", "q", "r"] for n in range(3))
    text = inspect_bytes(folder / "c.csv", encoding=None)
    read = list(rows_of(text, layout_of(text), Skipped()))
    assert [row[1:] for row in read[: len(rows)]] == rows
    table = open_tables(project(folder, customers=TableConfig(path=folder / "c.csv")))["customers"].execute()
    assert table["customer_id"].tolist() == [f"k{n}" for n in range(len(rows))] + ["x0", "x1", "x2"]
