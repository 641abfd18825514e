from pathlib import Path

import pytest

from ovenbird.datasets import InputError
from ovenbird.datasets.comparison_table import read_comparisons


def test_a_comparison_table_with_faults_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("better,worse\nA,B\n")
    with pytest.raises(InputError, match=r"orders.csv: the column response is missing"):
        read_comparisons(file)
    file.write_text("better,worse,response,better_means\nA,B,r,bigger\nA,B,r,smaller\n")
    with pytest.raises(InputError, match=r"orders.csv row 2: better_means is 'bigger'"):
        read_comparisons(file)


def test_better_means_larger_unless_it_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("better,worse,response\nA,B,r\n")
    (statement,) = read_comparisons(file)
    assert (statement.larger, statement.source, statement.note) == ("A", "", "")
