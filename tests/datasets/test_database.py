"""What can happen to the file of a store: other writers, sudden ends, locks, foreign and newer files."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ovenbird.datasets import Dataset, InputError, QualifiedValue, Status, StoreUnavailable, database
from ovenbird.datasets.store import NewExperiment, Store

NEW = NewExperiment(status=Status.PLANNED, planned={"t": 700.0}, executed={"t": 700.0})

WRITER = """
import sys
from ovenbird.datasets import Status
from ovenbird.datasets.store import NewExperiment, Store
store = Store(sys.argv[1])
new = NewExperiment(status=Status.PLANNED, planned={"t": 700.0}, executed={"t": 700.0})
for _ in range(int(sys.argv[2])):
    print(*store.add([new], prefix="LTVO", action="add"), flush=True)
"""


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)


def writer(url: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, url, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_begin_together_lose_nothing(store: Store, file: Path) -> None:
    processes = [writer(f"sqlite:///{file}", 10) for _ in range(3)]
    told = [line for process in processes for line in process.communicate(timeout=30)[0].split()]
    assert [process.returncode for process in processes] == [0, 0, 0]
    expected = [f"LTVO-{n:03d}" for n in range(1, 31)]
    assert sorted(told) == expected
    assert [e.id for e in store.dataset().experiments] == expected
    assert len(store.events()) == 30


def test_threads_that_share_a_store_lose_nothing(store: Store) -> None:
    for shared in (store, Store.in_memory()):
        with ThreadPoolExecutor(6) as pool:
            told = list(pool.map(lambda _, s=shared: s.add([NEW], prefix="X", action="add")[0], range(30)))
        assert sorted(told) == [f"X-{n:03d}" for n in range(1, 31)]
        assert {e.id for e in shared.dataset().experiments} == set(told)


def test_what_was_acknowledged_survives_a_kill(store: Store, file: Path) -> None:
    process = writer(f"sqlite:///{file}", 100_000)
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    told += process.communicate(timeout=10)[0].split("\n")[:-1]
    kept = {e.id for e in store.dataset().experiments}
    assert set(told) <= kept
    # At most the one transaction whose acknowledgement was cut off is more than told.
    assert len(kept) <= len(told) + 1
    assert store.add([NEW], prefix="LTVO", action="add") == [f"LTVO-{len(kept) + 1:03d}"]


def test_a_failing_write_leaves_no_trace(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add([NEW], prefix="X", action="add")
    before = (store.dataset(), store.events())

    def break_off(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("ovenbird.datasets.store.write_event", break_off)
    with pytest.raises(RuntimeError, match="power cut"):
        store.record("X-001", {"capacity": [QualifiedValue(1.0)]})
    assert (store.dataset(), store.events()) == before


@pytest.mark.usefixtures("hurry")
def test_a_locked_file_can_be_read_and_says_why_it_cannot_be_written(store: Store, file: Path) -> None:
    store.add([NEW], prefix="X", action="add")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"ltvo.db is in use by another program") as caught:
        store.record("X-001", {"capacity": [QualifiedValue(1.0)]})
    assert "\n" not in str(caught.value)
    assert len(store.dataset()) == 1
    other.execute("ROLLBACK")
    other.close()
    store.record("X-001", {"capacity": [QualifiedValue(1.0)]})
    assert store.experiment("X-001").values("capacity") == (QualifiedValue(1.0),)


def test_files_that_are_no_datasets_stay_as_they_are(store: Store, file: Path) -> None:
    file.write_bytes(b"These are notes, and no database at all. " * 50)
    content = file.read_bytes()
    for refused in (store.dataset, lambda: store.add([NEW], prefix="X", action="add")):
        with pytest.raises(StoreUnavailable, match=r"ltvo.db is not an SQLite file"):
            refused()
    assert file.read_bytes() == content
    file.unlink()
    foreign = sqlite3.connect(file)
    foreign.execute("CREATE TABLE recipes (name)")
    foreign.close()
    content = file.read_bytes()
    for refused in (store.dataset, lambda: store.add([NEW], prefix="X", action="add")):
        with pytest.raises(
            StoreUnavailable, match=r"holds other tables \(recipes\): it is no Ovenbird dataset"
        ):
            refused()
    assert file.read_bytes() == content


def test_a_file_of_a_newer_ovenbird_is_refused(store: Store, file: Path) -> None:
    store.add([NEW], prefix="X", action="add")
    newer = sqlite3.connect(file)
    newer.execute("UPDATE schema_version SET version = 99")
    newer.commit()
    newer.close()
    for refused in (store.dataset, lambda: store.add([NEW], prefix="X", action="add")):
        with pytest.raises(
            StoreUnavailable, match=r"newer Ovenbird \(dataset version 99, this one knows 1\)"
        ):
            refused()


def test_a_folder_is_no_dataset_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened as a dataset: it is a folder"):
        Store(f"sqlite:///{tmp_path}").dataset()
    absent = Store(f"sqlite:///{tmp_path}/absent/ltvo.db")
    for refused in (absent.dataset, lambda: absent.add([NEW], prefix="X", action="add")):
        with pytest.raises(StoreUnavailable, match="absent does not exist; create it first"):
            refused()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


UNPRIVILEGED = """
import os, sys
from ovenbird.datasets import Status, StoreUnavailable
from ovenbird.datasets.store import NewExperiment, Store
new = NewExperiment(status=Status.PLANNED, planned={"t": 700.0}, executed={"t": 700.0})
if os.geteuid() == 0:
    os.setuid(65534)
for url in sys.argv[1:]:
    store = Store(url)
    print(len(store.dataset()))
    try:
        store.add([new], prefix="X", action="add")
    except StoreUnavailable as error:
        print(error)
"""


def test_what_is_read_only_can_be_read_and_says_why_it_cannot_be_written(open_folder: Path) -> None:
    file = open_folder / "ltvo.db"
    Store(f"sqlite:///{file}").add([NEW], prefix="X", action="add")
    file.chmod(0o444)
    open_folder.chmod(0o555)
    urls = [f"sqlite:///{file}", f"sqlite:///{open_folder}/new.db"]
    # A program of its own, because root, as tests often run, may write anything.
    command = [sys.executable, "-c", UNPRIVILEGED, *urls]
    told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()
    assert told[0] == "1"
    assert told[1].startswith("ltvo.db is read-only: nothing was written")
    assert told[2] == "0"
    assert told[3].startswith("new.db cannot be opened as a dataset")
    assert len(told) == 4
    assert [entry.name for entry in open_folder.iterdir()] == ["ltvo.db"]


def test_no_files_are_left_beside_the_dataset(store: Store, file: Path) -> None:
    store.add([NEW], prefix="X", action="add")
    assert len(store.dataset()) == 1
    assert [entry.name for entry in file.parent.iterdir()] == ["ltvo.db"]
    raw = sqlite3.connect(file)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_a_file_with_odd_signs_in_its_name(tmp_path: Path) -> None:
    file = tmp_path / "é 100% #1.db"
    store = Store(f"sqlite:///{file}")
    store.add([NEW], prefix="X", action="add")
    assert file.exists()
    assert len(store.dataset()) == 1


@pytest.mark.parametrize(
    ("url", "phrase"),
    [
        ("ltvo.db", "'ltvo.db' is no address of a dataset, allowed are sqlite:///file.db and postgresql"),
        ("mysql://host/name", "'mysql' is an unknown kind of dataset"),
        ("sqlite://host/ltvo.db", "says more than a file"),
        ("sqlite:///ltvo.db?mode=ro", "says more than a file"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, phrase: str) -> None:
    with pytest.raises(InputError) as caught:
        Store(url)
    assert phrase in str(caught.value)


def test_an_empty_file_is_an_empty_dataset(store: Store, file: Path) -> None:
    file.touch()
    assert store.dataset() == Dataset()
    assert store.add([NEW], prefix="X", action="add") == ["X-001"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, ovenbird.datasets; print({'pandas', 'sqlalchemy', 'pint'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "set()"
