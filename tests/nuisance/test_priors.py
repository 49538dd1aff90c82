"""Where a fit starts, and which blocks belong to which fold."""

import numpy as np

from causalkit.nuisance._blocks import Block
from causalkit.nuisance._priors import block_prior, chosen_blocks

BLOCKS = [
    Block("intercept", -1, -1, 0, 1),
    Block("smooth", 0, 0, 1, 6),
    Block("linear", 0, -1, 6, 8),
    Block("pair", -1, -1, 8, 12),
]


def test_columns_belong_to_their_blocks():
    assert block_prior(BLOCKS).block.tolist() == [0] + [1] * 5 + [2] * 2 + [3] * 4


def test_only_the_intercept_is_fixed():
    prior = block_prior(BLOCKS)
    assert prior.fixed.tolist() == [True, False, False, False]
    assert prior.variance[0] > 1 > prior.variance[1] == prior.variance[3]


def test_pairs_must_earn_more():
    shrink = block_prior(BLOCKS).shrink
    assert shrink[3] > shrink[1] > 0


def test_blocks_of_a_fold_are_its_main_ones_and_its_pairs():
    main = np.array([[True, True], [True, False], [True, True]])
    allowed = chosen_blocks(main, [(0, 1), (0, 2), (1, 2)], [[(0, 2)], [], [(1, 2), (0, 1)]])
    np.testing.assert_array_equal(
        allowed,
        [
            [True, True, False, True, False],
            [True, False, False, False, False],
            [True, True, True, False, True],
        ],
    )


def test_without_pairs_the_main_blocks_are_left():
    assert chosen_blocks(np.ones((2, 3), bool), [], [[], []]).tolist() == [[True] * 3] * 2
