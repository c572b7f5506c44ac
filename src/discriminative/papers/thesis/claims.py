"""The thesis' claims as tests over records. Criteria are fixed here before the records that they read exist.

C-LSM1 is confirmatory: the error of L-Softmax with m = 4, its blend floor and rate chosen on validation under the
tuning seeds, against softmax with rate and decay chosen likewise, over 12 paired seeds, by the log ratio of the
errors; the paper's effect is ln(0.40 / 0.31), the smallest that counts a third of it.
"""

from __future__ import annotations

from discriminative.papers import Claim, printed

__all__ = ["CLAIMS"]


def _table_2_2(id: str, margin: int, experiment: str, scale: str, confirmatory: bool = False) -> Claim:
    cells = printed("thesis", "2.2")
    return Claim(
        id=id,
        place="Table 2.2",
        statement=f"On MNIST, L-Softmax with m = {margin} errs less than softmax.",
        experiment=experiment,
        baseline="softmax",
        arm=f"m={margin}",
        paper_baseline=float(cells["Softmax", "Error Rate"]),
        paper_arm=float(cells[f"L-Softmax (m={margin})", "Error Rate"]),
        scale=scale,
        confirmatory=confirmatory,
    )


SMALL, WHOLE = "2,000 MNIST images, LeNet-64", "55,000 MNIST images, LeNet-500"

CLAIMS = (
    _table_2_2("C-LSM1a", 2, "workhorse", SMALL),
    _table_2_2("C-LSM1b", 3, "workhorse", SMALL),
    _table_2_2("C-LSM1", 4, "workhorse", SMALL, confirmatory=True),
    _table_2_2("C-LSM1c", 2, "table-2-2", WHOLE),
    _table_2_2("C-LSM1d", 3, "table-2-2", WHOLE),
    _table_2_2("C-LSM1e", 4, "table-2-2", WHOLE),
)
