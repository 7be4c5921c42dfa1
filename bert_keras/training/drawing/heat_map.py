"""A table of shares as shades of blue, with the names of its rows and columns."""

from collections.abc import Sequence

import numpy as np

from bert_keras.training.drawing.lettering import SIZE, cut, drawable, font_of, width_of

_DARK = np.array([8, 48, 107])
_NOT_A_NUMBER = np.array([200, 200, 200])
_LONGEST_NAME = 160  # pixels
_GAP = 6


def heat_map(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    texts: Sequence[Sequence[str]] | None = None,
    row_title: str = "",
    column_title: str = "",
    title: str = "",
    size: int = 480,
) -> np.ndarray:
    """Draw a heat map.

    Names that no font here can write are numbers in the picture: `legend` says which. Where rows are too low for
    letters, as many names are left out as it takes.

    Args:
        values: (rows, columns) numbers from 0, white, to 1, dark blue; NaN is grey.
        rows: A name for each row.
        columns: A name for each column, written upwards.
        texts: What stands in the cells, where they have room for it; None for nothing.
        row_title: What the rows are.
        column_title: What the columns are.
        title: What stands above all.
        size: How wide and high the cells are together, about, in pixels.

    Returns:
        (height, width, 3) uint8 array.

    Raises:
        ValueError: If there are not as many names as rows and columns, or there are none.

    Example:
        >>> heat_map(np.eye(2), ["cat", "dog"], ["cat", "dog"], texts=[["7", "0"], ["0", "3"]]).dtype
        dtype('uint8')
    """
    from PIL import Image, ImageDraw

    values = np.asarray(values, "float64")
    if values.shape != (len(rows), len(columns)) or not values.size:
        raise ValueError(
            f"Expected values for each of {len(rows)} rows and {len(columns)} columns, received {values.shape}."
        )
    cell = int(np.clip(size // max(values.shape), 4, 48))
    row_names, column_names = ([cut(name, _LONGEST_NAME) for name in drawable(names)] for names in (rows, columns))
    left = _widest([*row_names, row_title]) + 2 * _GAP
    above = (SIZE + _GAP) * (bool(title) + bool(column_title)) + _GAP
    top = above + max(_widest(column_names), (SIZE + _GAP) * bool(row_title)) + _GAP
    height, width = cell * np.array(values.shape)
    width_of_titles = _GAP + max(_widest([title]), left + _widest([column_title]))
    image = Image.new("RGB", (max(left + width + 2 * _GAP, width_of_titles), top + height + 2 * _GAP), "white")
    shades = np.repeat(np.repeat(_colours(values), cell, axis=0), cell, axis=1)
    image.paste(Image.fromarray(shades), (left, top))
    draw = ImageDraw.Draw(image)
    draw.rectangle((left - 1, top - 1, left + width, top + height), outline="grey")
    draw.text((_GAP, _GAP), title, "black", font_of(title))
    draw.text((left, above - SIZE - _GAP), column_title, "dimgrey", font_of(column_title))
    draw.text((_GAP, top - _GAP), row_title, "dimgrey", font_of(row_title), anchor="ls")
    every = -(-SIZE // cell)
    for i in range(0, len(rows), every):
        draw.text((left - _GAP, top + i * cell + cell // 2), row_names[i], "black", font_of(row_names[i]), anchor="rm")
    for i in range(0, len(columns), every):
        _write_upwards(image, column_names[i], left + i * cell + cell // 2, top - _GAP)
    for i, j in np.ndindex(values.shape) if texts is not None else ():
        if width_of(texts[i][j]) < cell and SIZE < cell:
            place = (left + j * cell + cell // 2, top + i * cell + cell // 2)
            draw.text(place, texts[i][j], "white" if values[i, j] > 0.5 else "black", font_of(texts[i][j]), anchor="mm")
    return np.asarray(image)


def _colours(values):
    shares = np.clip(values, 0, 1)[..., None]
    mixed = np.where(np.isnan(shares), _NOT_A_NUMBER, 255 + np.nan_to_num(shares) * (_DARK - 255))
    return mixed.round().astype("uint8")


def _widest(names):
    return int(max(map(width_of, names))) + 1


def _write_upwards(image, name, middle, bottom):
    from PIL import Image, ImageDraw

    written = Image.new("L", (max(1, _widest([name])), SIZE + 4), 0)
    ImageDraw.Draw(written).text((0, written.height // 2), name, 255, font_of(name), anchor="lm")
    turned = written.rotate(90, expand=True)
    image.paste("black", (middle - turned.width // 2, bottom - turned.height), turned)
