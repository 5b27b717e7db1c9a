internal import Bytes
internal import Foundation
internal import Primitives
internal import StrongroomClient

/// A file that is sealed by envelope: a data key seals the file piece by piece, a key of the server seals the data key.
///
/// **Layout** `STRGRM1\n` ‖ length of the header (4, big-endian) ‖ header (JSON: mount, key, data_key, piece) ‖ pieces,
/// each `ciphertext(≤ piece) ‖ tag(16)`, AES-256-GCM. The nonce of a piece is
/// `0(7) ‖ number(4, big-endian) ‖ last(1)`: pieces cannot be swapped, left out or put behind the last. The data key is
/// of this file alone, so no nonce comes twice. All before the pieces is authenticated with each of them.
/// **Source** STREAM, Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, CRYPTO 2015.
struct EnvelopeHeader {
    static let magic = Array("STRGRM1\n".utf8)
    static let pieceLength = 1 << 16
    static let largestHeader = 1 << 16

    let mount: String
    let key: String
    let sealedDataKey: String
    let pieceLength: Int

    /// Everything before the pieces.
    var bytes: [UInt8] {
        let node: JSONNode = [
            "mount": .string(mount), "key": .string(key), "data_key": .string(sealedDataKey),
            "piece": JSONNode(pieceLength),
        ]
        let text = Array(node.compact.utf8)
        return Self.magic + (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (24 - 8 * $0)) } + text
    }

    /// The header of a stream, and the bytes that it took.
    static func read(_ input: ByteStream) throws(CommandFault) -> (EnvelopeHeader, [UInt8]) {
        let start = try input.read(magic.count + 4)
        guard start.count == magic.count + 4, Array(start.prefix(magic.count)) == magic else {
            throw .local("\(input.name) is no file that \"strongroom transit encrypt\" made")
        }
        let count = start.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        guard count <= largestHeader else { throw .local("\(input.name) is damaged") }
        let text = try input.read(count)
        guard text.count == count, let node = try? JSONNode(parsing: text), let mount = node["mount"]?.text,
            let key = node["key"]?.text, let sealed = node["data_key"]?.text, let piece = node["piece"]?.integer,
            (1...(1 << 24)).contains(piece)
        else { throw .local("\(input.name) is damaged") }
        return (
            EnvelopeHeader(mount: mount, key: key, sealedDataKey: sealed, pieceLength: piece), start + text
        )
    }
}

/// Seals or opens the pieces of one file.
struct EnvelopeCipher {
    private let key: AEADKey
    private let header: [UInt8]
    private var number: UInt32 = 0
    private var isDone = false

    /// With the data key in base64, and everything that stands before the pieces.
    init(dataKey text: String, header: [UInt8]) throws(CommandFault) {
        let bytes = Array(text.utf8)
        let decoded = bytes.withUnsafeBytes { Base64.decode(ByteView($0)) }
        guard case .success(var raw) = decoded, raw.count == 32 else {
            throw .local("the server gave a data key that is none")
        }
        defer { for at in raw.indices { raw[at] = 0 } }
        let material = SecretBytes(count: raw.count) { $0.copyBytes(from: raw) }
        do throws(CryptoError) { key = try AEADKey(.aes256GCM, material: material) } catch {
            throw .local("the cipher cannot be set up")
        }
        self.header = header
    }

    private mutating func nextNonce(isLast: Bool) throws(CommandFault) -> [UInt8] {
        guard !isDone, number < .max else { throw .local("the file is too long") }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
        number += 1
        isDone = isLast
        return [UInt8](repeating: 0, count: 7) + bytes + [isLast ? 1 : 0]
    }

    /// The piece, sealed.
    mutating func seal(_ piece: [UInt8], isLast: Bool) throws(CommandFault) -> [UInt8] {
        let nonce = try nextNonce(isLast: isLast)
        var isGood = true
        let sealed = [UInt8](unsafeUninitializedCapacity: piece.count + 28 + 64) { buffer, count in
            count = piece.count + 28
            guard let base = buffer.baseAddress else { return }
            piece.withUnsafeBytes { piece in
                nonce.withUnsafeBytes { nonce in
                    header.withUnsafeBytes { header in
                        do throws(CryptoError) {
                            try key.seal(
                                ByteView(piece), nonce: ByteView(nonce), authenticating: ByteView(header), into: base)
                        } catch { isGood = false }
                    }
                }
            }
        }
        guard isGood else { throw .local("the cipher failed") }
        return Array(sealed.dropFirst(12))
    }

    /// The piece, opened. **Throws** when it was altered, or is not at its place.
    mutating func open(_ piece: [UInt8], isLast: Bool) throws(CommandFault) -> [UInt8] {
        let sealed = try nextNonce(isLast: isLast) + piece
        guard piece.count >= 16 else { throw Self.altered }
        var isGood = true
        let opened = [UInt8](unsafeUninitializedCapacity: piece.count + 64) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            sealed.withUnsafeBytes { sealed in
                header.withUnsafeBytes { header in
                    do throws(CryptoError) {
                        count = try key.open(ByteView(sealed), authenticating: ByteView(header), into: base)
                    } catch { isGood = false }
                }
            }
        }
        guard isGood else { throw Self.altered }
        return opened
    }

    private static let altered = CommandFault.local("the file was altered, cut off, or is of another key")
}
