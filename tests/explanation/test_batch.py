import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.explanation.batch import in_passes


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 40), size=st.integers(1, 16))
def test_every_row_is_answered_once_in_passes_of_one_size(count, size):
    run = []

    def forward(rows):
        run.append(rows)
        return torch.stack([rows.float(), -rows.float()], 1)

    logits = in_passes(forward, count, size)
    assert logits[:, 0].tolist() == list(range(count))
    assert {len(rows) for rows in run} == {size}
    assert sum(len(rows) for rows in run) - count < size  # only the last pass is filled up
    assert all(int(rows.max()) < count for rows in run)


def test_passes_are_made_without_gradients():
    weight = torch.ones(2, requires_grad=True)
    assert in_passes(lambda rows: rows[:, None] * weight, 3, 2).is_inference()


def test_no_rows_have_no_logits():
    with pytest.raises(ValueError, match="Expected at least one row, but got none"):
        in_passes(lambda rows: rows[:, None], 0, 4)
