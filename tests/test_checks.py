"""Executed checks of what is proved and of what is corrected: they can fail, and they say what they checked."""

from __future__ import annotations

import inspect
import math

import pytest
import torch

from discriminative.checks import checked, exact, refuted


def test_checks_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    checked("prop-a", torch.tensor([1e-13, 0.0]), at_most=1e-12, what="the bound")
    with pytest.raises(ValueError, match=r"prop-a fails: the worst case is 0\.5"):
        checked("prop-a", 0.5, at_most=0.1, what="the bound")
    with pytest.raises(ValueError, match="prop-a fails"):
        checked("prop-a", math.nan, at_most=0.1, what="the bound")
    refuted("erratum-a", 1.0, at_least=0.5, what="the gap")
    with pytest.raises(ValueError, match="is not refuted"):
        refuted("erratum-a", 0.1, at_least=0.5, what="the gap")
    with pytest.raises(ValueError, match="prop-b fails: the corrected line"):
        exact("prop-b", False, "the corrected line")


def test_a_check_says_what_it_checked() -> None:
    with pytest.raises(ValueError, match="what must say what was checked of erratum-a"):
        exact("erratum-a", True, "")
    for check in (checked, exact, refuted):
        assert inspect.signature(check).parameters["what"].default is inspect.Parameter.empty


def test_a_worst_case_that_has_a_gradient_is_no_reason_to_warn(recwarn: pytest.WarningsRecorder) -> None:
    checked("prop-a", torch.tensor(0.0, requires_grad=True), at_most=1e-12, what="the bound")
    assert not list(recwarn)
