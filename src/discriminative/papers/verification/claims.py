"""What the five papers say of verification, put to the test at a scale that a laptop has.

Their scale, nearly half a million images of 10,000 people, was not run: no verdict here speaks of it. A change of the
error counts from a third of the printed log ratio of the pair errors; where a paper prints none, from a twentieth of
the error, and a difference of two ways to answer from half a point of the pairs.
"""

from __future__ import annotations

from discriminative.papers import printed
from discriminative.study import Claim, Fewer, More

__all__ = ["CLAIMS", "PRINTED"]

FACES = "LFW without outside data, light network, 32 x 32"
CHARACTERS = "Omniglot, 137 characters, LeNet-64"
# What each paper says that it trained on; feature incay gives no count.
LFW = {
    "thesis": "LFW, 490k images of CASIA-WebFace",
    "weights_biased": "LFW, 0.49M images of CASIA-WebFace",
    "reconstruction": "LFW, 494,414 images of CASIA-WebFace and their flips",
    "include_exclude": "LFW, about 430K images of CASIA-WebFace",
    "incay": "LFW, networks trained on CASIA-WebFace",
}


def _error(paper: str, table: str, row: str, column: str) -> float:
    """The printed share of wrong pairs in percent, from an accuracy."""
    return 100.0 - float(printed(paper, table)[row, column])


THESIS = {row: _error("thesis", "2.5", row, "Accuracy") for row in ("Softmax", "L-Softmax (m=4)")}
INCAY = {row: _error("incay", "1", row, "mAcc") for row in ("L-Softmax", "RN + L-Softmax")}
BIASED = {
    row: _error("weights_biased", "3", row, "Accuracy") for row in ("original softmax", r"W-Softmax ($\alpha=1$)")
}
EXCLUDE = {
    row: _error("include_exclude", "6", f"{row} [N]", "Acc. on LFW")
    for row in ("Softmax", "Triplet Loss", "L-Softmax", "Center", "IE")
}
RECONSTRUCTION = (
    float(printed("reconstruction", "2")["L-Softmax (Liu et al. 2016)", "LFW"]),
    float(printed("reconstruction", "2")["L-Softmax+Lre", "LFW"]),
)
PRINTED = {"thesis": THESIS, "incay": INCAY, "weights_biased": BIASED, "include_exclude": EXCLUDE}

# Ids at a rate of 0.05 and of 0.1, the term, its place, the errors that the paper prints, without and with it.
COMMON_RATES = (
    (
        ("4b", "4c"), "triplet loss", "triplet loss", "include-and-exclude, Table 6",
        (EXCLUDE["Softmax"], EXCLUDE["Triplet Loss"]), LFW["include_exclude"],
    ),
    (
        ("5a", "5b"), "RN", "feature incay", "incay, Table 1",
        (INCAY["L-Softmax"], INCAY["RN + L-Softmax"]), f"{LFW['incay']}, beside L-Softmax",
    ),
    (
        ("6a", "6b"), "L_re", "the reconstruction loss", "reconstruction, Table 2",
        RECONSTRUCTION, f"{LFW['reconstruction']}, beside L-Softmax",
    ),
)  # fmt: skip

CLAIMS = (
    Claim(
        "C-OS1",
        "thesis, Table 2.5",
        "On pairs of faces L-Softmax with m = 4 errs less than softmax.",
        FACES,
        Fewer("m=4", "softmax", paper=(THESIS["Softmax"], THESIS["L-Softmax (m=4)"])),
        "unseen-faces",
        paper_scale=LFW["thesis"],
    ),
    Claim(
        "C-OS2",
        "W-Softmax, Table 3",
        "On pairs of faces W-Softmax with alpha = 1 errs less than softmax.",
        FACES,
        Fewer(
            "W-Softmax",
            "softmax",
            paper=(BIASED["original softmax"], BIASED[r"W-Softmax ($\alpha=1$)"]),
        ),
        "unseen-faces",
        paper_scale=LFW["weights_biased"],
    ),
    Claim(
        "C-OS3",
        "include-and-exclude, Table 6",
        "On pairs of faces include-and-exclude errs less than softmax.",
        FACES,
        Fewer("include-exclude loss", "softmax", paper=(EXCLUDE["Softmax"], EXCLUDE["IE"])),
        "unseen-faces",
        paper_scale=LFW["include_exclude"],
    ),
    Claim(
        "C-OS3a",
        "include-and-exclude, Table 6",
        "On pairs of faces include-and-exclude errs less than center loss.",
        FACES,
        Fewer("include-exclude loss", "center loss", paper=(EXCLUDE["Center"], EXCLUDE["IE"])),
        "unseen-faces",
        paper_scale=LFW["include_exclude"],
    ),
    Claim(
        "C-OS3b",
        "include-and-exclude, Table 6",
        "On pairs of faces include-and-exclude errs less than L-Softmax.",
        FACES,
        Fewer("include-exclude loss", "m=4", paper=(EXCLUDE["L-Softmax"], EXCLUDE["IE"])),
        "unseen-faces",
        paper_scale=LFW["include_exclude"],
    ),
    Claim(
        "C-OS4",
        "include-and-exclude, Table 6",
        "On pairs of faces center loss errs less than softmax.",
        FACES,
        Fewer("center loss", "softmax", paper=(EXCLUDE["Softmax"], EXCLUDE["Center"])),
        "unseen-faces",
        paper_scale=LFW["include_exclude"],
    ),
    Claim(
        "C-OS4a",
        "include-and-exclude, Table 6",
        "With triplet loss beside softmax pairs are answered with fewer errors.",
        CHARACTERS,
        Fewer("triplet loss", "softmax", paper=(EXCLUDE["Softmax"], EXCLUDE["Triplet Loss"])),
        "unseen-characters",
        says="our reading",
        paper_scale=LFW["include_exclude"],
    ),
    Claim(
        "C-OS5",
        "incay, Table 1",
        "With feature incay beside softmax pairs are answered with fewer errors.",
        CHARACTERS,
        Fewer("RN", "softmax", paper=(INCAY["L-Softmax"], INCAY["RN + L-Softmax"])),
        "unseen-characters",
        says="our reading",
        paper_scale=f"{LFW['incay']}, beside L-Softmax",
    ),
    Claim(
        "C-OS6",
        "reconstruction, Table 2",
        "With the reconstruction loss beside softmax pairs are answered with fewer errors.",
        CHARACTERS,
        Fewer("L_re", "softmax", paper=RECONSTRUCTION),
        "unseen-characters",
        says="our reading",
        paper_scale=f"{LFW['reconstruction']}, beside L-Softmax",
    ),
    *(
        Claim(
            f"C-OS{number}",
            place,
            f"At a learning rate of {rate:g} for both, {told} beside softmax leaves fewer pairs wrong.",
            CHARACTERS,
            Fewer(f"{name} rate {rate:g}", f"softmax rate {rate:g}", paper=paper),
            "unseen-characters-common",
            says="our reading",
            paper_scale=scale,
        )
        for letters, name, told, place, paper, scale in COMMON_RATES
        for number, rate in zip(letters, (0.05, 0.1), strict=True)
    ),
    Claim(
        "C-OS10",
        "open-set verification",
        "Softmax itself answers pairs with fewer errors at a learning rate of 0.1 than at 0.05.",
        CHARACTERS,
        Fewer("softmax rate 0.1", "softmax rate 0.05", smallest=0.05),
        "unseen-characters-common",
        says="our prediction",
    ),
    Claim(
        "C-OS7",
        "include-and-exclude, Figure 5a",
        "With a fifth of the rivals include-and-exclude answers pairs with fewer errors than with all of them.",
        CHARACTERS,
        Fewer("include-exclude loss", "include-exclude loss Q=all", smallest=0.05),
        "unseen-characters",
        says="our reading",
    ),
    Claim(
        "C-IE10",
        "include-and-exclude, Figure 6a",
        "Cosine similarity answers more pairs of faces right than L2 similarity.",
        FACES,
        More("cosine over L2", "include-exclude loss", smallest=0.5),
        "unseen-faces",
    ),
    Claim(
        "C-IE10a",
        "include-and-exclude, Figure 6a",
        "Cosine similarity answers more pairs of characters right than L2 similarity.",
        CHARACTERS,
        More("cosine over L2", "include-exclude loss", smallest=0.5),
        "unseen-characters",
        says="our reading",
    ),
    Claim(
        "C-IE10b",
        "include-and-exclude, Figure 6a",
        "At a learning rate of 0.1 too cosine similarity answers more pairs of characters right than L2.",
        CHARACTERS,
        More("cosine over L2", "include-exclude loss rate 0.1", smallest=0.5),
        "unseen-characters-common",
        says="our reading",
    ),
    *(
        Claim(
            f"C-OS8{letter}",
            "open-set verification",
            f"At the same scale {name} answers pairs with fewer errors than NormFace, which has no margin.",
            CHARACTERS,
            Fewer(name, "NormFace", smallest=0.05),
            "unseen-characters",
            says="our prediction",
        )
        for letter, name in (("a", "CosFace"), ("b", "ArcFace"))
    ),
    Claim(
        "C-OS8c",
        "open-set verification",
        "At the same scale and a learning rate of 0.1 for both, ArcFace answers pairs with fewer errors than NormFace.",
        CHARACTERS,
        Fewer("ArcFace rate 0.1", "NormFace rate 0.1", smallest=0.05),
        "unseen-characters-common",
        says="our prediction",
    ),
)
