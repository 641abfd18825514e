"""Runs over all cores of a machine, or over a cluster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import cloudpickle

from ...datasets import InputError
from .one_run import Plan

_PATIENCE_S = 15  # until a scheduler that does not answer is taken for absent

Calls = Sequence[tuple[str, tuple[Any, ...]]]
Execute = Callable[[Calls], Iterator[Any]]


@contextmanager
def executor(plan: Plan, jobs: int, scheduler: str | None) -> Iterator[Execute]:
    """What carries out methods of a plan elsewhere, and gives their results as they come.

    Parameters
    ----------
    plan
        Sent to each process once with each call; processes keep it.
    jobs
        Processes on this machine; -1: as many as it has cores. 1: this process.
    scheduler
        Address of a dask scheduler, such as ``tcp://10.0.0.5:8786``, or None: this machine.

    Raises
    ------
    InputError
        If the scheduler cannot be reached, or dask is not installed.
    """
    content: bytes = cloudpickle.dumps(plan)
    if scheduler is None:
        yield lambda calls: _on_this_machine(content, calls, jobs)
        return
    with _connected(scheduler) as client:
        yield lambda calls: _on_a_cluster(client, content, calls)


def _on_this_machine(content: bytes, calls: Calls, jobs: int) -> Iterator[Any]:
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from parallel(delayed(carry_out)(content, name, arguments) for name, arguments in calls)


def _on_a_cluster(client: Any, content: bytes, calls: Calls) -> Iterator[Any]:
    from distributed import as_completed

    plan = client.scatter(content, broadcast=True, hash=False)
    futures = [client.submit(carry_out, plan, name, arguments, pure=False) for name, arguments in calls]
    try:
        for _, result in as_completed(futures, with_results=True, loop=client.loop):
            yield result
    finally:
        client.cancel(futures)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            "--scheduler needs dask.distributed, which is an extra: pip install 'ovenbird[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no dask scheduler answers at '{address}'; an address reads tcp://host:8786"
        ) from error
    try:
        yield client
    finally:
        client.close()


def carry_out(content: bytes, name: str, arguments: tuple[Any, ...]) -> Any:
    """Call a method of a plan where it arrived; its first argument comes back with the result."""
    return arguments[0], getattr(_plan(content), name)(*arguments)


@lru_cache(maxsize=2)
def _plan(content: bytes) -> Plan:
    # Kept, because what a laboratory learned from (the posterior's surrogates) is kept in it.
    return cloudpickle.loads(content)
