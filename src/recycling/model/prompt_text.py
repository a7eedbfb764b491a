"""Prompts as text, as a base reads them: from its tokenizer alone, without its weights."""

from collections.abc import Callable

from transformers import AutoTokenizer

from recycling.model import conversation


def writer(model: str) -> Callable[[str, str], str]:
    """What makes the prompt of an instruction and an input, without rows that an arm shows in it.

    `model` is a base in its folder.
    """
    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True, trust_remote_code=False)
    found = conversation.find(tokenizer)

    def prompt(instruction: str, text: str) -> str:
        return found.prompt_text(instruction, text).replace(conversation.CUT, "")

    return prompt
