"""Fixed points are found, of each map as if it were alone, and within bounds."""

import torch
from torch import Tensor

from ovenbird.models.fixed_point import fixed_points

FREE = torch.full((4,), -torch.inf).double()


def swinging(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A linear map x -> A x + b whose plain steps would swing further and further."""
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(n, n, generator=generator).double()
    vectors, _ = torch.linalg.qr(root)
    slopes = torch.linspace(-3.0, 0.5, n).double()
    return vectors @ torch.diag(slopes) @ vectors.T, torch.randn(n, generator=generator).double()


def test_a_map_whose_steps_swing_further_and_further_is_solved() -> None:
    matrix, shift = swinging(4, 0)
    calls = 0

    def update(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return matrix @ x + shift

    found = fixed_points(update, torch.zeros(4).double(), FREE, 1e-9, 50)
    torch.testing.assert_close(found, torch.linalg.solve(torch.eye(4).double() - matrix, shift))
    assert calls < 12


def test_each_of_several_maps_is_solved_as_if_alone() -> None:
    maps = [swinging(4, seed) for seed in range(3)]
    matrices, shifts = (torch.stack(x) for x in zip(*maps, strict=True))

    def together(x: Tensor) -> Tensor:
        return (matrices @ x.unsqueeze(-1)).squeeze(-1) + shifts

    found = fixed_points(together, torch.zeros(3, 4).double(), FREE, 1e-6, 50)
    for one, (matrix, shift) in zip(found, maps, strict=True):

        def alone(x: Tensor, matrix: Tensor = matrix, shift: Tensor = shift) -> Tensor:
            return matrix @ x + shift

        expected = fixed_points(alone, torch.zeros(4).double(), FREE, 1e-6, 50)
        torch.testing.assert_close(one, expected, atol=1e-10, rtol=1e-10)


def test_points_never_leave_their_bounds() -> None:
    """x = exp(-5 x) has one solution above 0; the map is not to be asked below."""
    least = torch.full((1,), 1e-10).double()

    def update(x: Tensor) -> Tensor:
        assert (x >= least).all()
        return (-5 * x).exp()

    found = fixed_points(update, torch.full((1,), 2.0).double(), least, 1e-10, 200)
    torch.testing.assert_close(found, (-5 * found).exp(), atol=1e-9, rtol=0)
