"""Reference for the spec's base64 rule: standard alphabet, padding needed, CR and LF skipped, offsets as in Go."""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUE = {byte: value for value, byte in enumerate(_ALPHABET)}
_SKIPPED = b"\r\n"


class Corrupt(Exception):
    def __init__(self, offset):
        super().__init__(f"illegal base64 data at input byte {offset}")


def decode(text):
    """The decoded bytes, or `Corrupt` with the text that the server must answer."""
    source = text.encode() if isinstance(text, str) else text
    decoded, quantum, start, at = bytearray(), [], 0, 0
    while at < len(source):
        byte = source[at]
        if byte in _SKIPPED:
            at += 1
        elif byte in _VALUE:
            if not quantum:
                start = at
            quantum.append(_VALUE[byte])
            at += 1
            if len(quantum) == 4:
                decoded += _bytes(quantum)
                quantum = []
        elif byte == ord("=") and len(quantum) >= 2:
            _check_padding(source, at, len(quantum))
            return bytes(decoded + _bytes(quantum))
        else:
            raise Corrupt(at)
    if quantum:
        raise Corrupt(start)
    return bytes(decoded)


def error(text, prefix=""):
    """The error text for an input, or None when it is well-formed."""
    try:
        decode(text)
    except Corrupt as corrupt:
        return prefix + str(corrupt)
    return None


def _bytes(quantum):
    bits = 0
    for value in quantum + [0] * (4 - len(quantum)):
        bits = bits << 6 | value
    return bits.to_bytes(3, "big")[: len(quantum) - 1]


def _check_padding(source, first, count):
    at = _skip(source, first + 1)
    if count == 2:
        if at == len(source):
            raise Corrupt(len(source))
        if source[at] != ord("="):
            raise Corrupt(at - 1)
        at = _skip(source, at + 1)
    if at < len(source):
        raise Corrupt(at)


def _skip(source, at):
    while at < len(source) and source[at] in _SKIPPED:
        at += 1
    return at
