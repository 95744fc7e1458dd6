from __future__ import annotations

import torch

from detector import network
from detector.inference.heads import RawInference, RawOutputs, anchor_grid


def test_raw_outputs_decode_to_what_the_network_itself_decodes(random_weights):
    images = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        expected = network.load(random_weights).module(images)[0]
        fused = network.inference_module(
            network.load(random_weights), torch.device("cpu"), dtype=torch.float32
        )
        raw = RawInference(fused, end_to_end=False).run(images)
        boxes = raw.decode(1, torch.arange(raw.scores.shape[2]))
    center, wh = expected[1, :2].T, expected[1, 2:4].T
    torch.testing.assert_close(
        boxes, torch.cat([center - wh / 2, center + wh / 2], 1), atol=0.02, rtol=0
    )
    torch.testing.assert_close(raw.scores.sigmoid(), expected[:, 4:], atol=1e-4, rtol=0)


def test_anchors_lie_in_the_middle_of_their_cells():
    features = [torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 1, 2)]
    centers, strides = anchor_grid(32, features)
    assert centers[:5].tolist() == [[4, 4], [12, 4], [20, 4], [28, 4], [4, 12]]
    assert centers[8:].tolist() == [[8, 8], [24, 8]]
    assert strides.tolist() == [8] * 8 + [16] * 2


def test_one_bin_per_edge_is_the_distance_itself():
    raw = RawOutputs(
        boxes=torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1),
        scores=torch.zeros(1, 1, 1),
        anchors=torch.tensor([[100.0, 100.0]]),
        strides=torch.tensor([8.0]),
        end_to_end=True,
    )
    assert raw.decode(0, torch.tensor([0])).tolist() == [[92, 84, 124, 132]]
    assert raw.decode(0, torch.zeros(0, dtype=torch.int64)).shape == (0, 4)
