"""What one run of the program carries from its first word to its last."""

from collections.abc import Callable
from dataclasses import dataclass

from softtoken.cli.answers import Answer
from softtoken.services.home import Home, find_home


@dataclass(slots=True)
class Run:
    """The answer belongs to the run, so that faults end it in the same form as commands do."""

    answer: Answer
    given_home: str | None = None
    at_end: Callable[[], None] = lambda: None

    @property
    def home(self) -> Home:
        return find_home(self.given_home)

    def answer_as(self, *, as_json: bool) -> Answer:
        """The run's answer in the form that a command's own option asks for."""
        if as_json != self.answer.as_json:
            self.answer = Answer(as_json=as_json)
        return self.answer
