internal import Bytes
internal import Dispatching

/// Takes a chunked body apart, in whatever pieces it arrives. Extensions and trailers are bounded and passed over.
///
/// **Layout** `{ size(hex) [;extension] CRLF data(size) CRLF } 0 [;extension] CRLF { trailer CRLF } CRLF`.
/// **Source** RFC 9112 §7.1.
struct ChunkedDecoder {
    private enum Stage {
        case size, extensionText, sizeEnd, data, dataReturn, dataEnd, trailerStart, trailer, trailerEnd, lastEnd,
            complete
    }

    private static let maxSizeDigits = 16
    /// Bytes of extensions in the whole body, and of trailers.
    private static let maxExtensionBytes = 4096
    private static let maxTrailerBytes = 8192

    private let limit: Int
    private var stage = Stage.size
    private var digits = 0
    private var chunk = 0
    private var total = 0
    private var extensionBytes = 0
    private var trailerBytes = 0

    /// A decoder that refuses bodies over `limit` bytes as soon as a chunk's size says so.
    init(limit: Int) { self.limit = min(limit, .max >> 8) }

    /// Whether the end of the body was met.
    var isComplete: Bool { stage == .complete }

    /// Hands the data in `input` to `sink` and returns how much of `input` was used: all, unless the body ended in it.
    mutating func decode(_ input: ByteView, _ sink: (ByteView) -> Void) throws(ProtocolFault) -> Int {
        var at = 0
        while at < input.count, stage != .complete {
            if stage == .data {
                let piece = input.slice(at, chunk)
                sink(piece)
                at += piece.count
                chunk -= piece.count
                if chunk == 0 { stage = .dataReturn }
            } else {
                try step(input[at])
                at += 1
            }
        }
        return at
    }

    private mutating func step(_ byte: UInt8) throws(ProtocolFault) {
        switch stage {
        case .size: try stepSize(byte)
        case .extensionText: try stepExtension(byte)
        case .sizeEnd:
            try expect(byte, UInt8(ascii: "\n"))
            stage = chunk == 0 ? .trailerStart : .data
            (digits, total) = (0, total + chunk)
        case .dataReturn:
            try expect(byte, UInt8(ascii: "\r"))
            stage = .dataEnd
        case .dataEnd:
            try expect(byte, UInt8(ascii: "\n"))
            stage = .size
        case .trailerStart:
            guard byte != UInt8(ascii: "\r") else {
                stage = .lastEnd
                return
            }
            guard CharacterClass.isToken(byte) else { throw .malformed("invalid trailer") }
            stage = .trailer
            trailerBytes += 1
        case .trailer: try stepTrailer(byte)
        case .trailerEnd:
            try expect(byte, UInt8(ascii: "\n"))
            stage = .trailerStart
        case .lastEnd:
            try expect(byte, UInt8(ascii: "\n"))
            stage = .complete
        case .data, .complete: break
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(ProtocolFault) {
        if let digit = Hex.value(byte) {
            digits += 1
            guard digits <= Self.maxSizeDigits else { throw .malformed("invalid chunk size") }
            // The bound on the total keeps the shift far from overflow.
            chunk = chunk << 4 | Int(digit)
            guard chunk <= limit - total else { throw .bodyTooLarge(limit: limit) }
            return
        }
        guard digits > 0 else { throw .malformed("invalid chunk size") }
        switch byte {
        case UInt8(ascii: "\r"): stage = .sizeEnd
        case UInt8(ascii: ";"): stage = .extensionText
        default: throw .malformed("invalid chunk size")
        }
    }

    private mutating func stepExtension(_ byte: UInt8) throws(ProtocolFault) {
        guard byte != UInt8(ascii: "\r") else {
            stage = .sizeEnd
            return
        }
        extensionBytes += 1
        guard extensionBytes <= Self.maxExtensionBytes, Self.isText(byte) else {
            throw .malformed("invalid chunk extension")
        }
    }

    private mutating func stepTrailer(_ byte: UInt8) throws(ProtocolFault) {
        guard byte != UInt8(ascii: "\r") else {
            stage = .trailerEnd
            return
        }
        trailerBytes += 1
        guard trailerBytes <= Self.maxTrailerBytes, Self.isText(byte) else { throw .malformed("invalid trailer") }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8) throws(ProtocolFault) {
        guard byte == wanted else { throw .malformed("invalid chunk") }
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
