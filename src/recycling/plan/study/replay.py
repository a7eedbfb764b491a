"""The keys of a replay: which published scores, of whom, on which tasks."""

from typing import Annotated, Literal

from pydantic import Field

from recycling.plan.study.keys import (
    Count,
    CountOrNone,
    Keys,
    Maybe,
    Name,
    Named,
    Number,
    SomeDistinct,
    StudyName,
)

FileName = Annotated[
    str,
    Named("[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, _, . and -, as the name of a file"),
]
Value = Annotated[float, Number()]


class PublishedFile(Keys):
    """Where a published file is, and what it holds."""

    path: str
    """Path below `url`."""
    sha256: Annotated[str, Named("[0-9a-f]{64}", "a SHA-256 of 64 hexadecimal digits")]
    """Digest of its content."""


class Column(Keys):
    """Scores of one method: a value for each task."""

    file: str
    """One of `files`."""
    column: str
    """Header of the scores."""
    key: str = "task"
    """Header of the tasks."""
    names: dict[str, str] = {}
    """Task in the file -> task of the study."""
    expected: Maybe[Value] = None
    """Mean over tasks by another computation, to stand beside ours."""
    published: Maybe[Value] = None
    """Mean over tasks as printed in the paper."""


class Matrix(Keys):
    """Scores of adapters on tasks."""

    file: str
    """One of `files`."""
    form: Literal["csv", "relative_changes"] = "csv"
    """How the scores stand in the file."""
    adapter: str = "adapter"
    """Header of the adapters' names."""
    columns: dict[str, str] = {}
    """Task -> header, where it is another or stands there twice."""
    complete: bool = False
    """Leave tasks out that some adapter has no score for."""
    base: Maybe[Column] = None
    """Scores of the base model."""
    expected: dict[str, Value] = {}
    """Values of another computation to stand beside ours; quantity -> value."""


class MethodContrast(Keys):
    """Two methods to compare, task by task."""

    method: str
    """One of `methods`."""
    reference: str
    """One of `methods`, which is subtracted."""
    expected: Maybe[Value] = None
    """Difference by another computation, to stand beside ours."""


class ReplayStatistics(Keys):
    """How many adapters are selected, and the resamples of the intervals."""

    top: Annotated[int, Field(ge=2)] = 30
    """Adapters that a selection takes."""
    tie_breaks: Count = 20
    """Shuffles of tied scores."""
    resamples: Annotated[int, Field(ge=100)] = 1000
    """Draws of the bootstrap."""


class ReplayStudy(Keys):
    """Published scores of adapters on tasks, put through our selection and statistics."""

    kind: Literal["replay"]
    """The kind of study."""
    study: StudyName
    """Name of the folder below results/."""
    seed: CountOrNone = 1
    """Root of every random stream."""
    folder: Maybe[str] = None
    """Where files are taken from if they lie there."""
    url: Annotated[str, Named(r"https?://\S+", "an address, http:// or https://", most=2000)]
    """Address that the paths of files are appended to."""
    files: Annotated[dict[FileName, PublishedFile], Field(min_length=1)]
    """File -> path below url, and the digest of its content."""
    tasks: SomeDistinct[str]
    """The tasks to look at; a matrix may lack some."""
    adapters: Maybe[str] = None
    """File with one adapter a line; without it, all that a matrix holds."""
    labelled: Matrix
    """The scores that adapters are selected by."""
    outcomes: Annotated[dict[Name, Matrix], Field(min_length=1)]
    """What the labelled score should predict; name -> matrix of the same adapters."""
    methods: dict[Name, Column] = {}
    """Scores of methods; name -> a column with a value for each task."""
    contrasts: list[MethodContrast] = []
    """Methods to compare, task by task."""
    statistics: ReplayStatistics = ReplayStatistics()
    """How many adapters are selected, and the resamples of the intervals."""
