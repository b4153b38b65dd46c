"""Language networks from the transformers library's configurations; no weights are loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from instances.networks.build.torchvision_operators import torchvision_for
from instances.networks.graph import NetworkGraph
from instances.networks.importers.optional import require
from instances.networks.importers.torch_module import import_torch

__all__ = ["SEQUENCE_LENGTH", "bert_base", "gpt2"]

SEQUENCE_LENGTH = 128


def bert_base() -> NetworkGraph:
    """Trace BERT-base (Devlin et al., NAACL 2019): 12 encoder layers and the pooler, on 128 tokens, batch 1."""
    transformers = require("transformers", "zoo")
    return _trace(
        "bert_base",
        lambda: transformers.BertModel(transformers.BertConfig()),
        "pooler_output",
        "BertModel with its default configuration (BERT-base uncased, Devlin et al., NAACL 2019)",
    )


def gpt2() -> NetworkGraph:
    """Trace GPT-2 small (Radford et al., 2019) with its language head: one pass over 128 tokens, batch 1."""
    transformers = require("transformers", "zoo")
    return _trace(
        "gpt2",
        lambda: transformers.GPT2LMHeadModel(
            transformers.GPT2Config(use_cache=False, activation_function="gelu_pytorch_tanh")
        ),
        "logits",
        "GPT2LMHeadModel with its default configuration (GPT-2 small, Radford et al., 2019), its activation as one "
        "operator; the head shares the weights of the token embedding, which holds them",
    )


def _trace(name: str, make: Any, output: str, what: str) -> NetworkGraph:
    torch, transformers = require("torch", "zoo"), require("transformers", "zoo")
    torchvision_for(torch)  # transformers imports torchvision where it is installed

    class Picked(torch.nn.Module):  # type: ignore[misc, name-defined]
        """The network with one of its outputs."""

        def __init__(self) -> None:
            super().__init__()
            self.net = make()

        def forward(self, tokens: Any) -> Any:
            return getattr(self.net(tokens), output)

    module, tokens = Picked(), torch.zeros(1, SEQUENCE_LENGTH, dtype=torch.long)
    source = (
        f"transformers {transformers.__version__} (Apache-2.0) {what}; one forward pass over {SEQUENCE_LENGTH} tokens, "
        "batch 1, single precision, no padding mask; tokens are 64-bit integers"
    )
    net = import_torch(module, tokens, name, source=source)
    return replace(net, layers=tuple(replace(layer, name=layer.name.removeprefix("net.")) for layer in net.layers))
