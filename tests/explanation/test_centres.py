import pytest
import torch
from torch import nn

from camfolio.explanation.centres import CellCentres, measured_centres
from camfolio.explanation.explain import explain
from camfolio.explanation.probe import borrowed
from camfolio.network.architecture import make_network


def in_pixels(centres, pixels):
    """Place of the first cell's centre and distance to the next along each axis, in pixels; 0 is the first pixel's centre."""
    first = tuple(round(share * size - 0.5, 6) for share, size in zip(centres.first, pixels, strict=True))
    return first, tuple(round(share * size, 6) for share, size in zip(centres.step, pixels, strict=True))


def centres_of(model, layer, pixels=(32, 32)):
    with borrowed(model.eval()):
        return in_pixels(measured_centres(model, layer, torch.zeros(1, 1, *pixels)), pixels)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return make_network(width=4, blocks=(2, 2, 2, 2)).eval()


@pytest.mark.parametrize(
    ("layer", "step"), [("conv1", 1), ("layer1", 1), ("layer2.1.conv2", 2), ("layer3", 4), ("layer4", 8)]
)
def test_cells_of_the_residual_network_lie_on_pixels_from_the_first_one_on(network, layer, step):
    assert centres_of(network, layer) == ((0, 0), (step, step))


@pytest.mark.parametrize(
    ("stride", "kernel", "padding"), [(2, 3, 1), (2, 2, 0), (3, 5, 0), (4, 7, 3), (1, 3, 0), (2, 4, 1)]
)
def test_the_centre_of_one_convolution_is_the_middle_of_its_kernel(stride, kernel, padding):
    first = (kernel - 1) / 2 - padding
    model = nn.Sequential(nn.Conv2d(1, 3, kernel, stride, padding), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert centres_of(model, "0") == ((first, first), (stride, stride))


def test_strides_and_slices_that_are_not_square_have_centres_by_axis():
    model = nn.Sequential(nn.Conv2d(1, 3, (3, 5), (2, 1), (1, 0)), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    assert centres_of(model, "2", (24, 40)) == ((1, 2.5), (4, 2))


class Excited(nn.Module):
    """A convolution with stride 2, a norm over all pixels, and a gate that sees all pixels (squeeze and excitation)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, 2, 1)
        self.norm = nn.InstanceNorm2d(4, affine=True)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.last = nn.Identity()

    def forward(self, images):
        cells = self.norm(self.conv(images))
        return self.last(cells * self.pool(cells).sigmoid()).mean((2, 3))


@pytest.mark.parametrize("layer", ["norm", "last"])
def test_norms_and_gates_over_the_whole_slice_do_not_hide_a_centre(layer):
    assert centres_of(Excited(), layer) == ((0, 0), (2, 2))


class OneSize(nn.Sequential):
    """Refuses images of another size than it was made for, before a layer whose cells see too much for it."""

    def forward(self, images):
        if images.shape[2:] != (8, 8):
            raise ValueError
        return super().forward(images)


def test_a_network_of_one_size_and_cells_that_see_everything_have_half_pixel_centres():
    model = OneSize(nn.Conv2d(1, 2, 7, 2, 3), nn.Conv2d(2, 2, 7, 1, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert centres_of(model, "1", (8, 8)) == ((0.5, 0.5), (2, 2))
    assert centres_of(nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten()), "0", (8, 8)) == ((1.5, 1.5), (4, 4))
    everywhere = nn.Sequential(nn.Conv2d(1, 2, 3, 2, 1), nn.Softmax(2), nn.Softmax(3), nn.Flatten())
    assert centres_of(everywhere, "2", (8, 8)) == ((0.5, 0.5), (2, 2))


@pytest.fixture(scope="module")
def averaging():
    """The residual network with weights that average: its activations are where the image is bright."""
    model = make_network(width=4, blocks=(2, 2, 2, 2)).eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    with torch.no_grad():
        model.fc.weight[0] = 0
    return model


@pytest.mark.parametrize("layer", ["layer1", "layer2", "layer3", "layer4"])
@pytest.mark.parametrize("impulse", [(16, 16), (8, 24)])
def test_the_maximum_of_a_map_lies_on_an_impulse(averaging, layer, impulse):
    image = torch.zeros(1, 1, 32, 32)
    image[0, 0, impulse[0], impulse[1]] = 1
    found = explain(averaging, image, layer, ["grad_cam"], 1)
    enlarged = found.upsampled("grad_cam", 32)[0]
    assert divmod(int(enlarged.argmax()), 32) == impulse


def test_half_pixel_centres_would_shift_the_map_of_an_impulse(averaging):
    image = torch.zeros(1, 1, 32, 32)
    image[0, 0, 16, 16] = 1
    plain = explain(averaging, image, "layer3", ["grad_cam"], 1).upsampled("grad_cam", 32, half_pixel=True)[0]
    assert divmod(int(plain.argmax()), 32) != (16, 16)


def test_pixels_beyond_the_outermost_centres_have_the_value_there():
    centres = CellCentres((0.25, 0.25), (0.5, 0.5))
    assert centres.at(0, 4, 2).tolist() == [0, 0.25, 0.75, 1]
    assert CellCentres((0.125, 0.125), (0.25, 0.25)).at(0, 4, 2).tolist() == [0, 1, 1, 1]
