import Bytes
import TestAids
import Testing

@Suite("Secrets")
struct SecretTests {
    private static let sizes = [0, 1, 31, 32, 33, 64, 1000, 4096, 4097, 65_535, 65_536, 65_537, 100_000]

    private struct Stop: Error {}

    @Test("A secret holds a copy of its bytes, and a duplicate another", arguments: sizes)
    func copies(_ size: Int) {
        var random = SeededGenerator(seed: UInt64(size))
        var bytes = random.bytes(size)
        let original = bytes
        let secret = withView(bytes) { SecretBytes(copying: $0) }
        for index in bytes.indices { bytes[index] = 0 }
        let duplicate = secret.duplicate()
        #expect(secret.count == size && duplicate.count == size)
        #expect(secret.exposing { $0.array } == original)
        #expect(duplicate.exposing { $0.array } == original)
        let isShared = secret.exposing { first in duplicate.exposing { first.pointer == $0.pointer } }
        #expect(!isShared || size == 0)
    }

    @Test("A duplicate outlives its original")
    func duplicateOutlives() {
        func make() -> SecretBytes {
            let original = withView("key material") { SecretBytes(copying: $0) }
            return original.duplicate()
        }
        let secret = make()
        #expect(secret.exposing { $0.string } == "key material")
    }

    @Test("A block that was used before comes zeroed", arguments: sizes)
    func reuse(_ size: Int) {
        for _ in 0..<50 {
            // Two at a time, so that blocks really go around.
            let first = SecretBytes(count: size) { $0.initializeMemory(as: UInt8.self, repeating: 0xA5) }
            let second = SecretBytes(count: size) { _ in }
            #expect(first.exposing { view in view.array.allSatisfy { $0 == 0xA5 } })
            #expect(second.exposing { view in view.array.allSatisfy { $0 == 0 } })
        }
    }

    @Test("A block of a secret that is gone is handed out again, and holds nothing of it")
    func freed() {
        var places: Set<UInt> = []
        var returned = 0
        for _ in 0..<200 {
            let secret = SecretBytes(count: 2000) { buffer in
                // What the last owner of this block left in it.
                if buffer.contains(where: { $0 != 0 }) { Issue.record("a block came with old bytes") }
                buffer.initializeMemory(as: UInt8.self, repeating: 0xA5)
            }
            let place = secret.exposing { UInt(bitPattern: $0.pointer) }
            if !places.insert(place).inserted { returned += 1 }
        }
        #expect(returned > 0)
    }

    @Test("A fill that throws leaves no secret and gives its block back zeroed")
    func throwing() {
        for size in [64, 100_000] {
            for _ in 0..<100 {
                #expect(throws: Stop.self) {
                    _ = try SecretBytes(count: size) { (buffer) throws(Stop) in
                        buffer.initializeMemory(as: UInt8.self, repeating: 0xA5)
                        throw Stop()
                    }
                }
                let next = SecretBytes(count: size) { _ in }
                #expect(next.exposing { view in view.array.allSatisfy { $0 == 0 } })
            }
        }
    }

    @Test("Many threads make and end secrets at once and each sees only its own bytes")
    func threads() async {
        await withTaskGroup(of: Bool.self) { group in
            for worker in 1...8 {
                group.addTask {
                    (0..<2000).allSatisfy { round in
                        let secret = SecretBytes(count: 16 + round % 200) { buffer in
                            for index in buffer.indices { buffer[index] = UInt8(worker) }
                        }
                        return secret.exposing { view in view.array.allSatisfy { $0 == UInt8(worker) } }
                    }
                }
            }
            for await isSound in group { #expect(isSound) }
        }
    }

    @Test("Constant-time comparison tells every single-bit difference, and lengths", arguments: [0, 1, 7, 32, 100])
    func constantTime(_ length: Int) {
        var random = SeededGenerator(seed: UInt64(length))
        let bytes = random.bytes(length)
        func equal(_ other: [UInt8]) -> Bool {
            withView(bytes) { left in withView(other) { ConstantTime.equal(left, $0) } }
        }
        #expect(equal(bytes))
        #expect(!equal(bytes + [0]))
        for bit in 0..<length * 8 {
            var other = bytes
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            if equal(other) { Issue.record("bit \(bit) makes no difference") }
        }
    }
}
