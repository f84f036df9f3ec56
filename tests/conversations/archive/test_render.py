"""The HTML file shows every message, tool call and attachment as text; all its tags are ours."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as some

from oneai.conversations.archive.document import ExportedAttachment, ExportedConversation, ExportedMessage, ExportHeader
from oneai.conversations.archive.render import HTML, POLICY, STYLE
from tests.effort import sample

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
# Delimiters of HTML, in any order and in pieces, beside other text.
PIECES = (
    *(
        "<",
        ">",
        "</",
        "/>",
        "&",
        "&lt;",
        "&#60",
        "&amp",
        '"',
        "'",
        "=",
        "`",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "<!",
    ),
    *("script", "style", "title", "textarea", "svg", "iframe", "div", "section", "body", "plaintext", "template"),
    *(
        " onload=",
        " src=//x",
        " style=",
        "javascript:",
        "\n",
        "\t",
        " ",
        "\u2028",
        "{}",
        ";",
        "*/",
        "</script",
        "</style>",
    ),
)
words = some.lists(some.sampled_from(PIECES) | some.text(max_size=3), max_size=12).map("".join)


class Page(HTMLParser):
    """A parsed page: its tags with their attributes, and its text by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.others: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag != "meta":
            self._open.append(len(self.texts))
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.texts[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            tag, text = self.texts[self._open[-1]]
            self.texts[self._open[-1]] = (tag, text + data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def head(title: str, prompt: str) -> ExportHeader:
    talk = ExportedConversation(
        id=UUID(int=1), title=title, system_prompt=prompt, created_at=NOW, updated_at=NOW, last_message_at=NOW
    )
    return ExportHeader(exported_at=NOW, conversation=talk)


def said(content: str, model: str, name: str) -> ExportedMessage:
    return ExportedMessage(
        id=UUID(int=2),
        parent_message_id=None,
        role="assistant",
        content=content,
        sequence_number=1,
        revision_number=0,
        is_chosen=True,
        is_latest=True,
        model=model,
        attachments=[ExportedAttachment(name=name, size=1)],
        images=0,
        created_at=NOW,
    )


def one_line(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=sample(60, 2000))
@given(title=words, prompt=words, content=words, model=words, name=words)
@example(
    title="</title><script>", prompt="</div>", content="</style><svg onload=x>", model="<!--", name='"><img src=x>'
)
@example(title=" ", prompt=" ", content=" ", model=" ", name=" ")
@example(title="&lt;b&gt;", prompt="&#x3c;", content="<plaintext>", model="</h2>", name="&amp;")
def test_an_html_page_of_any_message_has_our_tags_alone(
    title: str, prompt: str, content: str, model: str, name: str
) -> None:
    page = Page(HTML.begin(head(title, prompt)) + HTML.each(said(content, model, name)) + HTML.end)

    begin = ["html", "head", "meta", "meta", "meta", "meta", "title", "style", "body", "h1", "time"]
    system = ["section", "h2", "div"] if prompt else []
    assert page.tags == [*begin, *system, "section", "h2", "time", "small", "div"]
    assert page.others == ["DOCTYPE html"]
    assert {attribute for attribute in page.attributes if attribute[0] != "meta"} == {
        ("h1", "dir", "auto"),
        ("div", "dir", "auto"),
        ("time", "datetime", NOW.isoformat()),
    }
    assert ("meta", "content", POLICY) in page.attributes
    shown = [text for tag, text in page.texts if tag in ("style", "h1", "title")]
    assert shown == [one_line(title) or "Untitled conversation", STYLE, one_line(title) or "Untitled conversation"]
    divs = [text for tag, text in page.texts if tag == "div"]
    assert divs == [*([prompt] if prompt else []), content]
    (notes,) = [text for tag, text in page.texts if tag == "small"]
    assert notes == f"Attached: {one_line(name) or 'file'}"
