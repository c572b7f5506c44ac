"""Outputs carried over, and what nbval compares."""

from __future__ import annotations

from typing import Any

import pytest
from cells import code, notebook, prose

from discriminative.site.notebook import BookError, carry_over, reference_copy, with_said_descriptions


def test_a_change_of_prose_carries_the_outputs_over() -> None:
    output = {"output_type": "stream", "text": "4", "name": "stdout"}
    executed = notebook(
        prose("old"), code("profile = 1", "parameters"), code("profile = 2", "injected-parameters"),
        code("2 + 2", outputs=[output]),
    )  # fmt: skip
    fresh = carry_over(notebook(prose("new"), code("profile = 1", "parameters"), code("2 + 2")), executed)
    assert [c["source"] for c in fresh["cells"]] == [["new"], ["profile = 1"], ["profile = 2"], ["2 + 2"]]
    assert fresh["cells"][3]["outputs"] == [output]


def test_a_reference_keeps_what_is_compared_and_drops_the_rest() -> None:
    shown = {
        "output_type": "display_data",
        "data": {"application/papermill.record/image/png": "x", "image/png": "x", "text/plain": "y"},
        "metadata": {},
    }
    check = {
        "output_type": "display_data",
        "data": {"text/plain": "holds"},
        "metadata": {"check": {"label": "a", "worst": 1e-17}},
    }
    executed = notebook(
        code("profile = 2", "injected-parameters"), code("a", outputs=[shown, check]),
        code("b", "nbval-ignore-output", outputs=[shown]),
    )  # fmt: skip
    executed["metadata"] = {"papermill": {"input_path": "a"}, "kernelspec": {"name": "python3"}}
    kept = reference_copy(executed)
    assert kept["metadata"] == {"kernelspec": {"name": "python3"}}
    assert [len(cell["outputs"]) for cell in kept["cells"]] == [2, 0]
    assert kept["cells"][0]["outputs"][0]["data"] == {"text/plain": "y"}
    assert kept["cells"][0]["outputs"][1]["metadata"]["check"] == {"label": "a"}


def test_a_figure_s_description_says_what_its_chapter_glued() -> None:
    def glued(name: str, plain: str) -> dict[str, Any]:
        data = {"application/papermill.record/text/plain": plain}
        return {"output_type": "display_data", "data": data, "metadata": {"scrapbook": {"name": name}}}

    cell = code("a", outputs=[glued("low", "89.724"), glued("C-A.word", "'contradicted'")])
    text = "```{glue:figure} fig-a\n:alt: From {glue:text}`low:.0f`, {glue:text}`C-A.word`.\n\n{glue:text}`low`\n```"
    told = with_said_descriptions(notebook(cell, prose(text)))["cells"][1]["source"]
    assert told[1:] == [":alt: From 90, contradicted.\n", "\n", "{glue:text}`low`\n", "```"]
    with pytest.raises(BookError, match="names high"):
        with_said_descriptions(notebook(cell, prose(":alt: {glue:text}`high`")))
