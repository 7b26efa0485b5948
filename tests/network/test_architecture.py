import hashlib
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file

from camfolio.errors import NetworkError, StudyError
from camfolio.network.architecture import build_network, find_layer, make_network, through_window, two_logits
from camfolio.network.weights import load_weights, save_network
from camfolio.study.settings import Network


def small(width=4, blocks=(1, 1, 1, 1), seed=0, **more):
    torch.manual_seed(seed)
    return make_network(width=width, blocks=blocks, **more).eval()


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def same_weights(one, other):
    return all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


def test_layers_halve_a_slice_of_32_pixels_and_double_their_channels():
    network, sizes = small(blocks=(2, 1, 1, 1)), {}
    for layer in ("layer1", "layer2", "layer3", "layer4"):
        find_layer(network, layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: sizes.update({layer: tuple(output.shape)})
        )
    logits = network(torch.zeros(3, 1, 32, 32))
    assert logits.shape == (3, 2)
    assert sizes == {
        "layer1": (3, 4, 32, 32),
        "layer2": (3, 8, 16, 16),
        "layer3": (3, 16, 8, 8),
        "layer4": (3, 32, 4, 4),
    }


@pytest.mark.parametrize("width", [4, 6])
def test_the_width_is_that_of_the_first_layer_and_blocks_count_per_layer(width):
    network = small(width, (1, 2, 1, 3))
    assert [len(find_layer(network, f"layer{depth}")) for depth in (1, 2, 3, 4)] == [1, 2, 1, 3]
    assert find_layer(network, "layer1.0.conv1").out_channels == width
    assert find_layer(network, "layer4.0.conv1").out_channels == 8 * width
    assert find_layer(network, "fc").in_features == 8 * width


def test_dropout_stands_before_the_last_layer_and_acts_in_training_only():
    network = small(dropout=0.5)
    assert network.state_dict().keys() == small().state_dict().keys()
    images = torch.rand(2, 1, 16, 16)
    assert torch.equal(network(images), network(images))
    network.train()
    assert not torch.equal(network(images), network(images))


def test_the_ends_of_the_window_become_zero_and_one_and_values_beyond_are_clipped():
    hounsfield = torch.tensor([[[-3000.0, -1000.0, -300.0], [50.0, 400.0, 3000.0]]])
    seen = through_window(hounsfield, (-1000.0, 400.0))
    assert seen.shape == (1, 1, 2, 3)
    torch.testing.assert_close(seen[0, 0], torch.tensor([[0.0, 0.0, 0.5], [0.75, 1.0, 1.0]]))
    assert float(hounsfield.min()) == -3000.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("layer5", r"Expected the name of a layer, but got 'layer5'. Did you mean layer\d\?"),
        ("layer2.0.conv9", r"Did you mean layer2.0.conv\d\? Known: .*conv1, fc, layer1, layer1.0.conv1"),
        ("xyz", "but got 'xyz'. Known: "),
    ],
)
def test_an_unknown_layer_is_an_error_with_the_nearest_name(name, said):
    with pytest.raises(NetworkError, match=said):
        find_layer(small(), name)


def test_saved_weights_load_to_the_bit_and_save_to_the_same_bytes(tmp_path):
    network, other = small(seed=1), small(seed=2)
    save_network(network, tmp_path / "one.safetensors")
    assert not same_weights(network, other)
    load_weights(other, tmp_path / "one.safetensors")
    assert same_weights(network, other)
    save_network(other.to(memory_format=torch.channels_last), tmp_path / "two.safetensors")
    digests = {
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("one.safetensors", "two.safetensors")
    }
    assert len(digests) == 1
    assert load_file(tmp_path / "one.safetensors").keys() == network.state_dict().keys()


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth"])
@pytest.mark.parametrize("prefix", ["", "network."])
def test_a_checkpoint_with_or_without_lightning_s_prefix_loads(tmp_path, suffix, prefix):
    network, other = small(seed=1), small(seed=2)
    weights = {prefix + name: tensor for name, tensor in network.state_dict().items()}
    content = {"state_dict": weights, "epoch": 3, "hyper_parameters": {"width": 4}} if prefix else weights
    torch.save(content, tmp_path / f"weights{suffix}")
    load_weights(other, tmp_path / f"weights{suffix}")
    assert same_weights(network, other)


class Malice:
    """Unpickling it runs a command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle"])
@pytest.mark.parametrize("suffix", [".pt", ".ckpt"])
def test_a_pickled_object_is_refused_and_not_run(tmp_path, suffix, how):
    victim, path = tmp_path / "ran", tmp_path / f"weights{suffix}"
    content = {"state_dict": {"fc.bias": torch.zeros(2), "more": Malice(f"touch {victim}")}}
    if how == "pickle":
        path.write_bytes(pickle.dumps(content["state_dict"]["more"], protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=how == "zip")
    network = small()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(NetworkError, match=rf"Expected a checkpoint of plain tensors.*weights\{suffix}.*safetensors"):
        load_weights(network, path)
    assert not victim.exists()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pt", "missing.safetensors", "missing.ckpt"])
@pytest.mark.parametrize("content", [b"", b"no weights at all"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    if name.startswith("broken"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NetworkError, match=rf"Expected a checkpoint of plain tensors, but got .* for {name}"):
        load_weights(small(), tmp_path / name)


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_named(tmp_path, share, legacy):
    path = tmp_path / "cut.pt"
    torch.save(
        {"fc.bias": torch.zeros(2), "fc.weight": torch.zeros(2, 3)}, path, _use_new_zipfile_serialization=not legacy
    )
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(NetworkError, match=r"Expected a checkpoint of plain tensors, but got .* for cut.pt. Save"):
        load_weights(small(), path)


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2], torch.zeros(2), {}, {"state_dict": [torch.zeros(2)]}])
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(NetworkError, match=r"Expected a state dict of tensors, but weights.pt holds none"):
        load_weights(small(), tmp_path / "weights.pt")


def test_the_first_key_that_differs_is_named(tmp_path):
    save_network(small(blocks=(1, 1, 2, 1)), tmp_path / "deeper.safetensors")
    save_network(small(), tmp_path / "plain.safetensors")
    with pytest.raises(
        NetworkError, match=r"Expected no tensor layer3.1.bn1.bias, but deeper.safetensors has one. Set"
    ):
        load_weights(small(), tmp_path / "deeper.safetensors")
    with pytest.raises(NetworkError, match=r"Expected a tensor layer3.1.bn1.bias, but plain.safetensors has none. Set"):
        load_weights(small(blocks=(1, 1, 2, 1)), tmp_path / "plain.safetensors")


def test_a_shape_that_differs_is_named_and_nothing_is_loaded(tmp_path):
    save_network(small(width=5), tmp_path / "wider.safetensors")
    network, untouched = small(seed=3), small(seed=3)
    with pytest.raises(NetworkError, match=r"Expected bn1.bias of shape \(4,\), but got \(5,\) in wider.safetensors"):
        load_weights(network, tmp_path / "wider.safetensors")
    assert same_weights(network, untouched)


def own(class_path, **init_args):
    return Network.model_validate({"class_path": class_path, "init_args": init_args})


def test_a_user_network_is_created_with_its_arguments():
    network = build_network(own("torch.nn.Linear", in_features=3, out_features=2))
    assert isinstance(network, torch.nn.Linear)
    assert network(torch.zeros(4, 3)).shape == (4, 2)


@pytest.mark.parametrize("shape", [(5, 1), (5,)])
def test_one_logit_becomes_two_with_the_same_probabilities(shape):
    logit = torch.linspace(-3, 3, 5).reshape(shape)
    both = two_logits(logit)
    assert both.shape == (5, 2)
    assert torch.allclose(both.softmax(1)[:, 1], torch.sigmoid(logit.reshape(-1)))


def test_two_logits_explain_the_same_class_as_one_logit():
    image = torch.rand(2, 1, 4, 4, requires_grad=True)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 1))
    alone = torch.autograd.grad(network(image).sum(), image)[0]
    network.register_forward_hook(lambda _, __, logits: two_logits(logits))
    both = [torch.autograd.grad(network(image)[:, c].sum(), image)[0] for c in (0, 1)]
    assert torch.allclose(both[1], alone / 2)
    assert torch.allclose(both[0], -alone / 2)


def test_layers_of_a_network_with_one_logit_keep_their_names():
    network = build_network(own("torch.nn.Linear", in_features=3, out_features=1))
    assert set(network.state_dict()) == {"weight", "bias"}
    assert network(torch.zeros(4, 3)).shape == (4, 2)


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (torch.zeros(2, 3), r"shape \(2, 3\)"),
        (torch.zeros(2, 2, 2), r"shape \(2, 2, 2\)"),
        ({"logits": 1}, "dict"),
        (torch.tensor(1.0), r"shape \(\)"),
    ],
)
def test_an_output_that_is_not_binary_is_refused(answer, got):
    with pytest.raises(NetworkError, match=rf"Expected one or two logits per slice from the network, but got {got}"):
        two_logits(answer)


def test_a_class_that_is_no_module_is_refused():
    with pytest.raises(
        StudyError, match=r"Expected a subclass of torch\.nn\.Module, .*, but fractions\.Fraction is another"
    ):
        build_network(own("fractions.Fraction"))
    with pytest.raises(NetworkError, match=r"Expected a torch module, but user_networks\.no_network returns int"):
        build_network(own("user_networks.no_network"))
    with pytest.raises(StudyError, match=r"Expected torch\.nn\.Linear to accept its init_args \(wide\)"):
        build_network(own("torch.nn.Linear", wide=3))


def lazy(**kwargs):
    """A network whose last layer gets its shape when it is run; `run=True` runs it, as the error advises."""
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(2))
    if kwargs:
        network(torch.zeros(1, 1, 4, 4))
    return network


def test_a_layer_without_a_shape_is_refused_and_the_remedy_works():
    with pytest.raises(
        NetworkError, match=r"Expected layers of known shapes, but 1.weight has none yet\. Run the network on"
    ):
        build_network(own(f"{__name__}.lazy"))
    assert build_network(own(f"{__name__}.lazy", run=True))(torch.zeros(3, 1, 4, 4)).shape == (3, 2)


def test_a_network_inside_of_what_was_saved_is_found(tmp_path):
    inside = torch.nn.Sequential(torch.nn.Linear(3, 2))
    whole = torch.nn.ModuleDict({"model": inside, "metric": torch.nn.Linear(1, 1)})
    torch.save({"state_dict": whole.state_dict()}, tmp_path / "whole.ckpt")
    network = torch.nn.Sequential(torch.nn.Linear(3, 2))
    load_weights(network, tmp_path / "whole.ckpt")
    assert torch.equal(network[0].weight, inside[0].weight)
