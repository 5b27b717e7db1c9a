internal import Foundation

/// A small generator whose seed can be printed and set. **Source** SplitMix64.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator that always gives the same numbers for one seed.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// A number of the range.
    package mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True about once in `count` times.
    package mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }

    /// One of the elements.
    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[int(0...elements.count - 1)] }

    /// The same bytes, changed in one to four places: bytes flipped, put in, left out, or the end cut off.
    package mutating func mutated(_ original: [UInt8], alphabet: [UInt8]? = nil) -> [UInt8] {
        var bytes = original
        for _ in 0..<int(1...4) {
            let byte = alphabet.map { pick($0) } ?? UInt8(truncatingIfNeeded: next())
            let at = int(0...bytes.count)
            switch int(0...7) {
            case 0...2 where at < bytes.count: bytes[at] = byte
            case 3...4: bytes.insert(byte, at: at)
            case 5...6 where at < bytes.count: bytes.remove(at: at)
            case 7: bytes.removeLast(bytes.count - at)
            default: break
            }
        }
        return bytes
    }
}

/// Seeds for property tests; as a test's arguments they are printed when it fails.
package enum Seeds {
    /// Three that stay, and one that is new in every run, or what `STRONGROOM_TEST_SEED` says.
    package static let all: [UInt64] = {
        let chosen = ProcessInfo.processInfo.environment["STRONGROOM_TEST_SEED"].flatMap { UInt64($0) }
        return chosen.map { [$0] } ?? [1, 2, 3, UInt64.random(in: 1000...(.max))]
    }()
}
