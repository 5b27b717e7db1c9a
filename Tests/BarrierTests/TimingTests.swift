import Bytes
import Foundation
import Primitives
import TestAids
import Testing

/// Whether the time of an operation depends on its secret input: Welch's t-test between a fixed input and random ones,
/// the method of "dude, is my code constant time?" (Reparaz, Balasch, Verbauwhede, 2017). Meant for release builds on a
/// quiet machine:
/// `STRONGROOM_ONLY=BarrierTests STRONGROOM_TIMING=1 swift test -c release --filter TimingTests`.
@Suite("Timing", .serialized, .enabled(if: ProcessInfo.processInfo.environment["STRONGROOM_TIMING"] == "1"))
struct TimingTests {
    private static let rounds = 400_000
    private static let bound = 4.5

    private static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The largest t of the plain times and of those below several percentiles. Inputs are laid out before, so that
    /// both classes cost the same to fetch.
    private static func largestT(
        fixed: [UInt8], rounds: Int = rounds, _ operation: (UnsafeRawBufferPointer) -> Void
    ) -> Double {
        // The system's generator would be asked once a byte.
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let length = fixed.count
        let count = 4096
        var inputs = [UInt8](repeating: 0, count: count * length)
        var classes = [Bool](repeating: false, count: count)
        var times: [[Double]] = [[], []]
        for _ in 0..<rounds / count {
            for index in 0..<count {
                classes[index] = Bool.random(using: &random)
                for at in 0..<length {
                    let drawn = UInt8.random(in: 0...255, using: &random)
                    inputs[index * length + at] = classes[index] ? drawn : fixed[at]
                }
            }
            inputs.withUnsafeBytes { inputs in
                for index in 0..<count {
                    let input = UnsafeRawBufferPointer(rebasing: inputs[index * length..<(index + 1) * length])
                    let start = nanoseconds()
                    operation(input)
                    let end = nanoseconds()
                    times[classes[index] ? 1 : 0].append(Double(end - start))
                }
            }
        }
        let all = (times[0] + times[1]).sorted()
        return [0.5, 0.75, 0.9, 0.95, 0.99, 1].map { part in
            let limit = all[min(Int(Double(all.count) * part), all.count - 1)]
            return abs(welch(times[0].filter { $0 <= limit }, times[1].filter { $0 <= limit }))
        }.max() ?? .infinity
    }

    private static func welch(_ left: [Double], _ right: [Double]) -> Double {
        // Below a percentile there may be nothing left of the slower class.
        guard min(left.count, right.count) > 100 else { return 0 }
        func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
            let mean = values.reduce(0, +) / Double(values.count)
            return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
        }
        let (one, two) = (moments(left), moments(right))
        let spread = (one.variance / Double(left.count) + two.variance / Double(right.count)).squareRoot()
        return spread == 0 ? 0 : (one.mean - two.mean) / spread
    }

    /// The least of three tries: what really depends on the input shows in each.
    private static func steadyT(fixed: [UInt8], _ operation: (UnsafeRawBufferPointer) -> Void) -> Double {
        (0..<3).map { _ in largestT(fixed: fixed, operation) }.min() ?? .infinity
    }

    @inline(never)
    private static func leakyEqual(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Bool {
        for index in 0..<right.count where left[index] != right[index] { return false }
        return true
    }

    @inline(never)
    private static func keep(_ value: UInt8) { sink.pointee ^= value }

    nonisolated(unsafe) private static let sink = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    @Test("A comparison that stops at the first difference is found out: the control")
    func control() {
        let secret = [UInt8](repeating: 0x5A, count: 4096)
        let t = Self.largestT(fixed: secret, rounds: 40_000) { Self.keep(Self.leakyEqual($0, secret) ? 1 : 0) }
        print("control: t = \(t)")
        #expect(t > 100)
    }

    @Test("ConstantTime.equal takes as long for equal bytes as for different ones")
    func comparison() {
        let secret = [UInt8](repeating: 0x5A, count: 64)
        let t = withView(secret) { expected in
            Self.steadyT(fixed: secret) { Self.keep(ConstantTime.equal(ByteView($0), expected) ? 1 : 0) }
        }
        print("ConstantTime.equal: t = \(t)")
        #expect(t < Self.bound)
    }

    @Test("Products and inverses take as long for zeros as for random bytes")
    func field() {
        for (name, fixed) in [("zeros", UInt8(0)), ("ones", 0xFF)] {
            let product = Self.steadyT(fixed: [UInt8](repeating: fixed, count: 64)) { input in
                var result: UInt8 = 1
                for byte in input { result = GaloisField.multiply(result ^ byte, byte) }
                Self.keep(result)
            }
            let inverse = Self.steadyT(fixed: [UInt8](repeating: fixed, count: 16)) { input in
                var result: UInt8 = 0
                for byte in input { result ^= GaloisField.invert(byte) }
                Self.keep(result)
            }
            print("multiply, \(name): t = \(product); invert: t = \(inverse)")
            #expect(product < Self.bound && inverse < Self.bound)
        }
    }

    @Test("Putting shares together takes as long for zeros as for random values")
    func combination() {
        let points: [UInt8] = [1, 2, 3]
        let t = Self.steadyT(fixed: [UInt8](repeating: 0, count: 96)) { input in
            let shares = points.map { point in
                KeyShare(
                    SecretBytes(count: 33) { buffer in
                        buffer.copyMemory(
                            from: UnsafeRawBufferPointer(rebasing: input[Int(point - 1) * 32..<Int(point) * 32]))
                        buffer[32] = point
                    })
            }
            if let secret = try? Shamir.combine(shares) { secret.exposing { Self.keep($0[0]) } }
        }
        print("Shamir.combine: t = \(t)")
        #expect(t < Self.bound)
    }
}
