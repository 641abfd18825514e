"""YAML is read into plain values with their lines, and never runs code."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovenbird.campaigns.yaml_document import plain_keys, read_yaml, yaml_text
from ovenbird.datasets import InputError, NotFound, OvenbirdError


def write(tmp_path: Path, content: bytes | str) -> Path:
    file = tmp_path / "alloy.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def fault(tmp_path: Path, content: bytes | str) -> str:
    with pytest.raises(InputError) as raised:
        read_yaml(write(tmp_path, content))
    (sentence,) = raised.value.faults
    return sentence


def test_words_stay_words(tmp_path: Path) -> None:
    keys = read_yaml(write(tmp_path, "a: [none, yes, no, on, off, 3 ± 0.6, 4 %]\n")).keys
    assert keys == {"a": ["none", "yes", "no", "on", "off", "3 ± 0.6", "4 %"]}


def test_days_and_times_stay_as_they_are_written(tmp_path: Path) -> None:
    written = "2026-11-26, 2026-13-26, 2026-11-26 13:00, 2026-11-26 13:00:00, 2026-11-26T13:00:00+01:00"
    keys = read_yaml(write(tmp_path, f"a: [{written}]\n2026-11-26: &day 2026-11-27\nb: *day\n")).keys
    assert keys == {"a": written.split(", "), "2026-11-26": "2026-11-27", "b": "2026-11-27"}


def test_days_and_times_given_in_python_are_text() -> None:
    moment = datetime(2026, 11, 26, 13, tzinfo=timezone(timedelta(hours=1)))
    given = {
        "a": [date(2026, 11, 26), datetime(2026, 11, 26, 13, 5), moment],
        "b": np.datetime64("2026-11-26"),
    }
    text = ["2026-11-26", "2026-11-26T13:05:00", "2026-11-26T13:00:00+01:00"]
    assert plain_keys(given) == {"a": text, "b": "2026-11-26"}


def test_what_cannot_stand_in_a_file_is_refused() -> None:
    with pytest.raises(InputError, match=r"^a\.b: '\{3\}' is neither text, a number, a list nor a mapping"):
        plain_keys({"a": {"b": {3}}})


def test_every_key_and_entry_has_its_line(tmp_path: Path) -> None:
    document = read_yaml(write(tmp_path, "# comment\na:\n  b: 1\n  c:\n    - 2\n    - {d: 3}\n"))
    assert document.line(("a",)) == 2
    assert document.line(("a", "b")) == 3
    assert document.line(("a", "c", 1, "d")) == 6
    assert document.line(("a", "c", 1, "missing")) == 6


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")).keys == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "alloy.yaml: the file is empty"),
        ("# nothing but a comment\n", "alloy.yaml: the file is empty"),
        (b"\x89PNG\r\n\x1a\n", "alloy.yaml: this is not a text file"),
        (b"SQLite format 3\0", "alloy.yaml: this is a binary file"),
        ("- a\n- b\n", "alloy.yaml line 1: a campaign file is a list of 'key: value' lines"),
        ("just words", "alloy.yaml line 1: a campaign file is a list of 'key: value' lines"),
        ("a: 1\nb: [1,\nc: 2\n", "alloy.yaml line 2: this is not valid YAML"),
        ("a: 1\n\tb: 2\n", "alloy.yaml line 2: this is not valid YAML"),
        ("a: 1\nb: 2\na: 3\n", "alloy.yaml line 3: the key 'a' stands twice"),
        ("a: {1: x, '1': y}\n", "alloy.yaml line 1: a.1: the key '1' stands twice"),
        (f"a: {'9' * 5000}\n", "alloy.yaml: this is not valid YAML: Exceeds the limit"),
        ("a: 1\n" + "# long\n" * 200_000, "alloy.yaml: 1400005 bytes are too many"),
        ("a: " + "[" * 40 + "]" * 40, "alloy.yaml line 1: a entry 1 entry 1 entry 1: nested too deeply"),
        ("a: " + "[" * 5000 + "]" * 5000, "alloy.yaml: nested too deeply"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
            ),
            "alloy.yaml line 1: too much for a campaign file",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    tmp_path: Path, content: bytes | str, sentence: str
) -> None:
    assert fault(tmp_path, content).startswith(sentence)


def test_a_tag_runs_no_code(tmp_path: Path) -> None:
    written = tmp_path / "written"
    document = read_yaml(write(tmp_path, f"a: !!python/object/apply:os.mkdir ['{written}']\n"))
    assert document.keys == {"a": [str(written)]} and not written.exists()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        read_yaml(tmp_path / "missing.yaml")
    with pytest.raises(InputError, match="is a folder"):
        read_yaml(tmp_path)


TEXTS = st.text(st.sampled_from("ab1:-[]{},'\"#&*!|>%@ \n\t?~.±"), max_size=40)


@given(text=TEXTS)
def test_any_text_ends_in_values_or_a_sentence(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write(tmp_path_factory.mktemp("yaml"), text)
    sentence = "alloy.yaml"
    try:
        read_yaml(file)
    except OvenbirdError as error:
        sentence = str(error)
    assert sentence.startswith("alloy.yaml")


SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=12)
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(keys=st.dictionaries(st.sampled_from(["name", "none", "yes", "1"]), PLAIN, min_size=1))
def test_plain_values_survive_writing_and_reading(
    keys: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = plain_keys(keys)
    file = tmp_path_factory.mktemp("yaml") / "alloy.yaml"
    file.write_text(yaml_text(plain), encoding="utf-8", newline="\n")
    assert read_yaml(file).keys == plain
