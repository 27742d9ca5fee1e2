"""Just enough SCALE to read candidates and to hash validation data."""

from hashlib import blake2b

DESCRIPTOR = 292


def unhex(text):
    assert text.startswith("0x"), text
    return bytes.fromhex(text[2:])


def tohex(data):
    return "0x" + data.hex()


def blake2_256(data):
    return blake2b(data, digest_size=32).digest()


def u32(number):
    return number.to_bytes(4, "little")


def compact(number):
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    raise ValueError("longer than anything here")


def with_length(data):
    return compact(len(data)) + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise ValueError("cut off")
        self.at += count
        return piece

    def u32(self):
        return int.from_bytes(self.take(4), "little")

    def compact(self):
        first = self.take(1)[0]
        size = (0, 1, 3, None)[first & 3]
        if size is None:
            raise ValueError("longer than anything here")
        return int.from_bytes(bytes([first]) + self.take(size), "little") >> 2

    def bytes(self):
        return self.take(self.compact())

    def list(self, item):
        return [item() for _ in range(self.compact())]

    def option(self, item):
        return item() if self.take(1)[0] else None

    def end(self):
        if self.at != len(self.data):
            raise ValueError("bytes are left")


def commitments(reader):
    return {
        "upward_messages": reader.list(reader.bytes),
        "horizontal_messages": reader.list(lambda: (reader.u32(), reader.bytes())),
        "new_validation_code": reader.option(reader.bytes),
        "head_data": reader.bytes(),
        "processed_downward_messages": reader.u32(),
        "hrmp_watermark": reader.u32(),
    }


def receipt(data):
    """Fields of the descriptor (version 2) that rules ask for, the commitments, and the candidate's hash."""
    descriptor, outputs = data[:DESCRIPTOR], data[DESCRIPTOR:]
    reader = Reader(outputs)
    parsed = commitments(reader)
    reader.end()
    field = lambda start, size=32: descriptor[start : start + size]
    return {
        "para": int.from_bytes(field(0, 4), "little"),
        "relay_parent": field(4),
        "data_hash": field(68),
        "para_head": field(228),
        "code_hash": field(260),
        "commitments": parsed,
        "hash": blake2_256(descriptor + blake2_256(outputs)),
    }


def validation_data(data):
    reader = Reader(data)
    fields = {
        "parent_head": reader.bytes(),
        "relay_parent_number": reader.u32(),
        "relay_parent_storage_root": reader.take(32),
        "max_pov_size": reader.u32(),
    }
    reader.end()
    return fields


def encode_validation_data(data):
    return (
        with_length(data["parent_head"])
        + u32(data["relay_parent_number"])
        + data["relay_parent_storage_root"]
        + u32(data["max_pov_size"])
    )
