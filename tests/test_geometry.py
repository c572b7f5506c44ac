from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discriminative.geometry import (
    angular_visual_hardness,
    binary_margin,
    class_angles,
    class_cosines,
    class_distances,
    class_mean_angles,
    describe,
    fisher_ratio,
    hyperspherical_energy,
    measured_norm_bound,
    minimum_dimension,
    neural_collapse,
    norm_upper_bound,
    rival_threshold,
    separability_floor,
    simplex,
    unit_rows,
    weight_cosines,
    weight_separability,
    welch_bound,
)

f64 = torch.float64
seeds = st.integers(0, 10**6)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=f64)


def data(seed=0, samples=20, classes=4, dim=5):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator)
    labels[:classes] = torch.arange(classes)
    return normal(samples, dim, seed=seed), labels, normal(classes, dim, seed=seed + 1)


def angle(u, v):
    return math.acos(
        max(-1.0, min(1.0, math.fsum(a * b for a, b in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)))
    )


# --- the simplex ---------------------------------------------------------------------------------------------------


def recursion(count):
    """W-Softmax, Eq. 3, in columns as it is printed."""
    columns = np.array([[1.0, -1.0]])
    for c in range(3, count + 1):
        shrunk = math.sqrt(((c - 1) ** 2 - 1) / (c - 1) ** 2) * columns
        upper = np.hstack([shrunk, np.zeros((c - 2, 1))])
        columns = np.vstack([upper, np.hstack([np.full((1, c - 1), -1 / (c - 1)), [[1.0]]])])
    return columns


@pytest.mark.parametrize("count", [2, 3, 4, 5, 10, 40])
def test_the_simplex_is_the_printed_recursion(count):
    got = simplex(count, dtype=f64)
    assert got.shape == (count, count - 1)
    torch.testing.assert_close(got, torch.from_numpy(recursion(count).T), rtol=0, atol=1e-12)


def test_the_simplex_takes_a_width():
    wide = simplex(4, 7, dtype=f64)
    assert torch.equal(wide[:, :3], simplex(4, dtype=f64))
    assert wide.shape == (4, 7)
    assert not wide[:, 3:].any()


@pytest.mark.parametrize("count", [2, 3, 10, 100])
def test_all_pairs_of_the_simplex_stand_at_minus_one_over_c_minus_one(count):
    gram = simplex(count, dtype=f64) @ simplex(count, dtype=f64).T
    expected = torch.full((count, count), -1 / (count - 1), dtype=f64).fill_diagonal_(1)
    torch.testing.assert_close(gram, expected, rtol=0, atol=1e-12)
    assert torch.linalg.matrix_rank(gram) == minimum_dimension(count) == count - 1


def test_the_simplex_keeps_the_dtype_asked_for():
    assert simplex(4).dtype == torch.get_default_dtype()
    assert simplex(4, dtype=torch.bfloat16).dtype == torch.bfloat16


@given(count=st.integers(2, 8), cosine=st.floats(-0.9, 0.95))
@settings(deadline=None, max_examples=25)
def test_no_common_angle_fits_below_the_minimum_dimension(count, cosine):
    """The Gram matrix of a common cosine has rank C, or C - 1 at -1/(C-1), and below that is no Gram matrix at all."""
    gram = np.full((count, count), cosine) + (1 - cosine) * np.eye(count)
    values = np.linalg.eigvalsh(gram)
    assert np.allclose(np.sort(values), np.sort([1 - cosine] * (count - 1) + [1 + (count - 1) * cosine]))
    assert (values > 1e-9).sum() >= minimum_dimension(count)


@given(seed=seeds, count=st.integers(2, 9), dim=st.integers(2, 12))
@settings(deadline=None, max_examples=25)
def test_no_placement_has_a_smaller_largest_cosine_than_the_simplex(seed, count, dim):
    assert weight_cosines(normal(count, dim, seed=seed)).max() >= -1 / (count - 1) - 1e-12


# --- how far from orthonormal --------------------------------------------------------------------------------------


def separability(weight):
    """Feed-backward reconstruction, Eq. 6, entry by entry."""
    rows = weight.tolist()
    total = 0.0
    for i, u in enumerate(rows):
        for j, v in enumerate(rows):
            total += (math.fsum(a * b for a, b in zip(u, v, strict=True)) - (i == j)) ** 2
    return total / len(rows)


@pytest.mark.parametrize(("count", "dim"), [(3, 5), (5, 5), (7, 2), (1, 4), (20, 3)])
def test_separability_is_the_printed_equation(count, dim):
    weight = normal(count, dim)
    assert weight_separability(weight).item() == pytest.approx(separability(weight), rel=1e-12)
    units = [[value / math.hypot(*row) for value in row] for row in weight.tolist()]
    assert weight_separability(weight, unit=True).item() == pytest.approx(separability(np.array(units)), rel=1e-12)


def test_separability_has_the_gradient_of_the_identity():
    """grad e = (4 / C) (W W^T - I) W: it trains W directly, which the paper denies."""
    for count, dim in ((3, 6), (6, 3)):
        weight = normal(count, dim).requires_grad_()
        weight_separability(weight).backward()
        expected = 4 / count * (weight @ weight.T - torch.eye(count, dtype=f64)) @ weight
        torch.testing.assert_close(weight.grad, expected.detach())


@given(seed=seeds, count=st.integers(1, 12), dim=st.integers(1, 12), size=st.floats(0.1, 2))
@settings(deadline=None, max_examples=40)
def test_separability_never_falls_below_its_floors(seed, count, dim, size):
    weight = size * normal(count, dim, seed=seed)
    assert weight_separability(weight) >= separability_floor(count, dim) - 1e-12
    assert weight_separability(weight, unit=True) >= separability_floor(count, dim, unit=True) - 1e-9


@pytest.mark.parametrize(("count", "dim"), [(3, 5), (5, 5), (7, 3)])
def test_the_floors_are_attained(count, dim):
    singular_ones = torch.linalg.svd(normal(count, dim), full_matrices=False)
    isometry = singular_ones.U @ singular_ones.Vh
    assert weight_separability(isometry).item() == pytest.approx(separability_floor(count, dim), abs=1e-12)
    theta = torch.arange(count, dtype=f64) * math.pi / count  # unit rows, a tight frame of the plane
    frame = torch.stack([theta.cos(), theta.sin()], 1)
    assert weight_separability(frame, unit=True).item() == pytest.approx(
        separability_floor(count, 2, unit=True), abs=1e-9
    )


def test_separability_of_the_simplex_is_one_over_c_minus_one_and_one_over_c_at_its_best_scale():
    corners = simplex(10, dtype=f64)
    assert weight_separability(corners).item() == pytest.approx(1 / 9)
    assert weight_separability(corners * math.sqrt(9 / 10)).item() == pytest.approx(1 / 10)
    assert separability_floor(10, 9) == pytest.approx(1 / 10)


def test_the_floors_of_the_papers_models():
    assert separability_floor(100, 64) == pytest.approx(0.36)
    assert [round(separability_floor(10575, dim), 3) for dim in (128, 160, 512, 4096)] == [0.988, 0.985, 0.952, 0.613]


@given(seed=seeds, count=st.integers(2, 10), dim=st.integers(1, 10))
@settings(deadline=None, max_examples=25)
def test_the_welch_bound_holds(seed, count, dim):
    cosines = weight_cosines(normal(count, dim, seed=seed)).abs()
    assert cosines.max() >= welch_bound(count, dim) - 1e-9


# --- the bound on feature norms ------------------------------------------------------------------------------------


def test_the_bound_in_its_three_regimes():
    for count, factor in ((2, 3.0), (3, 2.732), (4, 2.633), (10, 2.4907), (100, 2.4213)):
        assert norm_upper_bound(200.0, count) == pytest.approx(200 * factor, rel=1e-4)
        assert norm_upper_bound(1.0, count, feature_dim=count - 1) == norm_upper_bound(1.0, count)
    for count in (5, 6):
        assert norm_upper_bound(1.0, count, feature_dim=3) == pytest.approx(1 + math.sqrt(2))
    assert norm_upper_bound(1.0, 7, feature_dim=2) == pytest.approx(1 + 2 * math.sin(math.pi / 7))
    assert norm_upper_bound(1.0, 3, feature_dim=1) == 1.0
    assert norm_upper_bound(1.0, 50, feature_dim=3) == pytest.approx(1 + math.sqrt(2))


def test_the_measured_bound_attains_the_best_of_each_regime():
    cross = torch.cat([torch.eye(3, dtype=f64), -torch.eye(3, dtype=f64)])
    for weight, dim in ((simplex(5, dtype=f64), 4), (3 * cross, 3), (cross[:5], 3)):
        expected = norm_upper_bound(2.0, len(weight), feature_dim=dim)
        assert measured_norm_bound(2.0, weight).item() == pytest.approx(expected, rel=1e-12)


@given(seed=seeds, count=st.integers(2, 9), dim=st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_no_placement_allows_more_than_the_bound(seed, count, dim):
    measured = measured_norm_bound(1.0, normal(count, dim, seed=seed))
    assert measured <= norm_upper_bound(1.0, count, feature_dim=dim) + 1e-9


@given(seed=seeds, share=st.floats(0.05, 0.999))
@settings(deadline=None, max_examples=25)
def test_norms_within_the_bound_keep_classes_apart_and_beyond_it_do_not(seed, share):
    """Property 3 itself: features on the rays, norms in [1, beta]."""
    rays = unit_rows(normal(4, 3, seed=seed))
    limit = measured_norm_bound(1.0, rays).item()
    for beta, apart in ((1 + share * (limit - 1), True), (limit + 1e-6, False)):
        closest = min(
            (r * u - s * v).norm().item()
            for u, v in itertools.combinations(rays, 2)
            for r, s in itertools.product((1.0, beta), repeat=2)
        )
        assert (beta - 1 < closest) == apart


# --- angles --------------------------------------------------------------------------------------------------------


def test_class_angles_are_those_to_the_own_and_the_nearest_other_weight():
    x, y, w = data()
    own, rival = class_angles(x, y, w)
    for i, (row, label) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        angles = [angle(row, v) for v in w.tolist()]
        assert own[i].item() == pytest.approx(angles[label])
        assert rival[i].item() == pytest.approx(min(a for j, a in enumerate(angles) if j != label))


def test_class_mean_angles_are_the_printed_equation():
    x, y, w = data()
    y[y == 2] = 1
    means, counts = class_mean_angles(x, y, w)
    for label in range(4):
        angles = [angle(row, w[label].tolist()) for row, c in zip(x.tolist(), y.tolist(), strict=True) if c == label]
        assert counts[label] == len(angles)
        assert means[label].item() == pytest.approx(sum(angles) / len(angles) if angles else 0.0)


def test_class_mean_angles_are_exact_near_zero():
    w = torch.tensor([[1.0, 0.0]])
    angles, _ = class_mean_angles(torch.tensor([[1.0, 1e-5]]), torch.tensor([0]), w)
    assert angles.item() == pytest.approx(1e-5, rel=1e-3)


def test_angular_visual_hardness_is_the_printed_quotient_whatever_the_norms():
    x, y, w = data()
    got = angular_visual_hardness(x, y, w)
    for i, (row, label) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        angles = [angle(row, v) for v in w.tolist()]
        assert got[i].item() == pytest.approx(angles[label] / sum(angles))
    torch.testing.assert_close(angular_visual_hardness(7 * x, y, w * torch.arange(1.0, 5.0).unsqueeze(1)), got)
    assert angular_visual_hardness(torch.ones(1, 2), torch.tensor([0]), torch.ones(3, 2)).isfinite().all()


@pytest.mark.parametrize("margin", [1, 2, 3, 4])
def test_thresholds_of_the_rules(margin):
    for degrees in range(0, 181, 5):
        a = math.radians(degrees)
        own = torch.tensor([a], dtype=f64)
        k = min(int(a * margin / math.pi + 1e-12), margin - 1)
        expected = {
            ("softmax", 0.0): math.cos(a),
            ("multiplied angle", margin): (-1) ** k * math.cos(margin * a) - 2 * k,
            ("subtracted cosine", 0.35): math.cos(a) - 0.35,
            ("added angle", 0.5): math.cos(a + 0.5),
        }
        for (rule, parameter), value in expected.items():
            assert rival_threshold(rule, own, parameter).item() == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("rule", "parameter"),
    [("softmax", 0.0), ("multiplied angle", 2), ("multiplied angle", 3), ("multiplied angle", 4), ("added angle", 0.3),
     ("subtracted cosine", 0.2), ("subtracted cosine", 0.35), ("biased weights", 0.5), ("biased weights", 1.0),
     ("biased weights", 1.5)],
)  # fmt: skip
@pytest.mark.parametrize("between", [60.0, 96.38, 150.0])
def test_binary_margins_are_where_the_rules_turn(rule, parameter, between):
    """Bisect the arc between the two weights for the last feature that the rule accepts."""
    total = math.radians(between)

    def accepted(own):
        threshold = rival_threshold(rule, torch.tensor(own, dtype=f64), parameter, between=total)
        return math.cos(total - own) < threshold.item()

    assert accepted(0.0)
    low, high = 0.0, total / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if accepted(middle) else (low, middle)
    assert binary_margin(rule, total, parameter) == pytest.approx(total - 2 * low, abs=1e-9)


def test_binary_margins_quoted_at_the_angle_of_ten_classes():
    total = math.acos(-1 / 9)
    quoted = [("multiplied angle", 2, 32.1), ("multiplied angle", 3, 48.2), ("multiplied angle", 4, 57.8),
              ("subtracted cosine", 0.2, 15.4), ("subtracted cosine", 0.35, 27.2), ("added angle", 0.3, 17.2),
              ("added angle", 0.5, 28.6), ("biased weights", 0.5, 27.8), ("biased weights", 1.0, 48.2),
              ("biased weights", 1.5, 60.8), ("softmax", 0.0, 0.0)]  # fmt: skip
    for rule, parameter, degrees in quoted:
        assert math.degrees(binary_margin(rule, total, parameter)) == pytest.approx(degrees, abs=0.06)


@given(between=st.floats(0.01, math.pi - 0.01))
@settings(deadline=None, max_examples=25)
def test_w_softmax_at_one_has_the_binary_margin_of_l_softmax_at_three(between):
    assert binary_margin("biased weights", between, 1.0) == pytest.approx(binary_margin("multiplied angle", between, 3))


# --- spread --------------------------------------------------------------------------------------------------------


def test_class_cosines_are_the_means_over_pairs():
    x, y, _ = data()
    y[y == 3] = 0
    got = class_cosines(x, y, 4)
    for i, j in itertools.product(range(4), repeat=2):
        pairs = [
            math.cos(angle(x[a].tolist(), x[b].tolist()))
            for a, b in itertools.permutations(range(len(x)), 2)
            if y[a] == i and y[b] == j
        ]
        assert got[i, j].item() == pytest.approx(sum(pairs) / len(pairs) if pairs else 0.0)


def test_distances_and_fisher_ratio_from_their_definitions():
    x, y, _ = data()
    means = [np.mean([r for r, c in zip(x.tolist(), y.tolist(), strict=True) if c == k], 0) for k in range(4)]
    to_own = [math.dist(r, means[c]) for r, c in zip(x.tolist(), y.tolist(), strict=True)]
    within, between = class_distances(x, y)
    assert within.item() == pytest.approx(sum(to_own) / len(x))
    pairs = [math.dist(a, b) for a, b in itertools.combinations(means, 2)]
    assert between.item() == pytest.approx(sum(pairs) / len(pairs))
    whole = np.mean(x.tolist(), 0)
    scatter = sum(math.dist(means[c], whole) ** 2 for c in y.tolist())
    assert fisher_ratio(x, y).item() == pytest.approx(scatter / sum(d * d for d in to_own))


def test_distances_of_no_samples_and_of_one_class_are_zero():
    x, y, _ = data()
    assert class_distances(x[:0], y[:0]) == (0, 0)
    within, between = class_distances(x, y * 0)
    assert within > 0
    assert between == 0


def test_fisher_ratio_at_its_ends():
    y = torch.tensor([0, 0, 1, 1])
    assert fisher_ratio(torch.zeros(4, 2), y) == 0
    assert fisher_ratio(torch.tensor([[0.0], [0.0], [1.0], [1.0]]), y) == torch.inf


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0, 3.5])
def test_hyperspherical_energy_is_its_double_sum(power):
    w = normal(5, 3)
    units = [[value / math.hypot(*row) for value in row] for row in w.tolist()]
    pairs = [math.dist(a, b) for a, b in itertools.permutations(units, 2)]
    expected = sum(-math.log(d) if power == 0 else d**-power for d in pairs) / len(pairs)
    assert hyperspherical_energy(w, power).item() == pytest.approx(expected)


def test_hyperspherical_energy_is_least_at_the_simplex_and_finite_where_directions_coincide():
    least = hyperspherical_energy(simplex(5, dtype=f64))
    for seed in range(20):
        assert hyperspherical_energy(normal(5, 4, seed=seed)) > least
    assert hyperspherical_energy(torch.ones(3, 2)).isfinite()


def test_neural_collapse_from_its_definitions():
    x, y, w = data(samples=40, dim=3)
    got = neural_collapse(x, y, w)
    features, labels = np.array(x.tolist()), np.array(y.tolist())
    means = np.stack([features[labels == k].mean(0) for k in range(4)])
    centred = means - means.mean(0)
    within = sum(np.outer(f - means[c], f - means[c]) for f, c in zip(features, labels, strict=True)) / 40
    between = sum(np.outer(m, m) for m in centred) / 4
    assert got.within == pytest.approx(np.trace(within @ np.linalg.pinv(between)) / 4)
    lengths = np.linalg.norm(centred, axis=1)
    assert got.mean_norms == pytest.approx(lengths.std() / lengths.mean())
    cosines = [math.cos(angle(a, b)) for a, b in itertools.combinations(centred.tolist(), 2)]
    assert got.mean_angles == pytest.approx(np.mean([abs(c + 1 / 3) for c in cosines]))
    weight = np.array(w.tolist())
    assert got.duality == pytest.approx(
        np.linalg.norm(weight / np.linalg.norm(weight) - centred / np.linalg.norm(centred))
    )
    decided = (features @ weight.T).argmax(1)
    nearest = [min(range(4), key=lambda k: math.dist(f, means[k])) for f in features]
    assert got.disagreement == pytest.approx(np.mean(decided != nearest))


def test_neural_collapse_is_zero_at_collapse_and_ignores_absent_classes():
    corners = simplex(4, dtype=f64)
    y = torch.arange(4).repeat(5)
    rotation = torch.linalg.qr(normal(3, 3)).Q
    assert max(neural_collapse(3 * corners[y] @ rotation + 1, y, 0.2 * corners @ rotation)) < 1e-12
    with_absent = torch.cat([corners, torch.zeros(1, 3, dtype=f64)])
    assert max(neural_collapse(corners[y], y, with_absent)) < 1e-12
    assert all(math.isfinite(value) for value in neural_collapse(torch.zeros(20, 3), y, torch.zeros(4, 3)))


# --- what every function promises ----------------------------------------------------------------------------------


def test_describe_gives_finite_floats_of_the_same_geometry():
    x, y, w = data()
    got = describe(x, y, w, x @ w.T)
    assert all(isinstance(value, float) and math.isfinite(value) for value in got.values())
    own, rival = class_angles(x, y, w)
    assert got["angle_gap"] == pytest.approx(math.degrees((rival - own).mean().item()))
    assert got["separability_raw"] == pytest.approx(separability(w))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_half_precision_gives_float32_and_float64_stays(dtype):
    x, y, w = data()
    x, w = x.to(dtype), w.to(dtype)
    lifted = torch.promote_types(dtype, torch.float32)
    values = [weight_separability(w), weight_separability(w, unit=True), hyperspherical_energy(w)]
    values += [measured_norm_bound(1.0, w), class_mean_angles(x, y, w)[0], angular_visual_hardness(x, y, w)]
    values += [class_cosines(x, y, 4), fisher_ratio(x, y), class_angles(x, y, w)[0], class_distances(x, y)[0]]
    for value in [*values, rival_threshold("softmax", x, 0.0)]:
        assert value.dtype == lifted
        assert value.isfinite().all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: simplex(1), ValueError, "num_classes must be an integer >= 2, got 1"),
        (lambda: simplex(1041, 384), ValueError, "feature_dim must be at least C - 1 = 1040, got 384"),
        (lambda: simplex(3, 2.5), ValueError, "feature_dim must be an integer >= 1, got 2.5"),
        (lambda: simplex("3"), TypeError, "num_classes must be an integer >= 2, got '3'"),
        (lambda: minimum_dimension(1), ValueError, "num_classes must be an integer >= 2, got 1"),
        (lambda: weight_separability(torch.zeros(3)), ValueError, r"weight must be \[C, D\], got shape \(3,\)"),
        (lambda: weight_separability([[1.0]]), TypeError, "weight must be a tensor, got list"),
        (lambda: weight_cosines([[1.0]]), TypeError, "weight must be a tensor, got list"),
        (lambda: unit_rows([[1.0]]), TypeError, "vectors must be a tensor, got list"),
        (lambda: measured_norm_bound(1.0, [[1.0]]), TypeError, "weight must be a tensor, got list"),
        (lambda: hyperspherical_energy([[1.0]]), TypeError, "weight must be a tensor, got list"),
        (lambda: rival_threshold("softmax", [0.1], 1), TypeError, "own must be a tensor, got list"),
        (lambda: class_distances([[1.0]], torch.tensor([0])), TypeError, "features must be a tensor, got list"),
        (lambda: class_distances(torch.ones(2, 2), torch.tensor([0])), ValueError, r"labels must be \[2\]"),
        (lambda: separability_floor(0, 3), ValueError, "num_classes must be an integer >= 1, got 0"),
        (lambda: welch_bound(3, 0), ValueError, "feature_dim must be an integer >= 1, got 0"),
        (lambda: norm_upper_bound(0, 3), ValueError, "lower must be greater than 0, got 0"),
        (lambda: norm_upper_bound(1, 3, 0), ValueError, "feature_dim must be an integer >= 1, got 0"),
        (lambda: measured_norm_bound(1.0, torch.ones(1, 2)), ValueError, r"weight must be \[C >= 2, D\]"),
        (lambda: hyperspherical_energy(torch.ones(1, 2)), ValueError, r"weight must be \[C >= 2, D\]"),
        (lambda: hyperspherical_energy(torch.ones(2, 2), -1), ValueError, "power must be at least 0, got -1"),
        (
            lambda: class_angles(torch.ones(1, 2), torch.tensor([0]), torch.ones(1, 2)),
            ValueError,
            "at least two classes",
        ),
        (lambda: class_cosines(torch.ones(1, 2), torch.tensor([5]), 3), ValueError, "labels must lie in 0..2, got 5"),
        (lambda: class_cosines([[1.0]], torch.tensor([0]), 3), TypeError, "features must be a tensor, got list"),
        (lambda: fisher_ratio(torch.ones(2), torch.tensor([0, 1])), ValueError, r"features must be \[B, D\]"),
        (lambda: fisher_ratio(torch.ones(0, 2), torch.zeros(0).long()), ValueError, "at least one sample"),
        (lambda: neural_collapse(torch.ones(2, 2), torch.tensor([0, 0]), torch.ones(2, 2)), ValueError, "two classes"),
        (lambda: rival_threshold("arc", torch.ones(1), 1.0), ValueError, "rule must be one of .*, got 'arc'"),
        (lambda: rival_threshold("multiplied angle", torch.ones(1), 1.5), ValueError, "parameter must be an integer"),
        (lambda: rival_threshold("biased weights", torch.ones(1), 1.0), ValueError, "between must be given"),
        (lambda: binary_margin("softmax", 0.0, 0.0), ValueError, "between must be greater than 0, got 0"),
        (lambda: binary_margin("softmax", 4.0, 0.0), ValueError, "between must be at most pi, got 4"),
        (lambda: binary_margin("subtracted cosine", 1.0, 1.5), ValueError, r"parameter must be at most 2 sin\(T/2\)"),
        (lambda: binary_margin("added angle", 1.0, -0.5), ValueError, "parameter must be at least 0, got -0.5"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
