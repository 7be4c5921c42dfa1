import json
import struct

import numpy as np
import pytest
import safetensors.numpy

from bert_keras.checkpoints.safetensors_file import SafetensorsFile

TENSORS = {
    "whole": np.arange(6, dtype="float32").reshape(2, 3),
    "half": np.array([0.5, -1.5], "float16"),
    "number": np.array(7, "int64"),
    "nothing": np.zeros((0, 3), "float32"),
}


def write(path, header, data=b"", length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)
    return path


def entry(dtype="F32", shape=(2,), begin=0, end=8):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def test_reads_what_the_reference_implementation_writes(tmp_path):
    safetensors.numpy.save_file(TENSORS, tmp_path / "x.safetensors", metadata={"format": "pt"})
    file = SafetensorsFile(tmp_path / "x.safetensors")
    assert set(file.tensors) == set(TENSORS)
    for name, expected in TENSORS.items():
        found = file.read(name)
        np.testing.assert_array_equal(found, expected)
        assert found.shape == expected.shape
    assert file.read("half").dtype == "float32"


def test_bfloat16_is_widened(tmp_path):
    values = np.array([1.5, -2.0], "float32")
    path = write(tmp_path / "x", {"a": entry("BF16", end=4)}, (values.view("uint32") >> 16).astype("uint16").tobytes())
    np.testing.assert_array_equal(SafetensorsFile(path).read("a"), values)


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (b"", b""),
        (b"{", b""),
        (b"\xff\xff", b""),
        (b"[" * 100_000, b""),
        (b"[1]", b""),
        ({"a": 3}, b""),
        ({"a": entry("F9")}, b""),
        ({"a": entry("F8_E4M3")}, bytes(8)),
        ({"a": entry(["F32"])}, b""),
        ({"a": entry(shape=(-2,))}, b""),
        ({"a": entry(shape=(True, 2))}, b""),
        ({"a": entry(shape=(3,))}, bytes(8)),
        ({"a": entry(shape=(10**9, 10**9))}, bytes(8)),
        ({"a": entry(), "b": entry(begin=4, end=12)}, bytes(12)),
        ({"a": entry(), "b": entry(begin=16, end=24)}, bytes(24)),
        ({"a": entry()}, bytes(4)),
        ({"a": entry()}, bytes(12)),
    ],
)
def test_a_damaged_header_is_refused_with_the_files_name(tmp_path, header, data):
    with pytest.raises(ValueError, match="x.safetensors is no sound safetensors file: ."):
        SafetensorsFile(write(tmp_path / "x.safetensors", header, data))


@pytest.mark.parametrize("length", [10**18, 50])
def test_a_header_longer_than_the_file_is_refused_unread(tmp_path, length):
    with pytest.raises(ValueError, match="x.safetensors is no sound safetensors file: .*header"):
        SafetensorsFile(write(tmp_path / "x.safetensors", {}, length=length))


def test_what_else_an_entry_says_is_never_followed(tmp_path):
    path = write(tmp_path / "x", {"a": entry() | {"path": "/etc/passwd"}}, np.ones(2, "<f4").tobytes())
    np.testing.assert_array_equal(SafetensorsFile(path).read("a"), [1, 1])


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="x.safetensors is no sound safetensors file"):
        SafetensorsFile(tmp_path / "x.safetensors")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, kept):
    content = safetensors.numpy.save(TENSORS)
    (tmp_path / "x.safetensors").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match="is no sound safetensors file"):
        SafetensorsFile(tmp_path / "x.safetensors")


@pytest.mark.parametrize(("dtype", "num_bytes"), [("BOOL", 2), ("I8", 2), ("U16", 4), ("F8_E4M3", 2), ("F4", 1)])
def test_a_tensor_of_another_type_does_not_hinder_the_others(tmp_path, dtype, num_bytes):
    header = {"a": entry(), "b": entry(dtype, begin=8, end=8 + num_bytes)}
    file = SafetensorsFile(write(tmp_path / "x", header, np.ones(2, "<f4").tobytes() + bytes(num_bytes)))
    np.testing.assert_array_equal(file.read("a"), [1, 1])
    if dtype.startswith("F"):
        with pytest.raises(ValueError, match=f"'b' has dtype {dtype}, which cannot be read"):
            file.read("b")
    else:
        np.testing.assert_array_equal(file.read("b"), [0, 0])
