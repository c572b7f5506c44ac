"""Where features and class weights lie: angles, distances, norms, and how far the weights are from orthonormal."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, check_features, check_floating, check_labels, lift, norms

__all__ = [
    "NeuralCollapse",
    "angular_visual_hardness",
    "binary_margin",
    "class_angles",
    "class_cosines",
    "class_distances",
    "class_mean_angles",
    "describe",
    "describe_classes",
    "describe_norms",
    "fisher_ratio",
    "hyperspherical_energy",
    "measured_norm_bound",
    "minimum_dimension",
    "neural_collapse",
    "norm_upper_bound",
    "probe_error",
    "rival_threshold",
    "separability_floor",
    "simplex",
    "unit_rows",
    "weight_cosines",
    "weight_separability",
    "welch_bound",
]

Rule = Literal["softmax", "multiplied angle", "subtracted cosine", "added angle", "biased weights"]


def simplex(
    num_classes: int,
    feature_dim: int | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    r"""C unit vectors with every pair at the same, largest possible angle: :math:`\cos = -1/(C-1)`.

    .. math:: W_2 = \begin{bmatrix} 1 & -1 \end{bmatrix}, \qquad
              W_C = \begin{bmatrix} \sqrt{\tfrac{(C-1)^2 - 1}{(C-1)^2}}\, W_{C-1} & \mathbf 0 \\
              -\tfrac{1}{C-1} \mathbf 1^\top & 1 \end{bmatrix}
              \qquad \text{(W-Softmax, Eqs 3 and 4)}

    Written without the recursion: the factors telescope, :math:`\prod_{k=c}^{C-1} (k^2-1)/k^2 = (c-1)\,C / (c\,(C-1))`.

    Args:
        num_classes: C, an integer >= 2.
        feature_dim: D, at least C - 1, the least dimension that holds C vectors so placed (:func:`minimum_dimension`);
            C - 1 if ``None``. The coordinates beyond C - 1 are zero.
        dtype: of the result; the default dtype if ``None``.
        device: of the result.

    Returns:
        ``[C, D]``, one row a class (the paper writes columns).

    Raises:
        ValueError: if ``feature_dim`` is below C - 1.

    Example:
        >>> simplex(3)
        tensor([[ 0.8660, -0.5000],
                [-0.8660, -0.5000],
                [ 0.0000,  1.0000]])
    """
    count = check_integer("num_classes", num_classes, at_least=2)
    dim = count - 1 if feature_dim is None else check_integer("feature_dim", feature_dim)
    require(dim >= count - 1, "feature_dim must be at least C - 1 = {}, got {}", count - 1, dim)
    step = torch.arange(1, count, dtype=torch.float64)  # column d was added when there were d + 1 classes
    scale = (step / (step + 1) * count / (count - 1)).sqrt()
    rows = (-scale / step).expand(count, -1).triu()
    rows[torch.arange(1, count), torch.arange(count - 1)] = scale
    rows[:2, 0] *= -1  # W_2 = [1, -1]
    rows = torch.nn.functional.pad(rows, (0, dim - count + 1))
    return rows.to(dtype=dtype or torch.get_default_dtype(), device=device)


def minimum_dimension(num_classes: int) -> int:
    r"""The least dimension in which C distinct unit vectors can stand at one common angle: C - 1.

    Their Gram matrix is :math:`(1-\rho) I + \rho \mathbf 1 \mathbf 1^\top` with :math:`\rho < 1`; its eigenvalues are
    :math:`1 - \rho > 0`, C - 1 times, and :math:`1 + (C-1)\rho \ge 0`. So its rank, which no dimension can undercut,
    is at least C - 1, and is C - 1 only at :math:`\rho = -1/(C-1)`, the simplex (W-Softmax, section 3, Assumption 1,
    whose printed proof shows less).

    Example:
        >>> minimum_dimension(10)
        9
    """
    return check_integer("num_classes", num_classes, at_least=2) - 1


def unit_rows(vectors: Tensor) -> Tensor:
    """``vectors`` ``[N, D]`` with every row at length one; a zero row stays zero.

    Example:
        >>> unit_rows(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
        tensor([[0.6000, 0.8000],
                [0.0000, 0.0000]])
    """
    check_floating("vectors", vectors)
    return vectors / norms(vectors).clamp_min(torch.finfo(vectors.dtype).tiny).unsqueeze(-1)


def weight_cosines(weight: Tensor) -> Tensor:
    """The C (C - 1) / 2 cosines between different class weights of ``[C, D]``.

    Example:
        >>> weight_cosines(torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]))  # of 0 and 1, 0 and 2, 1 and 2
        tensor([0., 1., 0.])
    """
    check_floating("weight", weight)
    unit = unit_rows(weight)
    rows, columns = torch.triu_indices(len(weight), len(weight), offset=1, device=weight.device)
    return (unit @ unit.T)[rows, columns].clamp(-1, 1)


def weight_separability(weight: Tensor, unit: bool = False) -> Tensor:
    r"""How far the class weights are from orthonormal.

    .. math:: e(W) = \frac1C \lVert W W^\top - I_C \rVert_F^2
              = \frac1C \left( \lVert W^\top W - I_D \rVert_F^2 + C - D \right)
              \qquad \text{(feed-backward reconstruction, Eqs 6 and 8)}

    The smaller of the two Gram matrices is formed: both have the same non-zero eigenvalues.

    Args:
        weight: ``[C, D]``, one row a class (the paper writes columns).
        unit: bring the rows to length one first, so that only angles count.

    Returns:
        A scalar, at least :func:`separability_floor`; differentiable.

    Example:
        >>> weight_separability(torch.eye(3))
        tensor(0.)
    """
    check_floating("weight", weight)
    require(weight.ndim == 2, "weight must be [C, D], got shape {}", tuple(weight.shape))
    (weight,) = lift(weight)
    if unit:
        weight = unit_rows(weight)
    count, dim = weight.shape
    gram = weight @ weight.T if count <= dim else weight.T @ weight
    total = (gram - torch.eye(len(gram), dtype=gram.dtype, device=gram.device)).square().sum()
    return (total + max(count - dim, 0)) / max(count, 1)


def separability_floor(num_classes: int, feature_dim: int, unit: bool = False) -> float:
    r"""What :func:`weight_separability` cannot undercut, because the Gram matrix has rank at most D.

    .. math:: e(W) \ge \max(0, 1 - D/C); \qquad \lVert w_j \rVert = 1: \quad e(W) \ge \max(0, C/D - 1)

    The first is attained when all min(C, D) singular values are 1, the second by a tight frame of unit rows (Welch).

    Example:
        >>> separability_floor(num_classes=10575, feature_dim=512) > 0.95
        True
    """
    count, dim = check_integer("num_classes", num_classes), check_integer("feature_dim", feature_dim)
    return max(0.0, count / dim - 1 if unit else 1 - dim / count)


def welch_bound(num_classes: int, feature_dim: int) -> float:
    r"""The least possible largest :math:`\lvert\cos\rvert` between C directions in D dimensions (Welch).

    .. math:: \max_{i \ne j} \lvert \cos(w_i, w_j) \rvert \ge \sqrt{\frac{C - D}{D\,(C - 1)}} \qquad (C > D)

    Example:
        >>> round(welch_bound(3, 2), 6)
        0.5
    """
    count, dim = check_integer("num_classes", num_classes), check_integer("feature_dim", feature_dim)
    return math.sqrt((count - dim) / (dim * (count - 1))) if count > dim else 0.0


def norm_upper_bound(lower: float, num_classes: int, feature_dim: int | None = None) -> float:
    r"""The largest feature norm that keeps classes apart, for the best placement of the class weights.

    With every feature on its weight's ray and norms from :math:`\alpha` to :math:`\beta`, the largest distance within a
    class is below the smallest between classes exactly when
    :math:`\beta < \alpha\,(1 + 2 \sin(\theta_{\min}/2))`. The best smallest angle between C weights gives

    .. math:: \beta / \alpha < \begin{cases} 1 + \sqrt{2C/(C-1)} & C \le D + 1 \text{ (simplex)} \\
              1 + \sqrt 2 & D + 2 \le C \le 2D \text{ (some pair at 90 degrees)} \\
              \text{below } 1 + \sqrt 2 & C > 2D \end{cases}
              \qquad \text{(feature incay, Property 3, sharpened)}

    The paper's 3 is reached for two classes only. With a ReLU on the feature no angle exceeds 90 degrees, and
    :math:`1 + \sqrt 2` is the most.

    Args:
        lower: :math:`\alpha > 0`, the smallest feature norm (not the mean).
        num_classes: C >= 2.
        feature_dim: D; ``None`` assumes C <= D + 1.

    Returns:
        The bound in the units of ``lower``. In the third regime it is exact for D <= 2; for D > 2 no closed form is
        known and the limit :math:`1 + \sqrt 2`, never attained, is returned: see :func:`measured_norm_bound`.

    Example:
        >>> round(norm_upper_bound(1.0, num_classes=10), 3)
        2.491
    """
    lower = check_number("lower", lower, above=0)
    count = check_integer("num_classes", num_classes, at_least=2)
    dim = count if feature_dim is None else check_integer("feature_dim", feature_dim)
    if count <= dim + 1:
        return lower * (1 + math.sqrt(2 * count / (count - 1)))
    if dim > 2:
        return lower * (1 + math.sqrt(2))
    return lower * (1 + (2 * math.sin(math.pi / count) if dim == 2 else 0.0))  # four in the plane: sqrt 2


def measured_norm_bound(lower: float, weight: Tensor) -> Tensor:
    r"""The bound of :func:`norm_upper_bound` for the weights at hand: :math:`\alpha\,(1 + 2 \sin(\theta_{\min}/2))`.

    Args:
        lower: :math:`\alpha > 0`, the smallest feature norm.
        weight: ``[C, D]``, C >= 2, of any lengths.

    Returns:
        A scalar in the units of ``lower``. On unit vectors :math:`2 \sin(\theta/2)` is the distance itself.

    Example:
        >>> round(float(measured_norm_bound(1.0, simplex(10))), 3)
        2.491
    """
    lower = check_number("lower", lower, above=0)
    check_floating("weight", weight)
    require(weight.ndim == 2 and len(weight) >= 2, "weight must be [C >= 2, D], got shape {}", tuple(weight.shape))
    (weight,) = lift(weight)
    return lower * (1 + torch.pdist(unit_rows(weight)).amin())


def class_angles(features: Tensor, labels: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Angles in radians from each feature to its own class weight and to the nearest rival's.

    Args:
        features: ``[B, D]``; a zero feature is at 90 degrees from everything.
        labels: ``[B]``.
        weight: ``[C, D]``, C >= 2.

    Returns:
        Two tensors ``[B]``, own angle and nearest rival's angle; the gap is their difference.

    Example:
        >>> x, w = torch.tensor([[1.0, 1.0]]), torch.tensor([[2.0, 0.0], [-1.0, 0.0]])
        >>> own, rival = class_angles(x, torch.tensor([0]), w)
        >>> own.rad2deg(), rival.rad2deg()
        (tensor([45.]), tensor([135.]))
    """
    check_batch(features, labels, weight)
    require(len(weight) >= 2, "weight must hold at least two classes, got {}", len(weight))
    features, weight = lift(features, weight)
    cosines = (unit_rows(features) @ unit_rows(weight).T).clamp(-1, 1)
    rows = torch.arange(len(labels), device=labels.device)
    own = cosines[rows, labels].acos()
    cosines[rows, labels] = -torch.inf
    # One rival at least is left, within [-1, 1] as all are: the clamp changes nothing, and stays as records name it.
    return own, cosines.amax(1).clamp(-1, 1).acos()


def class_mean_angles(features: Tensor, labels: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    r"""Mean angle of each class's features to its own weight.

    .. math:: \bar\theta_i = \frac{1}{N_i} \sum_{j=1}^{N_i}
              \arccos \frac{w_i^\top x_i^{(j)}}{\lVert w_i \rVert \lVert x_i^{(j)} \rVert}
              \qquad \text{(W-Softmax, Eq. 14: the mean of the angles, not the angle of the mean)}

    Args:
        features: ``[B, D]``; a zero feature is at 90 degrees from everything.
        labels: ``[B]``.
        weight: ``[C, D]``.

    Returns:
        The angles ``[C]`` in radians and the counts ``[C]``; a class without samples has angle 0 and count 0.

    Example:
        >>> angles, counts = class_mean_angles(torch.eye(2), torch.tensor([0, 0]), torch.eye(2))
        >>> angles.rad2deg(), counts
        (tensor([45.,  0.]), tensor([2, 0]))
    """
    check_batch(features, labels, weight)
    features, weight = lift(features, weight)
    x, w = unit_rows(features), unit_rows(weight)[labels]
    own = 2 * torch.atan2(norms(x - w), norms(x + w))  # exact near 0 and 180 degrees, where arccos is not
    counts = torch.bincount(labels, minlength=len(weight))
    total = own.new_zeros(len(weight)).index_add_(0, labels, own)
    return total / counts.clamp_min(1), counts


def angular_visual_hardness(features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    r"""Angle to the own class as a share of the angles to all classes.

    .. math:: \mathrm{AVH}(x) = \frac{\theta(W_y, x)}{\sum_{i=1}^{C} \theta(W_i, x)}
              \qquad \text{(thesis, section 1.1)}

    Args:
        features: ``[B, D]``; a zero feature is at 90 degrees from everything.
        labels: ``[B]``.
        weight: ``[C, D]``.

    Returns:
        ``[B]`` within [0, 1], whatever the norms; near 1 / C for a random feature of many dimensions. It is 0 where
        every angle is 0.

    Example:
        >>> angular_visual_hardness(torch.tensor([[1.0, 1.0]]), torch.tensor([0]), torch.eye(2))
        tensor([0.5000])
    """
    check_batch(features, labels, weight)
    features, weight = lift(features, weight)
    angles = (unit_rows(features) @ unit_rows(weight).T).clamp(-1, 1).acos()
    own = angles.gather(1, labels.unsqueeze(1)).squeeze(1)
    return own / angles.sum(1).clamp_min(torch.finfo(angles.dtype).tiny)


def class_cosines(features: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    r"""Mean cosine between features of class i and features of class j: the thesis's cosine confusion matrix.

    The mean over all pairs of different samples, by way of the sums of the unit features: nothing of B x B is made.

    Args:
        features: ``[B, D]``; a zero feature has cosine 0 to everything.
        labels: ``[B]``.
        num_classes: C.

    Returns:
        ``[C, C]`` within [-1, 1] (thesis, Figure 2.5); 0 where there is no pair.

    Example:
        >>> class_cosines(torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]]), torch.tensor([0, 0, 1]), 2)
        tensor([[0.6000, 0.4000],
                [0.4000, 0.0000]])
    """
    num_classes = check_integer("num_classes", num_classes)
    check_features(features)
    check_labels(labels, features, num_classes)
    (features,) = lift(features)
    unit = unit_rows(features)
    sums = unit.new_zeros(num_classes, unit.shape[1]).index_add_(0, labels, unit)
    counts = torch.bincount(labels, minlength=num_classes).to(unit.dtype)
    self_pairs = unit.new_zeros(num_classes).index_add_(0, labels, unit.square().sum(1))
    total = sums @ sums.T - self_pairs.diag()
    return (total / (counts.outer(counts) - counts.diag()).clamp_min(1)).clamp(-1, 1)


def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean distance from features to their class mean, and mean distance between the class means present.

    Args:
        features: ``[B, D]``.
        labels: ``[B]``.

    Returns:
        Two scalars in the units of the features. Of no samples both are 0, of one class the second is.

    Example:
        >>> class_distances(torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1]))
        (tensor(1.), tensor(10.))
    """
    means, index, _ = _class_means(features, labels)
    (features,) = lift(features)
    rows, columns = torch.triu_indices(len(means), len(means), offset=1, device=features.device)
    distances = norms(features - means[index]), norms(means[rows] - means[columns])
    within, between = (distance.mean() if len(distance) else distance.sum() for distance in distances)
    return within, between


def fisher_ratio(features: Tensor, labels: Tensor) -> Tensor:
    r"""Scatter between classes over scatter within: :math:`\operatorname{tr} S_B / \operatorname{tr} S_W`.

    .. math:: \operatorname{tr} S_B = \sum_c N_c \lVert \mu_c - \mu \rVert^2, \qquad
              \operatorname{tr} S_W = \sum_i \lVert x_i - \mu_{y_i} \rVert^2

    Args:
        features: ``[B, D]``.
        labels: ``[B]``.

    Returns:
        A scalar, 0 where the class means coincide and infinite where distinct classes are points.

    Example:
        >>> fisher_ratio(torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1]))
        tensor(25.)
    """
    means, index, counts = _class_means(features, labels)
    require(len(features) >= 1, "features must hold at least one sample, got shape {}", tuple(features.shape))
    (features,) = lift(features)
    within = (features - means[index]).square().sum()
    between = (counts * (means - features.mean(0)).square().sum(1)).sum()
    return torch.where(between > 0, between / within, 0)


def hyperspherical_energy(weight: Tensor, power: float = 2.0) -> Tensor:
    r"""Mean repulsion between the directions of the class weights: small when they are spread evenly.

    .. math:: E_s = \frac{1}{C(C-1)} \sum_{i \ne j} \lVert \hat w_i - \hat w_j \rVert^{-s} \quad (s > 0), \qquad
              E_0 = \frac{1}{C(C-1)} \sum_{i \ne j} \log \lVert \hat w_i - \hat w_j \rVert^{-1}

    Minimum hyperspherical energy, which the thesis announces (section 1.2.3).

    Args:
        weight: ``[C, D]``, C >= 2, of any lengths.
        power: s >= 0.

    Returns:
        A scalar. Distances are taken as at least the machine precision, so coinciding directions give a large number.

    Example:
        >>> hyperspherical_energy(torch.eye(3))  # every squared distance is 2
        tensor(0.5000)
    """
    power = check_number("power", power, at_least=0)
    check_floating("weight", weight)
    require(weight.ndim == 2 and len(weight) >= 2, "weight must be [C >= 2, D], got shape {}", tuple(weight.shape))
    (weight,) = lift(weight)
    distance = torch.pdist(unit_rows(weight)).clamp_min(torch.finfo(weight.dtype).eps)
    return (-distance.log() if power == 0 else distance.pow(-power)).mean()


class NeuralCollapse(NamedTuple):
    """The four measures of :func:`neural_collapse`; all are 0 at collapse.

    Example:
        >>> collapse = neural_collapse(simplex(3), torch.arange(3), -simplex(3))  # weights that point the other way
        >>> round(collapse.within, 4), round(collapse.duality, 4), round(collapse.disagreement, 4)
        (0.0, 2.0, 1.0)
    """

    within: float  # NC1: tr(S_W S_B^+) / C
    mean_norms: float  # NC2: standard deviation of the centred class means' norms over their mean
    mean_angles: float  # NC2: mean distance of their cosines from -1 / (C - 1)
    duality: float  # NC3: Frobenius distance of the weights from the centred means, each at Frobenius norm 1
    disagreement: float  # NC4: share of samples on which the weights and the nearest class mean disagree


def neural_collapse(features: Tensor, labels: Tensor, weight: Tensor) -> NeuralCollapse:
    r"""How near features and weights are to neural collapse, NC1 to NC4 (Papyan, Han and Donoho, 2020).

    With :math:`\mu_c` the class means, :math:`\mu` their mean, :math:`M` the rows :math:`\mu_c - \mu`,
    :math:`S_W` the covariance within classes and :math:`S_B = M^\top M / C`. Only the classes present count.

    Args:
        features: ``[B, D]``.
        labels: ``[B]``, at least two classes present.
        weight: ``[C, D]``, one row a class.

    Example:
        >>> corners = simplex(3, dtype=torch.float64)
        >>> y = torch.arange(3).repeat(4)
        >>> max(neural_collapse(corners[y], y, 2 * corners)) < 1e-12
        True
    """
    check_batch(features, labels, weight)
    features, weight = lift(features, weight)
    means, index, _ = _class_means(features, labels)
    count = len(means)
    require(count >= 2, "labels must name at least two classes, got {}", count)
    weight = weight[torch.unique(labels)]
    centred = means - means.mean(0)
    residual = features - means[index]
    within = residual.T @ residual / len(features)
    between = centred.T @ centred / count
    length = norms(centred)
    cosines = weight_cosines(centred)
    tiny = torch.finfo(weight.dtype).tiny
    apart = weight / torch.linalg.matrix_norm(weight).clamp_min(tiny) - centred / torch.linalg.matrix_norm(
        centred
    ).clamp_min(tiny)
    nearest = torch.cdist(features, means, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
    values = (
        torch.trace(within @ torch.linalg.pinv(between, hermitian=True)) / count,
        length.std(correction=0) / length.mean().clamp_min(tiny),
        (cosines + 1 / (count - 1)).abs().mean(),
        torch.linalg.matrix_norm(apart),
        ((features @ weight.T).argmax(1) != nearest).to(features.dtype).mean(),
    )
    return NeuralCollapse(*(float(value) for value in values))


def _class_means(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Means ``[K, D]`` of the K classes present, the row of each sample's own ``[B]``, and the counts ``[K]``."""
    check_features(features)
    check_labels(labels, features, 2**63)
    (features,) = lift(features)
    present, index = torch.unique(labels, return_inverse=True)
    counts = torch.bincount(index, minlength=len(present)).to(features.dtype)
    means = features.new_zeros(len(present), features.shape[1]).index_add_(0, index, features) / counts.unsqueeze(1)
    return means, index, counts


def rival_threshold(rule: Rule, own: Tensor, parameter: float, between: float | None = None) -> Tensor:
    r"""What the cosine of a rival's angle must stay below for a sample to count as correct in training.

    At own angle :math:`a`:

    - ``"softmax"``: :math:`\cos a`; the parameter is ignored
    - ``"multiplied angle"``, L- and A-Softmax with m: :math:`\psi_m(a) = (-1)^k \cos(ma) - 2k`
    - ``"subtracted cosine"``, CosFace with m: :math:`\cos a - m`
    - ``"added angle"``, ArcFace with m in radians: :math:`\cos(a + m)`
    - ``"biased weights"``, W-Softmax with :math:`\alpha`: :math:`\kappa \cos a`, where
      :math:`\kappa = \sqrt{1 + \alpha^2 + 2 \alpha \cos T} - \alpha`

    Args:
        rule: which loss, weights and features of equal length.
        own: angles to the own weight, any shape, in radians.
        parameter: the margin.
        between: T, the angle between own and rival weight in radians; ``"biased weights"`` needs it.

    Returns:
        A tensor of the shape of ``own``.

    Example:
        >>> rival_threshold("multiplied angle", torch.tensor([0.0, torch.pi / 2]), 2)
        tensor([ 1., -1.])
    """
    require(rule in get_args(Rule), "rule must be one of {}, got {!r}", get_args(Rule), rule)
    check_floating("own", own)
    (own,) = lift(own)
    if rule == "softmax":
        return own.cos()
    if rule == "multiplied angle":
        m = check_integer("parameter", parameter)
        k = (own * m / math.pi).floor()  # at 0 and pi rounding may add one: psi is continuous there
        return (1 - 2 * (k % 2)) * (m * own).cos() - 2 * k
    parameter = check_number("parameter", parameter, at_least=0)
    if rule == "subtracted cosine":
        return own.cos() - parameter
    if rule == "added angle":
        return (own + parameter).cos()
    require(between is not None, "between must be given for {!r}, got None", rule)
    between = check_number("between", between, at_least=0)
    return (math.sqrt(1 + parameter**2 + 2 * parameter * math.cos(between)) - parameter) * own.cos()


def binary_margin(rule: Rule, between: float, parameter: float) -> float:
    r"""Angle between the two training boundaries of two classes whose unit weights stand at angle T, on their arc.

    .. math:: \text{softmax: } 0; \quad \text{multiplied: } T\,\tfrac{m-1}{m+1}; \quad
              \text{subtracted: } 2 \arcsin \tfrac{m}{2 \sin(T/2)}; \quad \text{added: } m; \quad
              \text{biased: } T - \operatorname{atan2}(\sin T, \alpha + \cos T)

    W-Softmax at :math:`\alpha = 1` has exactly the margin of L-Softmax at m = 3: T / 2.

    Args:
        rule: as in :func:`rival_threshold`.
        between: T in radians, in (0, pi].
        parameter: the margin; for ``"softmax"`` ignored.

    Returns:
        Radians. Where even a feature on its own weight cannot satisfy the rule, the boundaries have passed the
        weights and the margin exceeds T; CosFace's stops existing beyond m = 2 sin(T/2), which is an error.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> import math
        >>> round(math.degrees(binary_margin("biased weights", math.radians(96.38), 1.5)), 1)
        60.8
    """
    require(rule in get_args(Rule), "rule must be one of {}, got {!r}", get_args(Rule), rule)
    between = check_number("between", between, above=0)
    require(between <= math.pi, "between must be at most pi, got {!r}", between)
    if rule == "softmax":
        return 0.0
    if rule == "multiplied angle":
        m = check_integer("parameter", parameter)
        return between * (m - 1) / (m + 1)
    parameter = check_number("parameter", parameter, at_least=0)
    if rule == "added angle":
        return parameter
    if rule == "subtracted cosine":
        most = 2 * math.sin(between / 2)
        require(parameter <= most, "parameter must be at most 2 sin(T/2) = {:g}, got {!r}", most, parameter)
        return 2 * math.asin(parameter / most)
    return between - math.atan2(math.sin(between), parameter + math.cos(between))


def describe(features: Tensor, labels: Tensor, weight: Tensor, scores: Tensor) -> dict[str, float]:
    """The geometry that a record keeps, from test features ``[B, D]``, labels, weights and test scores ``[B, C]``.

    Angles in degrees, norms and distances in the units of the features, shares and cosines without unit.

    Example:
        >>> x, y, w = 2 * torch.eye(3), torch.arange(3), torch.eye(3)
        >>> values = describe(x, y, w, x @ w.T)
        >>> values["own_angle"], values["rival_angle"], values["feature_norm_mean"]
        (0.0, 90.0, 2.0)
    """
    cosines = weight_cosines(weight)
    own, rival = class_angles(features, labels, weight)
    within, between = class_distances(features, labels)
    length = norms(features)
    own_score = scores[torch.arange(len(labels), device=labels.device), labels]
    pairs = class_cosines(features, labels, len(weight))
    between_pairs = pairs[~torch.eye(len(weight), dtype=torch.bool, device=weight.device)]
    by_angle = (unit_rows(features) @ unit_rows(weight).T).argmax(1)
    values = {
        "separability_raw": weight_separability(weight),
        "separability_unit": weight_separability(unit_rows(weight)),
        "weight_cosine_mean": cosines.mean(),
        "weight_cosine_max": cosines.max(),
        "weight_cosine_sd": cosines.std(correction=0),
        "weight_norm_mean": norms(weight).mean(),
        "feature_norm_mean": length.mean(),
        "feature_norm_sd": length.std(correction=0),
        "own_angle": own.mean().rad2deg(),
        "rival_angle": rival.mean().rad2deg(),
        "angle_gap": (rival - own).mean().rad2deg(),
        "negative_own_share": (own_score < 0).to(length.dtype).mean(),
        "mean_energy_share": features.mean(0).square().sum() / features.square().sum(1).mean(),
        "within_distance": within,
        "between_distance": between,
        "within_cosine": pairs.diagonal().mean(),
        "between_cosine": between_pairs.mean(),
        "between_cosine_max": between_pairs.max(),
        "fisher_ratio": fisher_ratio(features, labels),
        "angle_error": 100 * (by_angle != labels).to(length.dtype).mean(),
    }
    return {name: float(value) for name, value in values.items()}


def describe_classes(features: Tensor, labels: Tensor, weight: Tensor, scores: Tensor) -> dict[str, list[float]]:
    """By class, from test features ``[B, D]``, labels, weights and test scores ``[B, C]``.

    ``class_weight_norm``, ``class_feature_norm`` (the mean) and ``class_error`` in percent; not a number for a class
    without samples.

    Example:
        >>> x, y, w = torch.eye(2), torch.tensor([0, 0]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
        >>> describe_classes(x, y, w, torch.eye(2))
        {'class_weight_norm': [5.0, 1.0], 'class_feature_norm': [1.0, nan], 'class_error': [50.0, nan]}
    """
    length = norms(features)
    counts = torch.bincount(labels, minlength=len(weight)).to(length.dtype)
    wrong = (scores.argmax(1) != labels).to(length.dtype)

    def mean(values: Tensor) -> Tensor:
        return values.new_zeros(len(weight)).index_add_(0, labels, values) / counts

    return {
        "class_weight_norm": norms(weight).tolist(),
        "class_feature_norm": mean(length).tolist(),
        "class_error": (100 * mean(wrong)).tolist(),
    }


def describe_norms(features: Tensor, labels: Tensor, scores: Tensor) -> dict[str, list[float]]:
    """Are long features the right ones? From test features ``[B, D]``, labels and test scores ``[B, C]``.

    ``norm_right_wrong`` holds the mean feature norm of the images told right and of those told wrong (not a number
    where there is none); ``norm_deciles`` the least norm, the nine deciles and the greatest;
    ``norm_decile_accuracy``, in percent, that of the images sorted by norm, in tenths from the shortest.

    Example:
        >>> x, y = torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([1, 1])
        >>> describe_norms(x, y, x)["norm_right_wrong"]
        [3.0, 1.0]
    """
    length = norms(features)
    right = scores.argmax(1) == labels
    levels = torch.linspace(0, 1, 11, dtype=length.dtype, device=length.device)
    tenths = right[length.argsort(stable=True)].to(length.dtype).tensor_split(10)
    return {
        "norm_right_wrong": [float(length[right].mean()), float(length[~right].mean())],
        "norm_deciles": length.quantile(levels).tolist(),
        "norm_decile_accuracy": [100 * float(part.mean()) for part in tenths],
    }


def probe_error(
    seen: Tensor, seen_labels: Tensor, features: Tensor, labels: Tensor, num_classes: int, ridge: float = 1e-3
) -> float:
    """Test error in percent of a linear classifier fitted anew to the features: what they hold, whatever the head.

    Ridge regression of the one-hot labels on the centred training features ``seen`` ``[N, D]``, with an intercept; the
    penalty is ``ridge`` times the mean over the coordinates of their summed squares.

    Example:
        >>> x, y = torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])
        >>> probe_error(x, y, torch.tensor([[2.0], [9.0]]), torch.tensor([0, 0]), 2)
        50.0
    """
    x, mean = seen.double(), seen.double().mean(0)
    targets = torch.nn.functional.one_hot(seen_labels, num_classes).double()
    share = targets.mean(0)
    centred = x - mean
    gram = centred.T @ centred
    penalty = (ridge * gram.diagonal().mean()).clamp_min(torch.finfo(torch.float64).tiny)
    solution = torch.linalg.solve(
        gram + penalty * torch.eye(len(gram), dtype=gram.dtype, device=gram.device), centred.T @ (targets - share)
    )
    guess = ((features.double() - mean) @ solution + share).argmax(1)
    return 100 * float((guess != labels).double().mean())
