"""Chat templates in the manner of the common families."""

TURNS = (
    "{% for turn in messages %}{{ '<|' + turn.role + '|>' + turn.content + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
# Gemma: no system turn, `model` for assistant, an end that is not the tokenizer's own.
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not "
    "supported') }}{% endif %}{% for turn in messages %}{% if (turn.role == 'user') != "
    "(loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}"
    "<start_of_turn>{{ 'model' if turn.role == 'assistant' else turn.role }}\n"
    "{{ turn.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
# The first Phi-3: it leaves out what the system says, and ends the conversation as well.
PHI = (
    "{{ bos_token }}{% for turn in messages %}{% if turn.role == 'user' %}<|user|>\n"
    "{{ turn.content }}<|stop|>\n<|assistant|>\n{% elif turn.role == 'assistant' %}"
    "{{ turn.content }}<|stop|>\n{% endif %}{% endfor %}"
    "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}"
)
# Qwen3: the last answer has an empty thought, the prompt for one has none.
QWEN = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n"
    "{% if turn.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ turn.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% endif %}{% endif %}"
)
# Llama 2: spaces inside the brackets and in front of an answer; the instruction within the first.
LLAMA = (
    "{% for turn in messages %}{% if turn.role == 'system' %}{% elif turn.role == 'user' %}"
    "{{ bos_token }}[INST] {% if loop.index0 == 1 %}<<SYS>>\n{{ messages[0].content }}\n<</SYS>>"
    "\n\n{% endif %}{{ turn.content }} [/INST]{% else %} {{ turn.content }} {{ eos_token }}"
    "{% endif %}{% endfor %}"
)
# Llama 3.2: today's date in the system turn.
DATED = (
    "{% set today = strftime_now('%d %b %Y') %}<|system|>Today: {{ today }}\n\n"
    "{% for turn in messages %}{% if turn.role != 'system' %}<|{{ turn.role }}|>{% endif %}"
    "{{ turn.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
