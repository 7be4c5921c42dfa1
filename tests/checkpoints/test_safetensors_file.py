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
    ("header", "data", "message"),
    [
        (b"{", b"", "not JSON"),
        (b"\xff\xff", b"", "not JSON"),
        (b"[" * 100_000, b"", "nested too deep"),
        (b"[1]", b"", "not a JSON object"),
        (b'{"a": 1, "a": 2}', b"", "comes twice"),
        ({"a": 3}, b"", "'a' needs dtype, shape and data_offsets"),
        ({"a": entry() | {"path": "/etc/passwd"}}, b"", "and nothing else"),
        ({"a": entry("F9")}, b"", "dtype 'F9'"),
        ({"a": entry("F8_E4M3")}, bytes(8), "has 2 bytes, not"),
        ({"a": entry(["F32"])}, b"", r"dtype \['F32'\]"),
        ({"a": entry(shape=(-2,))}, b"", r"shape \[-2\]"),
        ({"a": entry(shape=(True, 2))}, b"", r"shape \[True, 2\]"),
        ({"a": entry(shape=(3,))}, bytes(8), "has 12 bytes"),
        ({"a": entry(shape=(10**9, 10**9))}, bytes(8), "bytes, not"),
        ({"a": entry(), "b": entry(begin=4, end=12)}, bytes(12), "'b' begins at byte 4 of the data, expected 8"),
        ({"a": entry(), "b": entry(begin=16, end=24)}, bytes(24), "'b' begins at byte 16 of the data, expected 8"),
        ({"a": entry()}, bytes(4), "need .* bytes, the file has"),
        ({"a": entry()}, bytes(12), "need .* bytes, the file has"),
    ],
)
def test_a_damaged_header_is_refused(tmp_path, header, data, message):
    with pytest.raises(ValueError, match=message):
        SafetensorsFile(write(tmp_path / "x.safetensors", header, data))


@pytest.mark.parametrize("length", [10**18, 50])
def test_a_header_longer_than_the_file_is_refused_unread(tmp_path, length):
    with pytest.raises(ValueError, match=f"should have {length} bytes"):
        SafetensorsFile(write(tmp_path / "x.safetensors", {}, length=length))


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="the whole file has 0"):
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
