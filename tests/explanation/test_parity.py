"""Against pytorch-grad-cam's maps on a fixed network; its conventions are in ../shared/parity/README.md."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from camfolio.explanation.batch import Batch
from camfolio.explanation.explain import explain
from camfolio.explanation.methods.eigen_cam import eigen_cam
from camfolio.explanation.methods.grad_cam import grad_cam
from camfolio.explanation.methods.hires_cam import hires_cam
from camfolio.explanation.methods.layer_cam import layer_cam
from camfolio.explanation.methods.score_cam import score_weights
from camfolio.explanation.methods.xgrad_cam import xgrad_cam
from camfolio.explanation.probe import LayerReading, borrowed, read
from camfolio.network.architecture import make_network

STORED = Path(__file__).parents[3] / "shared" / "parity" / "peer_cams.npz"
pytestmark = pytest.mark.skipif(not STORED.exists(), reason=f"the peer's maps are not here: {STORED}")
LAYER = "layer2.1.conv2"


@pytest.fixture(scope="module")
def peer():
    with np.load(STORED, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


@pytest.fixture(scope="module")
def network(peer):
    network = make_network(width=16, blocks=(2, 2, 2, 2))
    weights = {name.removeprefix("state/"): tensor for name, tensor in peer.items() if name.startswith("state/")}
    network.load_state_dict(weights)
    return network.eval()


def unit(maps, eps):
    low = maps.amin((1, 2), keepdim=True)
    return (maps - low) / (eps + (maps - low).amax((1, 2), keepdim=True))


def as_the_peer_shows(signed):
    """ReLU, min-max, bilinear to 32x32, min-max again."""
    small = unit(signed.relu(), 1e-7)
    large = functional.interpolate(small.unsqueeze(1), (32, 32), mode="bilinear", align_corners=False).squeeze(1)
    return unit(large, 1e-7)


def read_layer(network, images, targets):
    return read(network, {LAYER: network.get_submodule(LAYER)}, images, targets)[0][LAYER]


def peer_batch(peer):
    reading = LayerReading(peer["logits"], peer["targets"], peer["activations"], peer["grads"])
    return Batch(reading, peer["inputs"], lambda images: images, lambda images, cells: cells, real=8, size=16)


@pytest.mark.parametrize(
    ("method", "stored"),
    [(grad_cam, "gradcam"), (hires_cam, "hirescam"), (layer_cam, "layercam"), (xgrad_cam, "xgradcam")],
)
def test_gradient_maps_from_the_stored_activations_and_gradients_are_the_peer_s(peer, method, stored):
    shown = as_the_peer_shows(method(peer_batch(peer)))
    torch.testing.assert_close(shown, peer[stored], rtol=0, atol=1e-5)


def test_eigen_cam_is_the_peer_s_up_to_the_sign_that_the_peer_leaves_to_chance(peer):
    signed = eigen_cam(peer_batch(peer))
    either = torch.stack([as_the_peer_shows(signed), as_the_peer_shows(-signed)])
    difference = (either - peer["eigencam"]).abs().amax((2, 3)).amin(0)
    assert float(difference.max()) <= 1e-5


def test_the_network_gives_the_stored_logits_and_activations_and_nearly_the_gradients(peer, network):
    with borrowed(network):
        reading = read_layer(network, peer["inputs"], peer["targets"])
    torch.testing.assert_close(reading.logits, peer["logits"], rtol=0, atol=1e-5)
    torch.testing.assert_close(reading.activations, peer["activations"], rtol=0, atol=1e-5)
    # A flipped ReLU gate moves single gradients, never most of them.
    assert float((reading.gradients - peer["grads"]).abs().median()) < 1e-7


def test_the_network_in_float64_gives_the_stored_logits_and_activations(peer):
    network = make_network(width=16, blocks=(2, 2, 2, 2)).double().eval()
    network.load_state_dict({name[6:]: tensor for name, tensor in peer.items() if name.startswith("state/")})
    with borrowed(network):
        reading = read_layer(network, peer["inputs"].double(), peer["targets"])
    torch.testing.assert_close(reading.logits.float(), peer["logits"], rtol=0, atol=1e-5)
    torch.testing.assert_close(reading.activations.float(), peer["activations"], rtol=0, atol=1e-5)


def test_score_cam_is_the_peer_s_once_channels_are_enlarged_its_way(peer, network):
    with borrowed(network):
        reading = read_layer(network, peer["inputs"], peer["targets"])
    with torch.no_grad():
        weights = score_weights(
            Batch(reading, peer["inputs"], network, network, real=8, size=16), align_corners=True
        ).softmax(1)
    shown = as_the_peer_shows((weights[:, :, None, None] * reading.activations).sum(1))
    torch.testing.assert_close(shown, peer["scorecam"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("method", "stored"), [("grad_cam", "gradcam"), ("hires_cam", "hirescam")])
def test_gradient_maps_end_to_end_in_float64_are_close_to_the_peer_s(peer, method, stored):
    network = make_network(width=16, blocks=(2, 2, 2, 2))
    weights = {name.removeprefix("state/"): tensor for name, tensor in peer.items() if name.startswith("state/")}
    network.load_state_dict(weights)
    found = explain(network.double(), peer["inputs"].double(), LAYER, [method], peer["targets"])
    difference = (as_the_peer_shows(found.signed[method]).float() - peer[stored]).abs()
    # The peer worked in float32: one flipped ReLU gate moves a few pixels, so most images must agree, and all nearly.
    assert float(difference.median()) < 1e-5
    assert float(difference.max()) < 2e-2
