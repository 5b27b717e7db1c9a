import Bytes
import Dispatch
import Foundation
import Primitives
import Synchronization
import Testing

@Suite("AEAD behaviour")
struct AEADBehaviourTests {
    private static func cipher(_ algorithm: AEADAlgorithm, _ shape: Shape, seed: UInt64 = 1) throws -> Cipher {
        var generator = SeededGenerator(seed: seed)
        return try Cipher(algorithm, shape, key: generator.bytes(algorithm.keyLength))
    }

    @Test("A flipped bit anywhere is refused and leaves zeros", arguments: AEADAlgorithm.allCases, Shape.allCases)
    func flippedBits(_ algorithm: AEADAlgorithm, _ shape: Shape) throws {
        let cipher = try Self.cipher(algorithm, shape)
        let (message, aad) = (Array("seventeen letters".utf8), Array("context".utf8))
        let sealed = try cipher.seal(message, nonce: nil, aad: aad)
        func expectRefusal(_ sealed: [UInt8], _ aad: [UInt8]) {
            let opened = cipher.open(sealed, aad: aad)
            #expect(opened.result == .failure(.authenticationFailed))
            #expect(opened.output.allSatisfy { $0 == 0 })
        }
        for bit in 0..<(sealed.count * 8) {
            var altered = sealed
            altered[bit / 8] ^= 1 << (bit % 8)
            expectRefusal(altered, aad)
        }
        for bit in 0..<(aad.count * 8) {
            var altered = aad
            altered[bit / 8] ^= 1 << (bit % 8)
            expectRefusal(sealed, altered)
        }
        expectRefusal(sealed, [])
        expectRefusal(sealed + [0], aad)
        for count in 0..<sealed.count { expectRefusal(Array(sealed[..<count]), aad) }
        #expect(cipher.open(sealed, aad: aad).result == .success(message))
    }

    @Test("Another key of the same length does not open", arguments: AEADAlgorithm.allCases, Shape.allCases)
    func anotherKey(_ algorithm: AEADAlgorithm, _ shape: Shape) throws {
        let sealed = try Self.cipher(algorithm, shape, seed: 1).seal([1, 2, 3], nonce: nil, aad: [])
        let other = try Self.cipher(algorithm, shape, seed: 2)
        #expect(other.open(sealed, aad: []).result == .failure(.authenticationFailed))
    }

    @Test(
        "Every length from 0 to 300 survives, and both shapes understand each other",
        arguments: AEADAlgorithm.allCases)
    func lengths(_ algorithm: AEADAlgorithm) throws {
        let (kept, transient) = (try Self.cipher(algorithm, .kept), try Self.cipher(algorithm, .transient))
        var generator = SeededGenerator(seed: 3)
        for count in 0...300 {
            let (message, aad) = (generator.bytes(count), generator.bytes(count % 3 * count % 37))
            let sealed = try kept.seal(message, nonce: nil, aad: aad)
            #expect(sealed.count == count + algorithm.overhead)
            #expect(transient.open(sealed, aad: aad).result == .success(message))
            #expect(kept.open(try transient.seal(message, nonce: nil, aad: aad), aad: aad).result == .success(message))
        }
    }

    @Test(
        "Addresses of any alignment work, and so does sealing and opening in place",
        arguments: AEADAlgorithm.allCases)
    func inPlaceAndUnaligned(_ algorithm: AEADAlgorithm) throws {
        var generator = SeededGenerator(seed: 4)
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        let longest = AEADAlgorithm.gcmCutOver + 1
        let (nonceLength, message) = (algorithm.nonceLength, generator.bytes(longest))
        let room = UnsafeMutablePointer<UInt8>.allocate(capacity: longest + 64)
        defer { room.deallocate() }
        for offset in 0..<17 {
            for count in [0, 1, 15, 16, 17, 64, 333, 1000, longest - 1, longest] {
                let output = room + offset
                message.withUnsafeBufferPointer { bytes in
                    if let start = bytes.baseAddress { (output + nonceLength).update(from: start, count: count) }
                }
                let inPlace = ByteView(UnsafeRawBufferPointer(start: output + nonceLength, count: count))
                try key.seal(inPlace, authenticating: .empty, into: output)
                let sealed = ByteView(UnsafeRawBufferPointer(start: output, count: count + algorithm.overhead))
                #expect(try key.open(sealed, authenticating: .empty, into: output + nonceLength) == count)
                #expect(inPlace.array == Array(message[..<count]))
                try key.onThisThread().seal(inPlace, into: output)
                #expect(try key.onThisThread().open(sealed, into: output + nonceLength) == count)
                #expect(inPlace.array == Array(message[..<count]))
                try key.seal(inPlace, authenticating: .empty, into: output)
                output[algorithm.overhead + count - 1] ^= 1
                #expect(throws: CryptoError.authenticationFailed) {
                    try key.onThisThread().open(sealed, into: output + nonceLength)
                }
                #expect(inPlace.array.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("One key serves eight threads at once", arguments: AEADAlgorithm.allCases, Shape.keptShapes)
    func eightThreads(_ algorithm: AEADAlgorithm, _ shape: Shape) throws {
        let cipher = try Self.cipher(algorithm, shape)
        let wrong = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var generator = SeededGenerator(seed: UInt64(thread))
            for _ in 0..<2000 {
                let (message, aad) = (generator.bytes(Int.random(in: 0...200, using: &generator)), generator.bytes(9))
                guard let sealed = try? cipher.seal(message, nonce: nil, aad: aad),
                    cipher.open(sealed, aad: aad).result == .success(message)
                else {
                    wrong.add(1, ordering: .relaxed)
                    continue
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("More threads than a key has places for share one", arguments: AEADAlgorithm.allCases, Shape.keptShapes)
    func moreThreadsThanPlaces(_ algorithm: AEADAlgorithm, _ shape: Shape) throws {
        let cipher = try Self.cipher(algorithm, shape)
        let right = Atomic<Int>(0)
        let ended = DispatchGroup()
        let count = 100
        // All threads live at once: none goes on before the last has used the key.
        let barrier = Barrier(count)
        for number in 0..<count {
            ended.enter()
            let thread = Thread {
                for round in 0..<20 {
                    let message = [UInt8](repeating: UInt8(number), count: number)
                    let aad: [UInt8] = round.isMultiple(of: 2) ? [1] : []
                    if let sealed = try? cipher.seal(message, nonce: nil, aad: aad),
                        cipher.open(sealed, aad: aad).result == .success(message)
                    {
                        right.add(1, ordering: .relaxed)
                    }
                    if round == 0 { barrier.wait() }
                }
                ended.leave()
            }
            thread.start()
        }
        ended.wait()
        #expect(right.load(ordering: .relaxed) == count * 20)
    }

    @Test("Keys and nonces of a wrong length are refused", arguments: AEADAlgorithm.allCases)
    func wrongLengths(_ algorithm: AEADAlgorithm) throws {
        var output = [UInt8](repeating: 0, count: 200)
        for count in [0, 1, 15, 17, 24, 31, 33, 64] {
            #expect(throws: CryptoError.invalidKeyLength) {
                _ = try AEADKey(algorithm, material: RandomSource.secret(count: count))
            }
            withView([UInt8](repeating: 1, count: count)) { (key) -> Void in
                #expect(throws: CryptoError.invalidKeyLength) {
                    try TransientAEAD.seal(
                        algorithm, key: key, nonce: nil, plaintext: .empty, authenticating: .empty, into: &output)
                }
                #expect(throws: CryptoError.invalidKeyLength) {
                    _ = try TransientAEAD.open(
                        algorithm, key: key, sealed: .empty, authenticating: .empty, into: &output)
                }
            }
        }
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        for count in [0, 8, 11, 13, 16, 23, 25] {
            withView([UInt8](repeating: 1, count: count)) { (nonce) -> Void in
                #expect(throws: CryptoError.invalidNonceLength) {
                    try key.seal(.empty, nonce: nonce, authenticating: .empty, into: &output)
                }
            }
        }
    }

    @Test("Messages past the standard's limit are refused before they are read", arguments: AEADAlgorithm.allCases)
    func tooLong(_ algorithm: AEADAlgorithm) throws {
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        var output: [UInt8] = [0]
        let one: [UInt8] = [0]
        one.withUnsafeBytes { bytes in
            // A view that claims more than there is: it may not be read.
            let long = ByteView(UnsafeRawBufferPointer(start: bytes.baseAddress, count: algorithm.messageLimit + 1))
            let aad = ByteView(
                UnsafeRawBufferPointer(start: bytes.baseAddress, count: AEADAlgorithm.associatedDataLimit + 1))
            #expect(throws: CryptoError.messageTooLong) {
                try key.seal(long, authenticating: .empty, into: &output)
            }
            #expect(throws: CryptoError.messageTooLong) {
                try key.seal(.empty, authenticating: aad, into: &output)
            }
        }
    }

    @Test("A key lends its bytes and nothing more", arguments: AEADAlgorithm.allCases)
    func material(_ algorithm: AEADAlgorithm) throws {
        var generator = SeededGenerator(seed: 5)
        let bytes = generator.bytes(algorithm.keyLength)
        let key = try withView(bytes) { try AEADKey(algorithm, material: SecretBytes(copying: $0)) }
        #expect(key.exposingMaterial { $0.array } == bytes)
        #expect(key.algorithm == algorithm)
    }

    /// Needs 5 GB of memory: `STRONGROOM_LARGE_MESSAGES=1`.
    @Test(
        "A message of more than 2 GiB survives",
        .enabled(if: ProcessInfo.processInfo.environment["STRONGROOM_LARGE_MESSAGES"] == "1"),
        arguments: AEADAlgorithm.allCases)
    func large(_ algorithm: AEADAlgorithm) throws {
        let key = try AEADKey(algorithm, material: RandomSource.secret(count: algorithm.keyLength))
        let count = (1 << 31) + 77
        let room = UnsafeMutableRawPointer.allocate(byteCount: count + algorithm.overhead, alignment: 64)
        defer { room.deallocate() }
        let start = room.assumingMemoryBound(to: UInt8.self) + algorithm.nonceLength
        start.initialize(repeating: 0x5A, count: count)
        let message = ByteView(UnsafeRawBufferPointer(start: start, count: count))
        try key.seal(message, authenticating: .empty, into: start - algorithm.nonceLength)
        let sealed = ByteView(UnsafeRawBufferPointer(start: room, count: count + algorithm.overhead))
        #expect(try key.open(sealed, authenticating: .empty, into: start) == count)
        #expect(message[0] == 0x5A && message[count - 1] == 0x5A && message[1 << 30] == 0x5A)
    }
}

/// Lets a number of threads go on together.
private final class Barrier: Sendable {
    private let missing: Mutex<Int>
    private let gate = DispatchSemaphore(value: 0)
    private let count: Int

    init(_ count: Int) {
        self.count = count
        missing = Mutex(count)
    }

    func wait() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { for _ in 0..<count { gate.signal() } }
        gate.wait()
    }
}
