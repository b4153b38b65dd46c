"""Image networks from torchvision's definitions, with the accuracy that torchvision publishes."""

from __future__ import annotations

from instances.networks.build.torchvision_operators import torchvision_for
from instances.networks.graph import NetworkGraph
from instances.networks.importers.optional import require
from instances.networks.importers.torch_module import import_torch

__all__ = ["VISION", "build_vision"]

# Name -> side of the square input image.
VISION = {
    "alexnet": 224,
    "densenet121": 224,
    "efficientnet_b0": 224,
    "googlenet": 224,
    "inception_v3": 299,
    "mobilenet_v2": 224,
    "mobilenet_v3_large": 224,
    "resnet101": 224,
    "resnet18": 224,
    "resnet34": 224,
    "resnet50": 224,
    "squeezenet1_1": 224,
    "swin_t": 224,
    "vgg16": 224,
    "vgg19": 224,
    "vit_b_16": 224,
}

# torchvision publishes GoogLeNet's parameters without the auxiliary heads and Inception v3's with them;
# an inference runs without them, so neither network here has them.
_NOTES = {
    "googlenet": "; without the two auxiliary heads of training, as torchvision publishes its parameters",
    "inception_v3": (
        "; without the auxiliary head of training, which torchvision counts in the published parameters (27,161,264)"
    ),
}


def build_vision(name: str) -> NetworkGraph:
    """Trace torchvision's network `name` on the meta device: batch 1, single precision, evaluation mode."""
    torch = require("torch", "zoo")
    models = torchvision_for(torch).models
    options = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("meta"):
        module = models.get_model(name, weights=None, **options)
        image = torch.zeros(1, 3, VISION[name], VISION[name])
    weights = models.get_model_weights(name)["IMAGENET1K_V1"]
    top1 = float(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"])
    version = require("torchvision", "zoo").__version__.partition("+")[0]
    return import_torch(
        module,
        image,
        name,
        source=f"torchvision {version} (BSD-3-Clause) {name}, accuracy of its weights IMAGENET1K_V1{_NOTES.get(name, '')}",
        accuracy=round(top1 / 100, 6),
    )
