internal import Bytes
internal import Primitives

/// Codes by time, the second factor. **Source** RFC 6238 with SHA-1, 6 digits, 30 seconds; the RFC's vectors.
struct TOTPFactor: Sendable {
    private static let stepSeconds = 30
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    private let secret: [UInt8]
    /// The latest step whose code was used: none is taken twice (CVE-2025-6014).
    private(set) var lastStep = 0

    /// A new secret of 160 bits.
    init() throws(CryptoError) { secret = try RandomSource.secret(count: 20).exposing { $0.array } }

    /// With a given secret.
    init(secret: [UInt8]) { self.secret = secret }

    /// Takes a code of this, the last or the next step, once; white space in it does not matter.
    mutating func use(_ code: String, now: Int) throws(CryptoError) -> Bool {
        let digits = code.unicodeScalars.filter { !$0.properties.isWhitespace }.map { UInt8(ascii: $0, or: 0) }
        guard digits.count == 6, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
        let current = now / Self.stepSeconds
        var found: Int?
        for step in max(current - 1, 0)...max(current + 1, 0) {
            let expected = try self.code(ofStep: step)
            let isSame = digits.withUnsafeBytes { left in
                expected.withUnsafeBytes { ConstantTime.equal(ByteView(left), ByteView($0)) }
            }
            if isSame && step > lastStep && found == nil { found = step }
        }
        guard let found else { return false }
        lastStep = found
        return true
    }

    /// The six digits of a step.
    func code(ofStep step: Int) throws(CryptoError) -> [UInt8] {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let mac = try SecretBytes(count: 20) { (buffer) throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try secret.span.withUnsafeBytes { (key) throws(CryptoError) in
                try counter.span.withUnsafeBytes { (message) throws(CryptoError) in
                    try HMACKey.oneShot(.sha1, key: ByteView(key), ByteView(message), into: start)
                }
            }
        }
        return mac.exposing { mac in
            let offset = Int(mac[19] & 15)
            var number = 0
            for index in 0..<4 { number = number << 8 | Int(mac[offset + index]) }
            number &= 0x7FFF_FFFF
            var digits: [UInt8] = []
            for _ in 0..<6 {
                digits.insert(0x30 + UInt8(truncatingIfNeeded: number % 10), at: 0)
                number /= 10
            }
            return digits
        }
    }

    /// The secret as authenticator apps take it. **Source** RFC 4648 §6, without padding.
    var exposingText: String {
        var text: [UInt8] = []
        var (bits, count) = (0, 0)
        for byte in secret {
            (bits, count) = (bits << 8 | Int(byte), count + 8)
            while count >= 5 {
                count -= 5
                text.append(Self.alphabet[bits >> count & 31])
            }
            bits &= 31
        }
        if count > 0 { text.append(Self.alphabet[bits << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    func put(into record: inout RecordWriter) {
        record.put(bytes: secret)
        record.put(lastStep)
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        secret = try reader.view().array
        lastStep = try reader.int()
    }
}

extension UInt8 {
    fileprivate init(ascii scalar: Unicode.Scalar, or other: UInt8) {
        self = scalar.isASCII ? UInt8(truncatingIfNeeded: scalar.value) : other
    }
}
