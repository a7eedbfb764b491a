"""Regular expressions of strangers, matched in a time that grows only linearly with the name.

Python's `re` tries one way through an expression after the other, which for `(a|a)*b` takes longer
than anyone can wait. Here all ways are followed at once, as a set of states (Thompson 1968). That
is possible for what a regular expression is by theory: characters, classes, groups, alternatives,
repeats and both anchors. Look-around, back-references and flags are refused.
"""

import re

# States of one expression; a counted repeat has its body as often as it counts.
MOST_STATES = 400

_COUNTED = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_CLASSES_BY_LETTER = "dDwWsS"

# What a transition asks for: a character, nothing, the start or the end of the name.
_NOTHING, _START, _END = "", "^", "$"
_Condition = re.Pattern[str] | str


class UnsupportedPatternError(ValueError):
    """An expression that cannot be matched this way; the message says what in it."""


class LinearPattern:
    """An expression for the end of a name, from its start or a dot on, as PEFT matches patterns.

    The expression is one that `re` compiles. Raises UnsupportedPatternError for look-around,
    back-references, flags and more than MOST_STATES states.
    """

    def __init__(self, pattern: str) -> None:
        self._text, self._position = pattern, 0
        self._edges: list[list[tuple[_Condition, int]]] = [[]]
        end = self._alternatives(0)
        self.states = len(self._edges)
        # Sets of states are bits of a number.
        self._reach = [self._reached(state, {_NOTHING}) for state in range(self.states)]
        self._first = self._reached(0, {_NOTHING, _START})
        ending = (self._reached(state, {_NOTHING, _END}) for state in range(self.states))
        self._ends = sum(1 << state for state, reach in enumerate(ending) if reach >> end & 1)
        self._known: dict[tuple[int, str], int] = {}

    def matches(self, name: str) -> bool:
        """Whether the expression matches `name`, or what follows one of its dots, to the end."""
        now = self._first
        for character in name:
            step = (now, character)
            if step not in self._known:
                self._known[step] = self._next(now, character)
            now = self._known[step]
            if character == ".":
                now |= self._reach[0]
        return bool(now & self._ends)

    def _next(self, now: int, character: str) -> int:
        found = 0
        for state in _members(now):
            for condition, target in self._edges[state]:
                if isinstance(condition, re.Pattern) and condition.match(character):
                    found |= self._reach[target]
        return found

    def _reached(self, state: int, conditions: set[str]) -> int:
        """The states that are reached from one without a character."""
        found, waiting = 1 << state, [state]
        while waiting:
            for condition, target in self._edges[waiting.pop()]:
                if condition in conditions and not found >> target & 1:
                    found |= 1 << target
                    waiting.append(target)
        return found

    # The parser: each function reads on from `_position` and builds from a state to the one that
    # it returns.

    def _alternatives(self, start: int) -> int:
        end = self._state()
        self._edge(self._sequence(start), _NOTHING, end)
        while self._read("|"):
            self._edge(self._sequence(start), _NOTHING, end)
        return end

    def _sequence(self, start: int) -> int:
        while self._position < len(self._text) and self._text[self._position] not in "|)":
            start = self._repeated(start)
        return start

    def _repeated(self, start: int) -> int:
        begin, body = self._position, self._state()
        ends = [self._atom(body)]
        least, most = self._count()
        after = self._position

        def copy(state: int) -> int:
            if ends:  # the body that was built to find its repeat
                self._edge(state, _NOTHING, body)
                return ends.pop()
            self._position = begin
            return self._atom(state)

        for _ in range(least - (most is None)):
            start = copy(start)
        if most is None:
            loop = self._state()
            self._edge(start, _NOTHING, loop)
            end = copy(loop)
            self._edge(end, _NOTHING, loop)
            start = end if least else loop
        elif most > least:
            end = self._state()
            for _ in range(most - least):
                self._edge(start, _NOTHING, end)
                start = copy(start)
            self._edge(start, _NOTHING, end)
            start = end
        self._position = after
        return start

    def _count(self) -> tuple[int, int | None]:
        """How often the atom before is repeated, at least and at most."""
        found: tuple[int, int | None] = (1, 1)
        counted = _COUNTED.match(self._text, self._position)
        if counted and counted[0] != "{}":
            self._position = counted.end()
            least = int(counted[1] or 0)
            found = (least, least if not counted[2] else int(counted[3]) if counted[3] else None)
        elif self._read("*"):
            found = (0, None)
        elif self._read("+"):
            found = (1, None)
        elif self._read("?"):
            found = (0, 1)
        else:
            return found
        # Whether a repeat takes much or little first says which match is found, not whether one is.
        if not self._read("?") and self._read("+"):
            raise UnsupportedPatternError("a possessive repeat")
        return found

    def _atom(self, start: int) -> int:
        character = self._text[self._position]
        if self._read("("):
            if self._read("?") and not self._read(":"):
                raise UnsupportedPatternError("a group that begins with (?")
            end = self._alternatives(start)
            self._read(")")
            return end
        condition: _Condition = character
        width = 1
        if character == "[":
            found = _CLASS.match(self._text, self._position)
            width = len(found[0]) if found else 1
        elif character == "\\":
            width = 2
            escaped = self._text[self._position + 1]
            if escaped.isalnum() and escaped not in _CLASSES_BY_LETTER:
                raise UnsupportedPatternError(f"\\{escaped}")
        if character not in (_START, _END):
            # A character that stands for itself, or what `re` knows of one character.
            condition = re.compile(self._text[self._position : self._position + width])
        self._position += width
        end = self._state()
        self._edge(start, condition, end)
        return end

    def _read(self, character: str) -> bool:
        found = self._text.startswith(character, self._position)
        self._position += found
        return found

    def _state(self) -> int:
        if len(self._edges) == MOST_STATES:
            raise UnsupportedPatternError(f"more than {MOST_STATES} states")
        self._edges.append([])
        return len(self._edges) - 1

    def _edge(self, start: int, condition: _Condition, end: int) -> None:
        self._edges[start].append((condition, end))


def _members(states: int) -> list[int]:
    return [state for state in range(states.bit_length()) if states >> state & 1]
