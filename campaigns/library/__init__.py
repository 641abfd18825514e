"""Ready campaign files to start from."""

from pathlib import Path

from ...datasets import NotFound, listed

_FOLDER = Path(__file__).parent


def library_names() -> tuple[str, ...]:
    """Names of the campaigns in the library.

    >>> "ltvo" in library_names()
    True
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def library_path(name: str) -> Path:
    """File of a campaign in the library; read it, never write beside it.

    Raises
    ------
    NotFound
        If the library has no such campaign.
    """
    if name not in library_names():
        raise NotFound(f"the library has no campaign '{name}', it has {listed(library_names())}")
    return _FOLDER / f"{name}.yaml"
