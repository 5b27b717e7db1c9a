import Bytes
import Primitives
import TestAids
import Testing

@Suite("Shamir's shares")
struct ShamirTests {
    private static func secret(_ bytes: [UInt8]) -> SecretBytes { withView(bytes) { SecretBytes(copying: $0) } }

    private static func share(_ bytes: [UInt8]) -> KeyShare { withView(bytes) { KeyShare(copying: $0) } }

    private static func combined(_ shares: [KeyShare]) throws(ShamirError) -> [UInt8] {
        let secret = try Shamir.combine(shares)
        return secret.exposing { $0.array }
    }

    /// The subsets of 0..<n, as lists of indices.
    private static func subsets(_ count: Int) -> [[Int]] {
        (0..<1 << count).map { mask in (0..<count).filter { mask >> $0 & 1 == 1 } }
    }

    // Multiplication by the definition: a polynomial product, then long division.
    private static func longhand(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for bit in 0..<8 where Int(right) >> bit & 1 == 1 { product ^= Int(left) << bit }
        for bit in stride(from: 15, through: 8, by: -1) where product >> bit & 1 == 1 { product ^= 0x11B << (bit - 8) }
        return UInt8(product)
    }

    @Test("Products are those of the definition, for all pairs")
    func products() {
        // FIPS 197 §4.2: {57} x {83} = {c1}, {57} x {13} = {fe}.
        #expect(GaloisField.multiply(0x57, 0x83) == 0xC1)
        #expect(GaloisField.multiply(0x57, 0x13) == 0xFE)
        for left in UInt8.min...UInt8.max {
            for right in UInt8.min...UInt8.max where GaloisField.multiply(left, right) != Self.longhand(left, right) {
                Issue.record("\(left) x \(right)")
            }
        }
    }

    @Test("Every byte but 0 times its inverse is 1")
    func inverses() {
        #expect(GaloisField.invert(0) == 0)
        for value in UInt8(1)...UInt8.max {
            #expect(GaloisField.multiply(value, GaloisField.invert(value)) == 1)
        }
        // FIPS 197 §4.2: {53} and {ca} are inverses.
        #expect(GaloisField.invert(0x53) == 0xCA)
    }

    @Test("Shares worked out by hand give their secret")
    func byHand() throws {
        // p(x) = 42 + 7x: p(1) = 42^07 = 45, p(2) = 42^0e = 4c, p(3) = 42^09 = 4b.
        let line: [[UInt8]] = [[0x45, 1], [0x4C, 2], [0x4B, 3]]
        for pair in [[0, 1], [1, 0], [0, 2], [2, 1], [0, 1, 2]] {
            #expect(try Self.combined(pair.map { Self.share(line[$0]) }) == [0x42])
        }
        // p(x) = 01 + 02x + 80x²: p(1) = 83, p(2) = 01^04^(80·04 = 36) = 33, p(3) = 01^06^(80·05 = 36^80 = b6) = b1.
        let curve: [[UInt8]] = [[0x83, 1], [0x33, 2], [0xB1, 3]]
        #expect(try Self.combined(curve.map { Self.share($0) }) == [0x01])
    }

    @Test("Every choice of k of n shares gives the secret, and none of fewer does, up to n = 6", arguments: Seeds.all)
    func subsets(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for shares in 2...6 {
            for threshold in 2...shares {
                let bytes = random.bytes(32)
                let made = try Shamir.split(Self.secret(bytes), shares: shares, threshold: threshold)
                #expect(made.count == shares && made.allSatisfy { $0.count == 33 })
                for subset in Self.subsets(shares) where subset.count >= 2 {
                    var order = subset
                    order.shuffle(using: &random)
                    let got = try Self.combined(order.map { made[$0] })
                    #expect((got == bytes) == (subset.count >= threshold), "\(threshold) of \(shares): \(subset)")
                }
                for lone in made { #expect(try Self.combined([lone]) != bytes) }
            }
        }
    }

    @Test("The most shares there can be have distinct nonzero points and give the secret")
    func all255() throws {
        let bytes = [UInt8](0..<32)
        let made = try Shamir.split(Self.secret(bytes), shares: 255, threshold: 255)
        let points = made.map { share in share.exposing { $0[32] } }
        #expect(Set(points).count == 255 && !points.contains(0))
        #expect(try Self.combined(made) == bytes)
        #expect(try Self.combined(Array(made.dropLast())) != bytes)
    }

    @Test("One share of one is the key itself")
    func oneOfOne() throws {
        let bytes = [UInt8](100..<132)
        let made = try Shamir.split(Self.secret(bytes), shares: 1, threshold: 1)
        #expect(made.count == 1 && made[0].exposing { $0.array } == bytes)
        #expect(try Self.combined(made) == bytes)
    }

    @Test("A share tells nothing: with one of two, every value of the secret stays possible")
    func secrecy() throws {
        let known = Self.share([0x77, 9])
        var possible: Set<UInt8> = []
        for other in UInt8.min...UInt8.max { possible.formUnion(try Self.combined([known, Self.share([other, 3])])) }
        #expect(possible.count == 256)
    }

    @Test("Two splits of one secret have no share in common")
    func fresh() throws {
        let first = try Shamir.split(Self.secret([UInt8](0..<32)), shares: 5, threshold: 3)
        let second = try Shamir.split(Self.secret([UInt8](0..<32)), shares: 5, threshold: 3)
        for share in first { #expect(!second.contains { $0.isSame(as: share) }) }
    }

    @Test(
        "Numbers of shares that make no sense are refused",
        arguments: [(0, 0), (1, 0), (0, 1), (2, 1), (5, 1), (3, 4), (256, 3), (-1, -1), (5, -2), (.max, .max)])
    func parameters(_ shares: Int, _ threshold: Int) {
        #expect(throws: ShamirError.invalidParameters) {
            try Shamir.split(Self.secret([1, 2]), shares: shares, threshold: threshold).count
        }
    }

    @Test("Shares that cannot belong together are refused")
    func badShares() {
        func error(_ shares: [[UInt8]]) -> ShamirError? {
            do throws(ShamirError) { _ = try Self.combined(shares.map { Self.share($0) }) } catch { return error }
            return nil
        }
        #expect(error([]) == .invalidParameters)
        #expect(error([[]]) == .invalidSecretLength)
        #expect(error([[1, 2], [1, 2, 3]]) == .mismatchedShares)
        #expect(error([[1], [2]]) == .mismatchedShares)
        #expect(error([[], []]) == .mismatchedShares)
        #expect(error([[1, 0], [1, 2]]) == .invalidPoint)
        #expect(error([[1, 2], [7, 2]]) == .invalidPoint)
        #expect(error([[UInt8]](repeating: [1, 2], count: 256)) == .invalidParameters)
        #expect(error([[UInt8](repeating: 1, count: 5000), [UInt8](repeating: 2, count: 5000)]) == .mismatchedShares)
    }
}
