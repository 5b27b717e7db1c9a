internal import Bytes
internal import Foundation
internal import Primitives

/// The parts of the loop on their own, on one thread, so that one sees where time goes.
struct Step: Encodable {
    /// What is repeated.
    let name: String
    /// Bytes of plaintext per item.
    let bytes: Int
    /// Time per item.
    let nanoseconds: Double

    /// Measures every step; about `seconds` each.
    static func all(_ loop: TransitLoop, seconds: Double) throws -> [Step] {
        var steps: [Step] = []
        for size in [32, 64, 1024] {
            let body = BatchBody(items: 1000, size: size)
            var output = ByteWriter()
            func add(_ name: String, _ items: Int, _ turn: () throws -> Void) rethrows {
                let nanoseconds = try time(seconds, turn) / Double(items)
                steps.append(Step(name: name, bytes: size, nanoseconds: nanoseconds))
            }
            try add("scan the JSON", 1000) { try scan(body.view) }
            try add("resolve the command", 1000) { try loop.resolve(body) }
            try add("resolve and perform", 1000) { _ = try loop.turn(body, into: &output) }
            try addCodec(size, add)
            try addSeal(size, add)
        }
        return steps
    }

    private typealias Add = (String, Int, () throws -> Void) throws -> Void

    private static func addCodec(_ size: Int, _ add: Add) throws {
        let text = Data(repeating: 0x5A, count: size).base64EncodedString()
        try Array(text.utf8).withUnsafeBytes { bytes in
            let view = ByteView(bytes)
            var decoded = ByteWriter(capacity: Base64.decodedRoom(view.count))
            try add("decode base64", 1) {
                decoded.truncate(to: 0)
                decoded.append(room: Base64.decodedRoom(view.count)) { Base64.decode(view, into: $0) }
            }
        }
        // What is encoded is the sealed form, 28 bytes longer.
        try [UInt8](repeating: 0x5A, count: size + 28).withUnsafeBytes { bytes in
            let view = ByteView(bytes)
            var encoded = ByteWriter(capacity: view.count * 2 + 128)
            try add("encode base64", 1) {
                encoded.truncate(to: 0)
                encoded.append(base64: view)
            }
        }
    }

    private static func addSeal(_ size: Int, _ add: Add) throws {
        let key = try AEADKey(.aes256GCM, material: RandomSource.secret(count: 32))
        try [UInt8](repeating: 0x5A, count: size).withUnsafeBytes { bytes in
            let sealed = UnsafeMutablePointer<UInt8>.allocate(capacity: size + 128)
            defer { sealed.deallocate() }
            try add("seal, AES-256-GCM", 1) { try key.seal(ByteView(bytes), authenticating: .empty, into: sealed) }
        }
    }

    private static func scan(_ view: ByteView) throws {
        var scanner = JSONScanner(view, depthLimit: 300)
        guard try scanner.openDocument() else { return }
        var isFirst = true
        while try scanner.nextMember(&isFirst) != nil { _ = try scanner.scanValue() }
    }

    /// Nanoseconds per turn: the best of three runs that together take about `seconds`.
    private static func time(_ seconds: Double, _ turn: () throws -> Void) rethrows -> Double {
        var (turns, best) = (1, Double.infinity)
        while true {
            let spent = try elapsed(turns, turn)
            if spent > seconds / 8 { break }
            turns *= 2
        }
        for _ in 0..<3 { best = min(best, try elapsed(turns, turn) / Double(turns)) }
        return best * 1e9
    }

    private static func elapsed(_ turns: Int, _ turn: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        for _ in 0..<turns { try turn() }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
