import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.errors import InputError
from instances.networks.files import (
    NetworkDocument,
    decode_network,
    document_of,
    encode_network,
    network_of,
    read_network,
    write_network,
)
from instances.networks.graph import Exit, Layer, NetworkGraph, Variant

AMOUNT = st.floats(0, 1e18)
FRACTION = st.floats(0, 1)
PAIR = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def networks(draw):
    n = draw(st.integers(2, 7))
    edges = {(draw(st.integers(0, i - 1)), i) for i in range(1, n)}
    for i in range(n - 1):  # every layer but the last has a consumer
        if not any(a == i for a, _ in edges):
            edges.add((i, draw(st.integers(i + 1, n - 1))))
    layers = [Layer(name="image", kind="input", output_bytes=draw(AMOUNT), output_shape=(3, 2, 2))]
    for i in range(1, n):
        layers.append(
            Layer(
                name=f'layer {i} "é"',
                kind=draw(st.sampled_from(["conv", "add"])),
                operations=draw(AMOUNT),
                parameter_bytes=draw(AMOUNT),
                output_bytes=draw(AMOUNT),
                output_shape=draw(st.lists(st.integers(1, 99), max_size=3).map(tuple)),
                kernel=draw(st.none() | PAIR),
                stride=draw(st.none() | PAIR),
                padding=draw(st.none() | PAIR),
            )
        )
    net = NetworkGraph(
        name="drawn",
        layers=tuple(layers),
        edges=tuple(sorted(edges)),
        accuracy=draw(st.none() | FRACTION),
        source=draw(st.text(st.characters(codec="utf-8"), max_size=9)),
        variants=(Variant(name="half", accuracy=draw(FRACTION), compute_factor=draw(st.floats(0.01, 2))),),
    )
    inner = [int(c) for c in net.cut_points() if 0 < c < n - 1]
    exits = (Exit(name="early", after=inner[0], accuracy=draw(FRACTION), leave_share=draw(FRACTION)),) if inner else ()
    return NetworkGraph(
        name=net.name,
        layers=net.layers,
        edges=net.edges,
        accuracy=net.accuracy,
        source=net.source,
        variants=net.variants,
        exits=exits,
    )


@given(networks())
def test_round_trip_keeps_every_field_and_every_byte(net):
    data = encode_network(net)
    again = decode_network(data, "file")
    for field in ("name", "layers", "edges", "accuracy", "exits", "variants", "source"):
        assert getattr(again, field) == getattr(net, field)
    assert encode_network(again) == data
    assert document_of(network_of(document_of(net))) == document_of(net)


@given(networks())
def test_own_layout_and_plain_encoding_of_the_document_hold_the_same(net):
    assert json.loads(encode_network(net)) == json.loads(msgspec.json.encode(document_of(net)))


def test_file_has_one_layer_a_line(tmp_path):
    net = NetworkGraph(
        name="two",
        layers=(
            Layer(name="image", kind="input", output_bytes=8, output_shape=(2,)),
            Layer(name="fc", kind="linear", operations=4, parameter_bytes=8, output_bytes=4, output_shape=(1,)),
        ),
        edges=((0, 1),),
    )
    path = tmp_path / "two.json"
    write_network(net, path)
    lines = path.read_text().splitlines()
    assert [json.loads(line.rstrip(","))["name"] for line in lines if line.startswith('{"name"')] == ["image", "fc"]
    assert read_network(path).layers == net.layers


_GOOD = json.loads(
    encode_network(
        NetworkGraph(
            name="good",
            layers=(
                Layer(name="image", kind="input", output_bytes=8.0, output_shape=(2,)),
                Layer(name="a", kind="conv", operations=4.0, output_bytes=4.0, kernel=(3, 3), stride=(1, 1)),
                Layer(name="b", kind="linear", operations=4.0, parameter_bytes=8.0, output_bytes=4.0),
            ),
            edges=((0, 1), (1, 2)),
            accuracy=0.5,
            exits=(Exit(name="early", after=1, accuracy=0.4),),
            variants=(Variant(name="half", accuracy=0.4),),
        )
    )
)
_ODD = st.sampled_from(
    [None, True, -1, 0, 1.5, 1e308, 2**70, -0.0, "", "x", [], {}, [[0, 0]], [[2, 1]], [[0, 99]], {"name": "z"}, [None]]
)


def _places(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*at, key))


_PLACES = [place for place in _places(_GOOD) if place]


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(_PLACES), st.none() | _ODD, st.booleans()), min_size=1, max_size=3))
def test_mutated_documents_are_read_or_refused_in_one_line(changes):
    doc = json.loads(json.dumps(_GOOD))
    for place, value, drop in changes:
        holder = doc
        try:
            for key in place[:-1]:
                holder = holder[key]
            if drop:
                del holder[place[-1]]
            else:
                holder[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    try:
        net = decode_network(json.dumps(doc).encode(), "file.json")
    except InputError as error:
        assert str(error).startswith("file.json: ") and "\n" not in str(error)
    else:
        assert decode_network(encode_network(net), "again").layers == net.layers


@settings(max_examples=200)
@given(st.integers(0, len(json.dumps(_GOOD)) - 1), st.binary(max_size=3), st.integers(0, 20))
def test_damaged_bytes_are_read_or_refused_in_one_line(at, junk, cut):
    data = json.dumps(_GOOD).encode()
    try:
        decode_network(data[:at] + junk + data[at + cut :], "file.json")
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, r"schema_version"),
        ({"format": "onnx"}, r"\$\.format"),
        ({"accuracy": 1.5}, r"\$\.accuracy"),
        ({"surprise": 1}, "unknown field `surprise`"),
        ({"layers": []}, "needs an input layer"),
        ({"edges": [[0, 1]]}, "layer b: must have a predecessor"),
        ({"edges": [[0, 1], [1, 2.5]]}, r"\$\.edges\[1\]\[1\]"),
        ({"edges": [[0, 1], [2, 1]]}, "must go forward"),
    ],
)
def test_refusal_names_file_and_place(tmp_path, change, message):
    path = tmp_path / "net.json"
    path.write_text(json.dumps({**_GOOD, **change}))
    with pytest.raises(InputError, match=message) as caught:
        read_network(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity", "-1", '"4"', "true", "1" + "0" * 400])
def test_numbers_that_are_no_finite_amount_are_refused(number):
    text = json.dumps(_GOOD).replace('"operations": 4.0', f'"operations": {number}', 1)
    with pytest.raises(InputError):
        decode_network(text.encode(), "file.json")


def test_missing_and_unwritable_files_are_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_network(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_network("nul\0name.json")
    with pytest.raises(InputError, match="cannot be written"):
        write_network(decode_network(json.dumps(_GOOD).encode(), "good"), tmp_path / "no" / "folder.json")


def test_deep_nesting_is_refused_without_recursion_error():
    with pytest.raises(InputError):
        decode_network(b'{"layers":' + b"[" * 200_000, "file.json")


def test_document_has_a_json_schema():
    assert "layers" in json.dumps(msgspec.json.schema(NetworkDocument))
