import math

import pytest
import torch

from reid.training.losses import batch_hard_triplet, pairwise_distance, relational_distillation

POINTS = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
IDENTITY = torch.tensor([0, 0, 1, 1])
# Hardest positive and negative of each point: (1, 3), (1, 2), (4, 2), (4, 6).
VIOLATIONS = (-2.0, -1.0, 2.0, -2.0)


def test_distances_by_hand():
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    torch.testing.assert_close(
        pairwise_distance(points), torch.tensor([[0.0, 5.0], [5.0, 0.0]]), atol=1e-5, rtol=0
    )


def test_hinge_by_hand():
    expected = sum(max(0, v + 1.5) for v in VIOLATIONS) / 4
    loss = batch_hard_triplet(POINTS, IDENTITY, margin=1.5)
    assert loss.item() == pytest.approx(expected)


def test_soft_margin_by_hand():
    expected = sum(math.log1p(math.exp(v)) for v in VIOLATIONS) / 4
    assert batch_hard_triplet(POINTS, IDENTITY).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    "identity", [[0, 0, 0, 0], [0, 1, 2, 3]], ids=["no negatives", "no positives"]
)
def test_without_triplets_the_loss_is_zero_and_differentiable(identity: list[int]):
    points = POINTS.clone().requires_grad_()
    loss = batch_hard_triplet(points, torch.tensor(identity))
    loss.backward()
    assert loss.item() == 0
    assert points.grad is not None


def test_equal_pictures_have_a_finite_gradient():
    points = torch.zeros(4, 3, requires_grad=True)
    batch_hard_triplet(points, IDENTITY).backward()
    assert points.grad is not None
    assert torch.isfinite(points.grad).all()


def test_a_student_like_its_teacher_has_nothing_to_learn():
    torch.manual_seed(0)
    teacher = torch.randn(5, 8)
    assert relational_distillation(teacher * 3 + 1, teacher).item() == pytest.approx(0, abs=1e-10)


def test_distillation_by_hand():
    # Centred: student (±1, 0) similarity -1; teacher (0, ±1), also -1: equal. Against a teacher
    # of three points the similarities differ.
    student = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    teacher = torch.tensor([[0.0, 5.0, 1.0], [0.0, 1.0, 1.0]])
    assert relational_distillation(student, teacher).item() == pytest.approx(0, abs=1e-10)
    student = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    teacher = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    # Of 16 similarities ±1 the 8 of (0,1), (0,2), (1,3), (2,3) and their mirrors differ by 2.
    assert relational_distillation(student, teacher).item() == pytest.approx(8 * 4 / 16)
