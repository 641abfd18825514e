"""Numerical threads: one is faster and more predictable for the small matrices of a campaign."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside the block, and as many as before after it.

    With more, threads wait for each other longer than they compute, most of all on a busy machine, and
    sums may be taken in another order from one run to the next.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
