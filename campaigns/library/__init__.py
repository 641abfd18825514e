"""Ready campaign files to start from, and virtual laboratories to try them on."""

from pathlib import Path

from ...datasets import NotFound, listed

_FOLDER = Path(__file__).parent
_LAB = ".lab.yaml"


def library_names() -> tuple[str, ...]:
    """Names of the campaigns in the library.

    >>> "ltvo" in library_names()
    True
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml") if not path.name.endswith(_LAB)))


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


def virtual_lab_names() -> tuple[str, ...]:
    """Names of the virtual laboratories in the library.

    >>> "ltvo" in virtual_lab_names()
    True
    """
    return tuple(sorted(path.name.removesuffix(_LAB) for path in _FOLDER.glob(f"*{_LAB}")))


def virtual_lab_path(name: str) -> Path:
    """Description file of a virtual laboratory in the library.

    Raises
    ------
    NotFound
        If the library has no such laboratory.
    """
    if name not in virtual_lab_names():
        raise NotFound(f"the library has no virtual lab '{name}', it has {listed(virtual_lab_names())}")
    return _FOLDER / f"{name}{_LAB}"
