"""Networks written out from their published definitions."""

from __future__ import annotations

from typing import Any

from instances.networks.graph import NetworkGraph
from instances.networks.importers.optional import require
from instances.networks.importers.torch_module import import_torch

__all__ = ["nin", "tiny_yolov2", "yolov2"]

# (channels, kernel) of a convolution with batch normalisation and leaky ReLU, or a pooling by its stride.
_Step = tuple[int, int] | str

_DARKNET_19: tuple[_Step, ...] = (
    (32, 3),
    "pool/2",
    (64, 3),
    "pool/2",
    (128, 3),
    (64, 1),
    (128, 3),
    "pool/2",
    (256, 3),
    (128, 1),
    (256, 3),
    "pool/2",
    (512, 3),
    (256, 1),
    (512, 3),
    (256, 1),
    (512, 3),
)
_DARKNET_19_END: tuple[_Step, ...] = (
    "pool/2",
    (1024, 3),
    (512, 1),
    (1024, 3),
    (512, 1),
    (1024, 3),
    (1024, 3),
    (1024, 3),
)
_TINY: tuple[_Step, ...] = (
    (16, 3),
    "pool/2",
    (32, 3),
    "pool/2",
    (64, 3),
    "pool/2",
    (128, 3),
    "pool/2",
    (256, 3),
    "pool/2",
    (512, 3),
    "pool/1",
    (1024, 3),
    (1024, 3),
)


def tiny_yolov2() -> NetworkGraph:
    """Build Tiny YOLOv2 for Pascal VOC: 416 x 416 image, 5 anchors, 20 classes."""
    torch = require("torch", "zoo")
    with torch.device("meta"):
        net = torch.nn.Sequential(*_darknet(_TINY, 3), torch.nn.Conv2d(1024, 5 * 25, 1))
        image = torch.zeros(1, 3, 416, 416)
    return import_torch(
        net,
        image,
        "tiny_yolov2",
        source="Tiny YOLOv2 for Pascal VOC (Redmon and Farhadi, CVPR 2017; Darknet's yolov2-tiny-voc.cfg), up to the "
        "detection tensor",
    )


def yolov2() -> NetworkGraph:
    """Build YOLOv2 for COCO: 608 x 608 image, 5 anchors, 80 classes, with the passthrough branch."""
    torch = require("torch", "zoo")
    nn = torch.nn

    class YoloV2(nn.Module):  # type: ignore[misc, name-defined]
        """Darknet-19, the fine-grained branch from its last 512-channel tensor, and the detection head."""

        def __init__(self) -> None:
            super().__init__()
            self.fine = nn.Sequential(*_darknet(_DARKNET_19, 3))
            self.coarse = nn.Sequential(*_darknet(_DARKNET_19_END, 512))
            self.passthrough = nn.Sequential(*_darknet(((64, 1),), 512), nn.PixelUnshuffle(2))
            self.head = nn.Sequential(*_darknet(((1024, 3),), 1024 + 4 * 64), nn.Conv2d(1024, 5 * 85, 1))

        def forward(self, image: Any) -> Any:
            fine = self.fine(image)
            return self.head(torch.cat((self.passthrough(fine), self.coarse(fine)), 1))

    with torch.device("meta"):
        net, image = YoloV2(), torch.zeros(1, 3, 608, 608)
    return import_torch(
        net,
        image,
        "yolov2",
        source="YOLOv2 for COCO (Redmon and Farhadi, CVPR 2017; Darknet's yolov2.cfg at 608 x 608), up to the detection "
        "tensor",
    )


def nin() -> NetworkGraph:
    """Build Network in Network for ImageNet: 224 x 224 image, 1000 classes."""
    torch = require("torch", "zoo")
    nn = torch.nn
    # (channels, kernel, stride, padding) of the convolution that opens a block, and its two 1 x 1 convolutions.
    blocks = (
        ((96, 11, 4, 0), (96, 96)),
        ((256, 5, 1, 2), (256, 256)),
        ((384, 3, 1, 1), (384, 384)),
        ((1024, 3, 1, 1), (1024, 1000)),
    )
    with torch.device("meta"):
        layers: list[Any] = []
        channels = 3
        for (first, kernel, stride, padding), pointwise in blocks:
            if layers:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            layers += [nn.Conv2d(channels, first, kernel, stride, padding), nn.ReLU()]
            channels = first
            for width in pointwise:
                layers += [nn.Conv2d(channels, width, 1), nn.ReLU()]
                channels = width
        net = nn.Sequential(*layers, nn.AvgPool2d(6), nn.Flatten(), nn.Softmax(1))
        image = torch.zeros(1, 3, 224, 224)
    return import_torch(
        net,
        image,
        "nin",
        source="Network in Network for ImageNet (Lin, Chen and Yan, ICLR 2014; the definition its authors gave to the Caffe "
        "model zoo, nin_imagenet)",
    )


def _darknet(steps: tuple[_Step, ...], channels: int) -> list[Any]:
    nn = require("torch", "zoo").nn
    layers: list[Any] = []
    for step in steps:
        if step == "pool/2":
            layers.append(nn.MaxPool2d(2))
        elif step == "pool/1":
            # Darknet keeps the size by padding on the right and at the bottom only.
            layers += [nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(2, 1)]
        else:
            assert not isinstance(step, str)
            width, kernel = step
            layers += [
                nn.Conv2d(channels, width, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(width),
                nn.LeakyReLU(0.1),
            ]
            channels = width
    return layers
