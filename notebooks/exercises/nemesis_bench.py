"""What a learner's programs are tried with while the nemesis breaks things."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zmqlab import trial
from zmqlab.course.judging import Verdict
from zmqlab.course.trial import NotYet

SEED = 12
PATIENT = 25.0  # seconds for an answer while things break, on a busy computer


def expect_unbroken(
    pipeline: Mapping[str, Callable], faults: Iterable[str] | Mapping[float, str], **options: Any
) -> Verdict:
    """Raise `NotYet` if the nemesis breaks something, and print what passed before."""
    verdict = trial(pipeline, faults, seconds=3.5, seed=SEED, ending=PATIENT, **options)
    if not verdict:
        print("\n".join(verdict.story()))
        acts = ", ".join(act for when, act in verdict.acts if when <= verdict.broken[0][0])
        raise NotYet(
            f"Under the nemesis, seed {SEED}: {verdict.broken[0][1]}. "
            f"What had been done to it: {acts or 'nothing yet'}."
        )
    return verdict


def told(verdict: Verdict) -> str:
    """Say what was done to the programs of a trial."""
    return ", ".join(act for _, act in verdict.acts) + " befell it"
