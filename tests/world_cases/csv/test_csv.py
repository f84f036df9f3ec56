"""Tables from public bug reports keep their rows and cells; README.md names the reports."""

import pytest

from tests.ingest_document import extracted

pytestmark = pytest.mark.sampled(0.4)

CASES = {
    "a doubled quote far down": (
        "no,part,note\n"
        + "".join(f"{n},pipe {n},fine\n" for n in range(2000))
        + '9,"Bend, 3"" steel","Ask ""Raj"", twice"\n',
        '9 | Bend, 3" steel | Ask "Raj", twice',
    ),
    "apostrophes": (
        "word,meaning\n'kal',yesterday\nD'Souza,a name\n'twas,it was\n",
        "D'Souza | a name\n'twas | it was",
    ),
    "a first line that names the separator": (
        "sep=;\nName;Ort;Betrag\nJan;Ulm;2.345,10\n",
        "Name | Ort | Betrag\nJan | Ulm | 2.345,10",
    ),
    "a quoted first line that names a comma": ('"sep=,"\na;b,c\n1;2,3\n', "a;b | c\n1;2 | 3"),
    "a first line that names a caret": ("SEP=^\na^b,c\n", "a | b,c"),
    "decimal commas between semicolons": ("nome;valor\nAna;5,58\nRui;5,51\nBia;5,20\n", "nome | valor\nAna | 5,58"),
    "decimal commas between tabs": ("X\tY\tZ\n120,5\t50,3\t2,35\n", "X | Y | Z\n120,5 | 50,3 | 2,35"),
    "decimal commas in each row without a header": ("1,1;1,2\n2,1;2,1\n", "1,1 | 1,2\n2,1 | 2,1"),
    "one column of decimal commas": ("Betrag\n1,50\n22,75\n1.234,00\n", "Betrag\n1,50\n22,75\n1.234,00"),
    "a comma in each date, and rows that end early": (
        "April 5, 2026;40;Ray;new;\nApril 4, 2026;44;Mia;new;\nApril 3, 2026;10;Tom;new\n",
        "April 5, 2026 | 40 | Ray | new\nApril 4, 2026 | 44 | Mia | new\nApril 3, 2026 | 10 | Tom | new",
    ),
    "a quote that is never closed": ('no,note\n1,"left open\n2,next\n3,last\n', '1 | "left open\n2 | next\n3 | last'),
    "a quote closed by a curly one": ('no,note\n1,"left open”\n2,"a, b"\n', '1 | "left open”\n2 | a, b'),
    "an open quote before doubled ones": (
        'C,A,1\nC,B,"2\n"",3\nC,D,4\n',
        'C | A | 1\nC | B | "2\n | 3\nC | D | 4',
    ),
    "inches in cells without quotes": ('id,size\n1,5 1/2"\n2,7"\n', 'id | size\n1 | 5 1/2"\n2 | 7"'),
    "line breaks in cells": (
        'no,address\n1,"12 Park Street\r\n\r\nKolkata"\n2,"x"\n',
        "1 | 12 Park Street Kolkata\n2 | x",
    ),
    "carriage returns alone": ("no;city\r1;Pune\r2;Goa\r", "no | city\n1 | Pune\n2 | Goa"),
    "tabs under the wrong name": ("no\tname\n1\tRao, Anika\n", "no | name\n1 | Rao, Anika"),
    "one column": ("note\nred; blue\ngreen\nblack\nwhite, off\n", "note\nred; blue\ngreen\nblack\nwhite, off"),
    "rows of other lengths": ("a,b,c\n1,2\n3,4,5,6\n,,7\n", "a | b | c\n1 | 2\n3 | 4 | 5 | 6\n |  | 7"),
    "comments above a table": (
        "# made by meter, v2\n# unit: C\ntime\ttemp\n10:00\t21,5\n",
        "# unit: C\ntime | temp\n10:00 | 21,5",
    ),
    "a mark at the beginning": ("\ufeffno,name\n1,Rao\n", "no | name\n1 | Rao"),
    "zero bytes": (
        "no,name\n" + "".join(f"{n},Rao and sons of Pune\n" for n in range(30)) + "\0" * 40,
        "29 | Rao and sons of Pune",
    ),
    "zero bytes beside a quote": (
        "no,name\n" + "".join(f'{n},"Rao, Pune"\n' for n in range(40)) + '7,"Ra\0o"\n',
        "7 | Rao",
    ),
    "a space before a quote": ('a, "b, c", d\n1, 2, 3\n', "a | b, c | d\n1 | 2 | 3"),
    "bars": ("id|x,y|z\n1|2,3|4\n", "id | x,y | z\n1 | 2,3 | 4"),
    "a backslash before quotes": ('a,b\n"x \\"y\\" z",2\n"w",3\n', 'x "y" z | 2\nw | 3'),
    "a backslash before the last quote": ('a,b\n"the \\"end\\"","5\\" pipe, long"\n', 'the "end" | 5" pipe, long'),
    "a backslash before quotes beside an empty cell": ('"a","","b"\n"x \\"y\\", z","",2\n', 'x "y", z |  | 2'),
    "a backslash before a backslash": ('a;b\n"\\"C:\\\\dir\\\\";2\n"\\"x";"D:\\\\"\n', '"C:\\dir\\ | 2\n"x | D:\\'),
    "a backslash before quotes over two lines": ('a,b\n"one \\"two\nthree\\" four",5\n', 'one "two three" four | 5'),
    "a path that ends in a backslash": ('a,b\n"C:\\dir\\",2\n"D:\\",3\n', "C:\\dir\\ | 2\nD:\\ | 3"),
    "a backslash before a doubled quote": ('a,b\n"{""k"": ""x\\""y""}",2\n', '{"k": "x\\"y"} | 2'),
    "many empty cells": ("a" + "," * 5000 + "b\n", "a |  | b"),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_and_cells_are_read_as_written(case: str) -> None:
    content, expected = CASES[case]

    assert expected in extracted.text(content.encode(), "table.csv")


def test_a_separator_line_is_not_a_row() -> None:
    assert "sep" not in extracted.text(b"sep=;\r\na;b\r\n", "table.csv").lower()


def test_a_very_long_cell_is_read_whole() -> None:
    text = extracted.text(b"a,b\n" + b"word " * 60_000 + b',"' + b"other " * 60_000 + b'"\n', "table.csv")

    assert (text.count("word"), text.count("other")) == (60_000, 60_000)


def test_open_quotes_in_every_row_take_linear_time() -> None:
    rows = b'1,"open\n' * 100_000

    assert extracted.text(rows, "table.csv").count('1 | "open') >= 100_000
