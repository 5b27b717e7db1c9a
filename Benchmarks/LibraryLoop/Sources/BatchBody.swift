internal import Bytes
internal import EngineKit
internal import Foundation
internal import Vocabulary

/// The body of an encrypt request as a client sends it, in memory that stays where it is.
///
/// **Concurrency** written by `init`, then only read; the memory is never freed, because requests borrow it.
struct BatchBody: Sendable {
    /// The body.
    let view: ByteView
    /// The request that carries it, to the key `bench`.
    let request: EngineRequest

    /// `{"batch_input":[{"plaintext":"…"},…]}` with `items` different plaintexts of `size` bytes, or, for nil,
    /// `{"plaintext":"…"}`.
    init(items: Int?, size: Int) {
        let text: String
        if let items {
            let inputs = (0..<items).map { Self.input($0, size) }
            text = "{\"batch_input\":[" + inputs.joined(separator: ",") + "]}"
        } else {
            text = Self.input(0, size)
        }
        let bytes = Array(text.utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
        view = ByteView(UnsafeRawBufferPointer(memory))
        request = EngineRequest(operation: .write, path: ByteView("encrypt/bench"), body: view, maxJSONDepth: 300)
    }

    private static func input(_ index: Int, _ size: Int) -> String {
        let plaintext = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) })
        return "{\"plaintext\":\"" + plaintext.base64EncodedString() + "\"}"
    }
}
