"""Texts of pictures: signs that can be printed, widths, breaks; labels and legends that keep apart."""

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from ovenbird.models.picture_labels import place_labels
from ovenbird.models.picture_style import legend_below, new_figure
from ovenbird.models.picture_text import cut_to, printable, width_of, wrapped

JOINED = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("one\n two\t ", "one two"),
        ("\N{FIRE} vial", "\N{WHITE SQUARE} vial"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}abc\N{ZERO WIDTH JOINER}", "abc"),
        (f"700{JOINED}°C", f"700{JOINED}°C"),
        ("\x07", "\N{WHITE SQUARE}"),
        ("", ""),
    ],
)
def test_what_cannot_be_printed_is_a_box(written: str, printed: str) -> None:
    assert printable(written) == printed


def test_lines_are_no_wider_than_they_may_be() -> None:
    sentence = f"Forecast of 283{JOINED}mAh/g at " + "word" * 40
    lines = wrapped(sentence, 1.5, 9.5)
    assert all(width_of(line, 9.5) <= 1.5 for line in lines)
    assert any(f"283{JOINED}mAh/g" in line for line in lines) and lines[-1].endswith("…")
    assert cut_to("short", 1.5, 9.5) == "short"


def test_a_width_is_that_of_the_picture() -> None:
    figure, axes = new_figure("Title")
    text = axes.text(0.5, 0.5, "milling speed [rpm]", fontsize=9.5)
    drawn = text.get_window_extent(FigureCanvasAgg(figure).get_renderer()).width / figure.dpi
    assert width_of("milling speed [rpm]", 9.5) == pytest.approx(drawn, rel=0.03)


@pytest.mark.parametrize("leave_out", [False, True])
def test_labels_without_room_are_left_out_where_that_is_asked(leave_out: bool) -> None:
    figure, axes = new_figure("Title", size=(2.5, 2.0))
    place = (0.5, 0.5)
    place_labels(axes, [(place,)] * 60, ["LTVO-001"] * 60, leave_out=leave_out)
    assert len(axes.texts) == 60 if not leave_out else 1 < len(axes.texts) < 60
    if leave_out:
        boxes = [text.get_window_extent(FigureCanvasAgg(figure).get_renderer()) for text in axes.texts]
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_nothing_is_written_over_what_stands_there() -> None:
    figure, axes = new_figure("Title")
    renderer = FigureCanvasAgg(figure).get_renderer()
    first = axes.text(0.5, 0.5, "already here", va="bottom")
    place_labels(axes, [((0.5, 0.5),)], ["$x$"], written=[first])
    label = axes.texts[-1]
    assert not label.get_window_extent(renderer).overlaps(first.get_window_extent(renderer))
    assert not label.get_parse_math()


@pytest.mark.parametrize(
    ("name", "columns"), [("a", 3), ("a name of some length, in words", 2), ("long" * 20, 1)]
)
def test_a_legend_has_as_many_columns_as_fit(name: str, columns: int) -> None:
    figure, axes = new_figure("Title")
    for number in range(6):
        axes.plot([0], [number], label=f"{name} {number}")
    legend_below(figure, axes, n_columns=3)
    (legend,) = figure.legends
    figure.draw_without_rendering()
    places = {round(text.get_window_extent().x0) for text in legend.get_texts()}
    assert len(places) == columns
    assert legend.get_window_extent().x1 <= figure.bbox.x1
