"""W-Softmax: turn every rival's weight towards the own class (Li and Wang, 2020), and three ways to repair it.

The rival weight ``w'_j = (alpha w_c + w_j) / |alpha w_c + w_j|`` is another vector for every own class, but its product
with x needs only the scores and the cosines between weights: with unit weights, s_j = x.w_j and g_cj = w_c.w_j,

    x . w'_j = (alpha s_c + s_j) / n_cj        n_cj^2 = (1 - alpha)^2 + 2 alpha (1 + g_cj)

so a batch costs one more matrix product than softmax each way, and no tensor of B x C x D elements.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from discriminative._checks import check_number, require
from discriminative._tensors import by_hand, check_batch, lift, norms, widest
from discriminative.losses._unit import inverse_norms, project_rows_, unit, unit_weight_logits
from discriminative.losses.normalized import weight_normalized_logits
from discriminative.losses.softmax import LinearHead

__all__ = [
    "CentredWSoftmax",
    "GuardedWSoftmax",
    "WSoftmax",
    "centred_biased_logits",
    "guarded_biased_logits",
    "weights_biased_logits",
]

Gradient = Literal["literal", "stopped"]
Guard = Literal["proportional", "constant"]

CLOSE = 0.05  # n^2 below which the closed form loses digits that the vector itself still has
COMPILED = 4  # rivals a sample that compiled code looks at for that


class _BiasedLogits(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, inverse: Tensor, labels: Tensor, alpha: float, literal: bool
    ) -> Tensor:
        by_class = len(weight) <= len(labels)  # one row of cosines a class, or one a sample, whichever are fewer
        base = weight * inverse.unsqueeze(1) if by_class else weight[labels] * inverse[labels].unsqueeze(1)
        products = (torch.cat([features, base]) @ weight.T).mul_(inverse)
        scores, cosine = products[: len(labels)], products[len(labels) :]
        if by_class:
            cosine = cosine[labels]
        index = labels.unsqueeze(1)
        own = scores.gather(1, index)
        square = cosine.add(1).clamp_min_(0).mul_(2 * alpha).add_((1 - alpha) * (1 - alpha))
        length = square.sqrt().clamp_min_(_floor(weight.dtype))
        logits = torch.add(scores, own, alpha=alpha).div_(length)
        if (1 - alpha) * (1 - alpha) < CLOSE:
            _recompute_close(features, weight, labels, alpha, square, logits, length)
        logits.scatter_(1, index, own)
        length.scatter_(1, index, 1.0)
        ctx.save_for_backward(features, weight, inverse, labels, base, logits, length)
        ctx.alpha, ctx.literal, ctx.by_class = alpha, literal, by_class
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, inverse, labels, base, logits, length = ctx.saved_tensors
        index, count = labels.unsqueeze(1), len(labels)
        by_score = grad / length  # of rival j alone; the own score feeds all of them
        by_cosine = (by_score * logits).div_(length).mul_(-ctx.alpha)
        by_cosine.masked_fill_(length <= _floor(weight.dtype), 0.0).scatter_(1, index, 0.0)
        own = grad.gather(1, index)
        through = ctx.alpha * (by_score.sum(1, keepdim=True) - own)
        by_score.scatter_(1, index, own + through)
        if ctx.by_class:
            by_cosine = by_cosine.new_zeros(len(weight), len(weight)).index_add_(0, labels, by_cosine)
        grad_features = grad_weight = by_base = None
        both = torch.cat([by_score, by_cosine])
        if ctx.literal and ctx.needs_input_grad[1]:
            turned = (both * inverse) @ weight
            grad_features, by_base = turned[:count], turned[count:]
        elif ctx.needs_input_grad[0]:
            grad_features = (by_score * inverse) @ weight
        if ctx.needs_input_grad[1]:
            if not ctx.literal:  # w_c inside w'_j is a constant: what reached the own score through it stays away
                both[:count].scatter_(1, index, own)
            grad_weight = both.T @ torch.cat([features, base])
            if by_base is not None:
                if ctx.by_class:
                    grad_weight.add_(by_base)
                else:
                    grad_weight.index_add_(0, labels, by_base)
            project_rows_(grad_weight, weight, inverse)
        return grad_features, grad_weight, None, None, None, None


def _floor(dtype: torch.dtype) -> float:
    """Where ``alpha w_c + w_j`` counts as having no direction: 3e-4 in float32, 1.5e-8 in float64."""
    return float(torch.finfo(dtype).eps ** 0.5)


def _recompute_close(
    features: Tensor, weight: Tensor, labels: Tensor, alpha: float, square: Tensor, logits: Tensor, length: Tensor
) -> None:
    """Where w_j is nearly -w_c / alpha, replace logit and length by those of the vector itself, in the widest type.

    There are few such pairs (two classes at the simplex, or rivals that are each other's copies), so they are listed;
    under ``torch.compile``, which cannot list, each sample's closest few are taken.
    """
    if torch.compiler.is_compiling():
        rows = torch.arange(len(labels), device=labels.device)
        nearest = square.topk(min(COMPILED, len(weight)), dim=1, largest=False).indices
        for columns in nearest.unbind(1):
            exact, size = _rival(features, weight, labels, alpha, rows, columns)
            close = square[rows, columns] < CLOSE
            logits[rows, columns] = torch.where(close, exact, logits[rows, columns])
            length[rows, columns] = torch.where(close, size, length[rows, columns])
        return
    pairs = (square < CLOSE).nonzero()
    if not len(pairs):
        return
    for part in torch.split(pairs, max(len(labels), 1)):
        rows, columns = part.unbind(1)
        logits[rows, columns], length[rows, columns] = _rival(features, weight, labels, alpha, rows, columns)


def _rival(
    features: Tensor, weight: Tensor, labels: Tensor, alpha: float, rows: Tensor, columns: Tensor
) -> tuple[Tensor, Tensor]:
    """x.w'_j and |alpha w_c + w_j| of the pairs (row, column), from the vectors themselves."""
    wide = widest(weight.device)
    own, other = weight[labels[rows]].to(wide), weight[columns].to(wide)
    vector = alpha * own * inverse_norms(own).unsqueeze(1) + other * inverse_norms(other).unsqueeze(1)
    size = norms(vector).clamp_min(_floor(weight.dtype))
    exact = torch.linalg.vecdot(features[rows].to(wide), vector) / size
    return exact.to(features.dtype), size.to(features.dtype)


def _check(alpha: float, gradient: str) -> float:
    require(gradient in get_args(Gradient), "gradient must be one of {}, got {!r}", get_args(Gradient), gradient)
    return check_number("alpha", alpha, at_least=0)


def weights_biased_logits(
    features: Tensor, labels: Tensor, weight: Tensor, alpha: float, gradient: Gradient = "literal"
) -> Tensor:
    r"""Logits of W-Softmax: every rival's unit weight is turned towards the own class's.

    .. math:: f_c = w_c^\top x, \qquad f_j = w_j'^\top x, \qquad
              w_j' = \frac{\alpha w_c + w_j}{\lVert \alpha w_c + w_j \rVert} \quad (j \ne c = y_i), \qquad
              \lVert w_j \rVert = 1
              \qquad \text{(W-Softmax, Eqs 1 and 11; with } F.cross\_entropy \text{ Eqs 10, 12 and 13)}

    A sample counts as correct when :math:`w_j^\top x < \kappa\, w_c^\top x` for every rival, with
    :math:`\kappa = \lVert \alpha w_c + w_j \rVert - \alpha \le 1`. That implies correctness in the test only where
    :math:`w_c^\top x \ge 0`. **The literal loss has solutions that ignore the label**: a feature with negative scores
    for every class makes every label's loss small (for independent weights, as small as you like). See
    :func:`guarded_biased_logits` and :func:`centred_biased_logits`.

    Args:
        features: x, ``[B, D]``, any floating dtype.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        alpha: >= 0; 0 is weight-normalised softmax (not plain softmax, as the paper says).
        gradient: ``"literal"`` is the derivative of the equation, through w_c inside w'_j too; ``"stopped"`` holds
            that w_c constant. The values are the same.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. Where ``alpha w_c + w_j`` is shorter than the square
        root of the machine precision (alpha = 1 and antipodal weights, the paper's own optimum for two classes) it is
        divided by that root instead: at zero the rival's logit is 0, the mean over directions. For alpha > 1 the
        antipodal rival is w_c itself. A zero weight is at right angles to every other and gets no gradient. Rivals near
        ``-w_c / alpha`` keep their digits; compiled code sees to the nearest four of each sample.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[3.0, 4.0]]), torch.eye(2)
        >>> weights_biased_logits(x, torch.tensor([0]), w, alpha=0.75)  # (0.75 * 3 + 4) / 1.25
        tensor([[3., 5.]])
    """
    alpha = _check(alpha, gradient)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse = inverse_norms(w)
        if alpha == 0:
            return unit_weight_logits(x, w, inverse)
        return by_hand(_BiasedLogits, x, w, inverse, labels, alpha, gradient == "literal")


def guarded_biased_logits(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    alpha: float,
    margin: Guard = "proportional",
    gradient: Gradient = "literal",
) -> Tensor:
    r"""A repair of W-Softmax (ours): add to each rival's score what W-Softmax demands, never less than nothing.

    .. math:: f_c = z_c, \qquad f_j = z_j + (1 - \kappa_{cj})\, t, \qquad
              \kappa_{cj} = \lVert \alpha w_c + w_j \rVert - \alpha \le 1, \qquad z = W^\top x,\ \lVert w_j \rVert = 1

    with :math:`t = \lvert z_c \rvert` (``"proportional"``) or :math:`t = \lVert x \rVert` (``"constant"``).

    *Has.* As :math:`(1 - \kappa) t \ge 0`, every rival's logit is at least its score. So the loss dominates
    weight-normalised softmax pointwise, hence train-correct implies test-correct, and by Gibbs' inequality features
    that ignore the label pay at least the entropy H(Y). ``"proportional"`` has W-Softmax's own boundary,
    :math:`z_j < \kappa z_c`, wherever :math:`z_c \ge 0`, and its loss is convex in x. In both forms a feature on its
    own weight counts as correct, as :math:`\cos(w_c, w_j) < \kappa`.

    *Lacks.* The proportional margin vanishes with :math:`z_c`: on the sphere it can be evaded by features off their
    weights. ``"constant"`` cannot be so evaded and is stricter than the paper's boundary wherever x is off its weight.
    In both, with literal gradients, weights that come closer to each other buy a smaller margin, so for larger alpha
    the simplex is not the optimum; ``"stopped"`` holds kappa constant and removes that pull.

    Args:
        features: x, ``[B, D]``, any floating dtype.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        alpha: >= 0; 0 is weight-normalised softmax.
        margin: ``"proportional"`` or ``"constant"``.
        gradient: ``"literal"`` or ``"stopped"`` (no gradient through kappa).

    Returns:
        ``[B, C]`` in float32, or float64 if either input is; finite for every finite input. The gradient at the kinks
        :math:`z_c = 0`, x = 0 and kappa = -alpha is that with the kinked factor held constant.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[-2.0, -1.0]]), torch.eye(2)
        >>> guarded_biased_logits(x, torch.tensor([0]), w, alpha=0.75)  # -1 + (1 - (1.25 - 0.75)) * 2
        tensor([[-2.,  0.]])
    """
    alpha = _check(alpha, gradient)
    require(margin in get_args(Guard), "margin must be one of {}, got {!r}", get_args(Guard), margin)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse = inverse_norms(w)
        scores = unit_weight_logits(x, w, inverse)
        with torch.set_grad_enabled(torch.is_grad_enabled() and gradient == "literal"):
            cosine = unit_weight_logits(unit(w[labels]), w, inverse)
            square = (1 - alpha) * (1 - alpha) + 2 * alpha * (1 + cosine)
            gap = (1 + alpha - square.clamp_min(torch.finfo(w.dtype).eps).sqrt()).clamp_min(0)  # 1 - kappa
        index = labels.unsqueeze(1)
        size = scores.gather(1, index).abs() if margin == "proportional" else norms(x).unsqueeze(1)
        return scores + gap.scatter(1, index, 0.0) * size


def centred_biased_logits(
    features: Tensor, labels: Tensor, weight: Tensor, alpha: float, gradient: Gradient = "literal"
) -> Tensor:
    r"""A repair of W-Softmax (ours): subtract the mean weight first, so that no feature is against every class.

    :func:`weights_biased_logits` with :math:`v_j = w_j - \tfrac1C \sum_k w_k` in place of :math:`w_j`; the test scores
    are the weight-normalised ones of the same v.

    *Has*, for every alpha. Train-correct implies :math:`z_c > 0`, hence test-correct; and at every feature at most one
    label is correct, so features that ignore the label pay at least :math:`\log 2\,(1 - \max_c P(c))`.

    *Proof.* Let c be correct: :math:`z_j < \kappa_{cj} z_c` for all j. Were :math:`z_c = -a \le 0`, write
    :math:`x = -a \hat v_c + u` with u at right angles to :math:`v_c`; then
    :math:`u^\top \hat v_j < a\,(\rho_{cj} - \kappa_{cj}) \le 0` for every j, as
    :math:`\lVert \alpha \hat v_c + \hat v_j \rVert \ge \alpha + \rho_{cj}`. But
    :math:`\sum_{j \ne c} \lVert v_j \rVert\, u^\top \hat v_j = -u^\top v_c = 0`. Two correct labels c and d would have
    positive scores with :math:`z_d < \kappa z_c` and :math:`z_c < \kappa z_d`, against :math:`\kappa \le 1`. A label
    that is not correct pays at least log 2.

    *Lacks.* It does not dominate softmax: a sample far on the wrong side can pay less. With two classes the centred
    weights are antipodal: at alpha = 1 the rival's logit is 0, and beyond it is the own one, so the loss is log 2 and
    teaches nothing. Classes share the mean they lose, so no weight can be trained alone.

    Args:
        features: x, ``[B, D]``, any floating dtype.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class.
        alpha: >= 0.
        gradient: as in :func:`weights_biased_logits`.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[-3.0, -3.0]]), torch.eye(2)
        >>> centred_biased_logits(x, torch.tensor([0]), w, alpha=0.5)  # the same for both classes: zero
        tensor([[0., 0.]])
    """
    _check(alpha, gradient)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        return weights_biased_logits(x, labels, w - w.mean(0), alpha, gradient)


class _BiasedHead(LinearHead):
    def __init__(self, feature_dim: int, num_classes: int, alpha: float, gradient: Gradient = "literal") -> None:
        super().__init__(feature_dim, num_classes)
        self.alpha = _check(alpha, gradient)
        self.gradient: Gradient = gradient

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, alpha={self.alpha:g}, gradient={self.gradient!r}"


class WSoftmax(_BiasedHead):
    """W-Softmax; see :func:`weights_biased_logits` (W-Softmax, Eqs 1 and 10 to 13, Algorithm 1).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: weight-normalised.
    Algorithm 1 sums the loss over the batch where Eq. 13 takes the mean.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        alpha: >= 0.
        gradient: ``"literal"`` or ``"stopped"``.

    Example:
        >>> head = WSoftmax(feature_dim=8, num_classes=3, alpha=1.0)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            return weight_normalized_logits(features, self.weight)
        return weights_biased_logits(features, labels, self.weight, self.alpha, self.gradient)


class GuardedWSoftmax(_BiasedHead):
    """W-Softmax that dominates softmax; see :func:`guarded_biased_logits` (ours).

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        alpha: >= 0.
        margin: ``"proportional"`` or ``"constant"``.
        gradient: ``"literal"`` or ``"stopped"``.

    Example:
        >>> head = GuardedWSoftmax(feature_dim=8, num_classes=3, alpha=1.0, margin="constant")
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> bool((head(x, y) >= head(x) - 1e-5).all())
        True
    """

    def __init__(
        self,
        feature_dim: int,
        num_classes: int,
        alpha: float,
        margin: Guard = "proportional",
        gradient: Gradient = "literal",
    ) -> None:
        super().__init__(feature_dim, num_classes, alpha, gradient)
        require(margin in get_args(Guard), "margin must be one of {}, got {!r}", get_args(Guard), margin)
        self.margin: Guard = margin

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            return weight_normalized_logits(features, self.weight)
        return guarded_biased_logits(features, labels, self.weight, self.alpha, self.margin, self.gradient)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, margin={self.margin!r}"


class CentredWSoftmax(_BiasedHead):
    """W-Softmax over weights less their mean; see :func:`centred_biased_logits` (ours).

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        alpha: >= 0.
        gradient: ``"literal"`` or ``"stopped"``.

    Example:
        >>> head = CentredWSoftmax(feature_dim=8, num_classes=3, alpha=0.5)
        >>> bool((head(torch.randn(5, 8)).amax(1) > 0).all())
        True
    """

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            return centred_biased_logits(features, labels, self.weight, self.alpha, self.gradient)
        check_batch(features, None, self.weight)
        with torch.autocast(features.device.type, enabled=False):
            x, w = lift(features, self.weight)
            return weight_normalized_logits(x, w - w.mean(0))
