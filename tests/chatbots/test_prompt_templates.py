"""Every use case has a template in every language, and the web app has the same ones as the API."""

from typing import get_args

from local.web import prompt_templates
from oneai.chatbots.answering.templates import TEMPLATES
from oneai.chatbots.fields import Configuration, Language, UseCase, Widget


def test_each_use_case_has_a_template_in_each_language_which_the_web_app_has_too() -> None:
    wanted = {(use_case, language) for use_case in get_args(UseCase) for language in get_args(Language)}
    texts = {(use_case, language): each for use_case, of in TEMPLATES.items() for language, each in of.items()}
    assert texts.keys() == wanted
    # None of them is empty or stands for two, and the fields of a chatbot take them as they are.
    assert (
        len({each.prompt for each in texts.values()}) == len({each.greeting for each in texts.values()}) == len(wanted)
    )
    for each in texts.values():
        made = Configuration(model="m", system_prompt=each.prompt, widget=Widget(greeting=each.greeting))
        assert (made.system_prompt, made.widget.greeting) == (each.prompt, each.greeting) != ("", "")
    written = prompt_templates.FILE.read_text()
    assert written == prompt_templates.contents(), "run `python -m local.web.prompt_templates`"
