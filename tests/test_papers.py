"""The registry: a paper is a folder and one word; its settings are those that validation chose; names are unique."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative import measures, papers
from discriminative.evidence import choose
from discriminative.ledger import Ledger
from discriminative.papers import shared
from discriminative.papers.thesis import told
from discriminative.papers.thesis.claims import WITHDRAWN
from discriminative.runs import TUNING_SEEDS
from discriminative.study import Claim, Experiment, Measure, Proved, Tuning

ROOT = Path(__file__).parents[1]
RESULTS = Ledger(ROOT / "results")
TUNINGS = [tuning for paper in papers.papers() for tuning in paper.tunings]
CLAIMS = list(papers.claims().values())


CHOICES = [(tuning, name) for tuning in TUNINGS for name in tuning.chosen]


@pytest.mark.parametrize(("tuning", "name"), CHOICES, ids=lambda value: getattr(value, "name", value))
def test_a_setting_is_the_one_that_validation_chose(tuning: Tuning, name: str) -> None:
    """Where every record of the tuning is there, the choice is computed again; it is never made without them."""
    assert choose(tuning.among(name), RESULTS).name == tuning.chosen[name]


@pytest.mark.parametrize("tuning", TUNINGS, ids=lambda tuning: tuning.name)
def test_every_arm_of_a_tuning_is_tried_under_the_tuning_seeds_over_configurations_of_its_own(tuning: Tuning) -> None:
    assert "tuning" in tuning.name
    names = [arm.name for arm in tuning.arms]
    assert len(set(names)) == len(names)
    assert all(set(arm.seeds) <= set(TUNING_SEEDS) for arm in tuning.arms)
    for name in tuning.chosen:
        assert tuning.chosen[name] in [arm.name for arm in tuning.among(name)]
        assert len({arm.run.id for arm in tuning.among(name)}) == len(tuning.among(name)) >= 2


def test_what_several_papers_train_against_is_tuned_over_twelve_settings_each() -> None:
    families = ("softmax-bias", "weight-normalised", "hinge", "NormFace", "CosFace", "ArcFace")
    for name in (*families, *(f"A-Softmax m={m}" for m in shared.MARGINS)):
        assert len(shared.FAMILY_TUNING.among(name)) == 12, name
    for name in ("softmax", *(f"m={m}" for m in shared.MARGINS)):
        assert len(shared.MARGIN_TUNING.among(name)) == 12, name


def test_a_control_is_the_tuned_arm_with_what_is_asked_for_changed() -> None:
    assert len(shared.control("softmax").seeds) == 20
    small = shared.control("NormFace", 3, train_size=500)
    assert small.seeds == (0, 1, 2)
    assert replace(small.run, train_size=2000) == shared.FAMILY_TUNING.arm("NormFace", 12).run
    with pytest.raises(ValueError, match="name must be one of"):
        shared.control("nothing")


def test_no_evidence_comes_from_a_tuning_seed() -> None:
    for experiment in papers.experiments().values():
        if "tuning" not in experiment.name:
            for profile in experiment.arms:
                assert all(seed not in TUNING_SEEDS for arm in experiment.at(profile) for seed in arm.seeds)


def test_arms_of_an_experiment_have_names_of_their_own() -> None:
    for experiment in papers.experiments().values():
        for profile in experiment.arms:
            names = [arm.name for arm in experiment.at(profile)]
            assert len(set(names)) == len(names), experiment.name


def test_a_name_that_two_papers_use_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    first = papers.papers()[0]
    second = replace(first, name="second", experiments=[Experiment("new", "here", "New", {})], tunings=(), claims=())
    both = {"first": first, "second": second}
    monkeypatch.setattr(papers, "PAPERS", tuple(both))
    monkeypatch.setattr(papers, "paper", both.__getitem__)
    assert "new" in papers.experiments()
    both["second"] = replace(second, experiments=[replace(second.experiments[0], name=first.experiments[0].name)])
    papers._experiments.cache_clear()
    with pytest.raises(ValueError, match="two experiments are called"):
        papers.experiments()
    papers._experiments.cache_clear()
    both["second"] = replace(second, claims=first.claims[:1])
    with pytest.raises(ValueError, match="two claims are called"):
        papers.claims()
    both["second"] = replace(second, measures={"test error": Measure(lambda record: 0.0, "", "more", "less", "x")})
    with pytest.raises(ValueError, match="two measures are called 'test error'"):
        measures.measure("test error")


def test_at_most_fourteen_claims_of_the_book_are_confirmatory() -> None:
    assert sum(claim.confirmatory for claim in CLAIMS) <= 14


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_names_arms_and_measures_that_exist(claim: Claim) -> None:
    if isinstance(claim.test, Proved):
        assert claim.experiment == ""
        return
    experiment = papers.experiment(claim.experiment)
    assert claim.profile in experiment.arms
    kind = measures.measure(claim.test.measure)
    assert claim.test.criterion(kind)
    assert claim.test.counts_from >= 0
    arms = {arm.name: arm for arm in experiment.at(claim.profile)}
    for name in claim.test.arms:
        # some arms wait until validation has chosen their setting
        if name in arms or not experiment.after:
            assert arms[name].seeds[:3] in (
                (0, 1, 2),
                (12, 13, 14),
                (18, 19, 20),
            )  # the first, or the first that no older run has


def test_every_claim_has_a_smallest_effect_that_counts() -> None:
    """Only claims that were withdrawn took any difference."""
    assert all(claim.test.counts_from > 0 for claim in CLAIMS if not isinstance(claim.test, Proved))


def test_a_withdrawn_claim_is_none_of_the_book_and_its_old_verdict_can_be_computed() -> None:
    heads, rows = told.withdrawn()
    assert not {claim.id for claim, _ in WITHDRAWN} & {claim.id for claim in CLAIMS}
    assert len(rows) == len(WITHDRAWN)
    assert all(len(row) == len(heads) for row in rows)
    words = {row[0]: row[3] for row in rows}
    assert words["C-LSM7"] == words["C-LSM9b"] == "reproduced"  # as earlier printings said
    assert all(reason for _, reason in WITHDRAWN)


def test_the_proof_of_a_claim_is_in_its_papers_chapter() -> None:
    proved = 0
    for paper in papers.papers():
        text = (ROOT / "notebooks" / f"{paper.notebook}.ipynb").read_text()
        for claim in paper.claims:
            if isinstance(claim.test, Proved):
                proved += 1
                assert f":label: {claim.test.label}\\n" in text
    assert proved >= 1


def test_a_papers_folder_has_its_name_its_chapter_and_its_entry_in_the_bibliography() -> None:
    bibliography = (ROOT / "book" / "references.bib").read_text()
    for name in papers.PAPERS:
        paper = papers.paper(name)
        assert paper.name == name
        assert f"{{{paper.citation}," in bibliography
        assert (ROOT / "notebooks" / f"{paper.notebook}.ipynb").exists()
    prefixes = [paper.prefix for paper in papers.papers()]
    assert len(set(prefixes)) == len(prefixes)


def test_printed_cells_are_the_papers() -> None:
    cells = papers.printed("thesis", "2.2")
    assert cells["L-Softmax (m=4)", "Error Rate"] == 0.31
    assert papers.printed("thesis", "2.3")["FitNet [47]", "CIFAR10"] == "N/A"
    with pytest.raises(ValueError, match=r"has no table '9\.9'"):
        papers.printed("thesis", "9.9")
    with pytest.raises(ValueError, match="there is no folder papers/nobody"):
        papers.printed("nobody", "1")


def test_an_experiment_names_the_one_command_that_fills_it() -> None:
    for item in papers.experiments().values():
        first = f"{item.after} " if item.after else ""
        for profile in item.arms:
            assert item.command(profile) == f"discriminative run {first}{item.name} --profile {profile}"
    assert {item.after for item in papers.experiments().values() if item.after} <= set(papers.experiments())


# Of every arm with its run at seed 0, and of every confirmatory claim with its criterion, as the registry found them.
KEPT = (
    *("blend", "curve-500", "curve-8000", "family", "family-tuning", "fashion", "figure-2-2", "literal", "longer"),
    *("margin-tuning", "pure-tuning", "table-2-2", "whole-tuning", "workhorse", "cifar-quick"),
)
RUNS, CONFIRMATORY = "176dfdd1619f940c", "a0525b2de91b9cd7"


def test_the_settings_and_the_confirmatory_criteria_of_the_first_chapter_stand_as_they_were() -> None:
    def digest(of: object) -> str:
        return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]

    first = papers.papers()[0]
    runs = sorted(
        f"{name} {profile} {arm.name} {arm.row} {arm.run.id}"
        for name in KEPT
        for profile in ("quick", "laptop")
        for arm in papers.experiment(name).at(profile)
    )
    assert digest(runs) == RUNS
    criteria = [
        [c.id, c.place, c.statement, c.scale, c.experiment, c.profile, list(c.test.arms), round(c.test.counts_from, 12)]
        for c in first.claims
        if c.confirmatory
    ]
    assert digest(criteria) == CONFIRMATORY
