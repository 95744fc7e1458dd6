import numpy as np
import pytest
import torch
import torch.nn.functional as F

from reid.training.classifiers import CosineClassifier, DomainHeads


def test_logits_are_scaled_cosines():
    torch.manual_seed(0)
    classifier = CosineClassifier(5, scale=20.0)
    feature = torch.randn(3, 512)
    expected = [
        [
            20 * float(np.dot(f, w) / np.linalg.norm(f) / np.linalg.norm(w))
            for w in classifier.weight.detach().numpy()
        ]
        for f in feature.numpy()
    ]
    torch.testing.assert_close(classifier(feature), torch.tensor(expected), atol=1e-4, rtol=0)


def test_the_margin_is_taken_off_the_own_identity_alone():
    classifier = CosineClassifier(3, scale=20.0, margin=0.15)
    logits = classifier(torch.randn(2, 512))
    identity = torch.tensor([2, 0])
    less = logits - classifier.handicap(logits, identity)
    torch.testing.assert_close(less, torch.tensor([[0.0, 0.0, 3.0], [3.0, 0.0, 0.0]]))


def test_lengths_do_not_matter():
    classifier = CosineClassifier(4, scale=10.0)
    feature = torch.randn(2, 512)
    torch.testing.assert_close(classifier(feature), classifier(7 * feature))


def test_placed_vectors_are_the_mean_directions():
    classifier = CosineClassifier(2, scale=10.0)
    features = F.normalize(torch.randn(5, 512))
    identity = torch.tensor([0, 1, 1, 0, 1])
    classifier.place(features, identity)
    for i in (0, 1):
        mean = features[identity == i].mean(dim=0)
        torch.testing.assert_close(classifier.weight[i], mean / mean.norm())
    assert classifier(features).argmax(dim=1).tolist() == identity.tolist()


@pytest.mark.parametrize(("scale", "kind"), [(0.0, torch.nn.Linear), (16.0, CosineClassifier)])
def test_the_scale_chooses_the_classifier(scale: float, kind: type):
    heads = DomainHeads(3, {"colour": 2}, cosine_scale=scale)
    assert isinstance(heads.identity, kind)
    assert heads.attributes["colour"](torch.zeros(1, 512)).shape == (1, 2)
