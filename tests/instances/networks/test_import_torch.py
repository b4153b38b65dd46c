import sys
import types

import pytest

from instances.errors import InputError
from instances.networks.catalogue import load_network
from instances.networks.importers import torch_module
from instances.networks.importers.torch_module import import_torch, import_torch_factory


def test_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"pip install tiercut\[torch\]") as caught:
        import_torch(object(), object(), "net")
    assert "\n" not in str(caught.value)


def test_missing_onnx_says_how_to_install_it(monkeypatch, tmp_path):
    from instances.networks.importers.onnx import import_onnx

    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install tiercut\[onnx\]"):
        import_onnx(tmp_path / "net.onnx")


@pytest.mark.parametrize("path", ["no_colon", "a:", ":b", "no.such.module:make", "math:nothing", "math:pi"])
def test_factory_path_that_names_no_function_is_refused(path):
    with pytest.raises(InputError, match="torch factory"):
        import_torch_factory(path)


def test_factory_that_returns_something_else_is_refused(monkeypatch):
    mine = types.ModuleType("mine")
    mine.make = lambda: 3
    monkeypatch.setitem(sys.modules, "mine", mine)
    with pytest.raises(InputError, match=r"must return \(module, example_input\), got 'int'"):
        import_torch_factory("mine:make")


def tiny(torch):
    nn = torch.nn

    class Tiny(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
            self.norm = nn.BatchNorm2d(6)
            self.act = nn.ReLU(inplace=True)
            self.drop = nn.Dropout()
            self.rnn = nn.LSTM(6, 5, batch_first=True)
            self.head = nn.Linear(5, 3)

        def forward(self, x):
            y = self.norm(self.conv(x))
            y = self.drop(self.act(y) + y)
            sequence, _ = self.rnn(y.flatten(2).permute(0, 2, 1))
            return self.head(sequence[:, -1])

    return Tiny()


@pytest.mark.slow
def test_layers_work_and_weights_of_a_small_module():
    torch = pytest.importorskip("torch", reason="torch is absent")
    module = tiny(torch).train()
    net = import_torch(module, torch.zeros(1, 4, 8, 8), "tiny")
    assert module.training
    assert [layer.kind for layer in net.layers] == [
        *("input", "conv", "batch_norm", "relu", "add", "lstm", "slice", "linear"),
    ]
    assert [layer.name for layer in net.layers][:4] == ["input", "conv", "norm", "act"]
    conv = net.layers[1]
    assert conv.operations == 2 * (6 * 4 * 4) * (2 * 9)
    assert (conv.kernel, conv.stride, conv.padding, conv.output_shape) == ((3, 3), (2, 2), (1, 1), (6, 4, 4))
    assert net.layers[5].operations == 2 * 16 * (20 * 6 + 20 * 5)
    assert net.layers[6].output_bytes == 4 * 5
    assert net.total_parameter_bytes == 4 * sum(weight.numel() for weight in module.parameters())


@pytest.mark.slow
def test_module_that_cannot_be_traced_is_refused_in_one_line():
    torch = pytest.importorskip("torch", reason="torch is absent")
    with pytest.raises(InputError, match=r"torch\.export could not trace it") as caught:
        import_torch(torch.nn.Linear(3, 3), torch.zeros(1, 4), "net")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"needs a torch\.nn\.Module"):
        import_torch(object(), torch.zeros(1, 4), "net")


@pytest.mark.slow
def test_factory_of_the_users_own_module_is_imported(monkeypatch):
    torch = pytest.importorskip("torch", reason="torch is absent")
    mine = types.ModuleType("mine")
    mine.make_tiny = lambda: (tiny(torch), torch.zeros(1, 4, 8, 8))
    monkeypatch.setitem(sys.modules, "mine", mine)
    assert import_torch_factory("mine:make_tiny").name == "make_tiny"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "googlenet", "vit_b_16", "tiny_yolov2"])
def test_builders_make_the_zoos_layers(name):
    pytest.importorskip("torch", reason="torch is absent")
    pytest.importorskip("transformers", reason="transformers is absent")
    from instances.networks.build.__main__ import BUILDERS

    try:
        made = BUILDERS[name]()
    except InputError as error:
        pytest.skip(str(error))
    kept = load_network(name)
    assert (made.layers, made.edges, made.accuracy) == (kept.layers, kept.edges, kept.accuracy)


def test_importing_the_module_needs_no_torch():
    assert "torch" not in vars(torch_module)
