import Bytes
import Foundation
import Primitives
import Testing

@Suite("Key imports")
struct KeyImportTests {
    private static let rsaEncryption = der(0x30, [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0])

    private func importing(_ pkcs8: [UInt8]) throws -> PrivateKey { try withView(pkcs8) { try PrivateKey(pkcs8: $0) } }

    @Test("RSA keys are taken under id-RSASSA-PSS, with parameters and without")
    func pssIdentifier() throws {
        let key = try TestKeys.pair(.rsa2048)
        let identifier: [UInt8] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]
        let inner = try key.der(.traditional)
        for parameters in [[], [0x30, 0], der(0x30, der(0xA2, [2, 1, 32]))] {
            let wrapped = der(0x30, [2, 1, 0], der(0x30, identifier, parameters), der(4, inner))
            #expect(try importing(wrapped).publicKey.isSame(as: key.publicKey))
        }
    }

    @Test("Ed25519 is taken in every wrapping that the field has")
    func ed25519Wrappings() throws {
        let key = try TestKeys.pair(.ed25519)
        let pair = try key.exposingEd25519Pair { (pair) throws(AsymmetricError) in pair.array }
        let (seed, point) = (Array(pair[..<32]), Array(pair[32...]))
        let ecPublicKey: [UInt8] = [6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]
        let curves: [[UInt8]] = [[6, 3, 0x2B, 0x65, 0x6E], [6, 9, 0x2B, 6, 1, 4, 1, 0xDA, 0x47, 0x0F, 1]]
        var forms = [
            der(0x30, [2, 1, 1], [0x30, 5, 6, 3, 0x2B, 0x65, 0x70], der(4, der(4, seed)), der(0x81, [0], point)),
            der(0x30, [2, 1, 1], [0x30, 5, 6, 3, 0x2B, 0x65, 0x70], der(4, der(4, seed)), der(0xA0, [1, 2])),
        ]
        for curve in curves {
            let inner = der(0x30, [2, 1, 1], der(4, seed))
            let named = der(0x30, [2, 1, 1], der(4, seed), der(0xA0, curve))
            let whole = der(0x30, [2, 1, 1], der(4, seed), der(0xA0, curve), der(0xA1, der(3, [0], point)))
            for content in [inner, named, whole] {
                forms.append(der(0x30, [2, 1, 0], der(0x30, ecPublicKey, curve), der(4, content)))
            }
            forms += [named, whole]
        }
        for form in forms { #expect(try importing(form).publicKey.isSame(as: key.publicKey)) }
        var foreign = point
        foreign[0] ^= 1
        let mismatched = der(
            0x30, [2, 1, 1], [0x30, 5, 6, 3, 0x2B, 0x65, 0x70], der(4, der(4, seed)), der(0x81, [0], foreign))
        #expect(throws: AsymmetricError.pairMismatch) { try importing(mismatched) }
        let short = der(
            0x30, [2, 1, 0], der(0x30, ecPublicKey, curves[0]), der(4, der(0x30, [2, 1, 1], der(4, [1, 2, 3]))))
        #expect(throws: AsymmetricError.malformedKey) { try importing(short) }
    }

    @Test("What is wrong with a key on a curve is told apart", arguments: TestKeys.curves)
    func curveFaults(_ algorithm: AsymmetricAlgorithm) throws {
        let key = try TestKeys.pair(algorithm)
        let point = try #require(key.publicKey.rawBytes)
        let width = point.count / 2
        let make = { (scalar: [UInt8], point: [UInt8]?) in
            try withView(scalar) { scalar in
                guard let point else { return try PrivateKey(algorithm, scalar: scalar) }
                return try withView(point) { try PrivateKey(algorithm, scalar: scalar, point: $0) }
            }
        }
        let scalar = try key.exposingECNumbers { (numbers) throws(AsymmetricError) in numbers.d.array }
        let scalars: [[UInt8]] = [
            [], [0], [UInt8](repeating: 0, count: width), [UInt8](repeating: 0xFF, count: width), [1] + scalar,
        ]
        for bad in scalars {
            #expect(throws: AsymmetricError.invalidScalar) { try make(bad, nil) }
        }
        var outside = point
        outside[point.count - 1] ^= 1
        let hybrid: [UInt8] = [6 + (point[point.count - 1] & 1)] + point[1...]
        let zeros: [UInt8] = [4] + [UInt8](repeating: 0, count: 2 * width)
        let ones: [UInt8] = [4] + [UInt8](repeating: 0xFF, count: 2 * width)
        let points: [[UInt8]] = [[], [0], outside, hybrid, Array(point.dropLast()), point + [0], zeros, ones]
        for bad in points {
            #expect(throws: AsymmetricError.invalidPoint) { try make(scalar, bad) }
            #expect(throws: AsymmetricError.invalidPoint) { try withView(bad) { try PublicKey(algorithm, point: $0) } }
        }
        #expect(throws: AsymmetricError.pairMismatch) {
            try make(scalar, PrivateKey.generate(algorithm).publicKey.rawBytes)
        }
        #expect(throws: AsymmetricError.unsupportedOperation) {
            try withView(scalar) { try PrivateKey(.ed25519, scalar: $0) }
        }
    }

    @Test("Curves that are not on offer, unnamed or named twice are refused")
    func curveNames() throws {
        let ecPublicKey: [UInt8] = [6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]
        let p256: [UInt8] = [6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]
        let p384: [UInt8] = [6, 5, 0x2B, 0x81, 4, 0, 0x22]
        let scalar = der(4, [UInt8](repeating: 7, count: 32))
        let wrap = { (parameters: [UInt8], inner: [UInt8]) in
            der(0x30, [2, 1, 0], der(0x30, ecPublicKey, parameters), der(4, inner))
        }
        let plain = der(0x30, [2, 1, 1], scalar)
        #expect(try importing(wrap(p256, der(0x30, [2, 1, 1], scalar, der(0xA0, p256)))).algorithm == .ecdsaP256)
        let others: [[UInt8]] = [
            [], [5, 0], [0x30, 0], [6, 5, 0x2B, 0x81, 4, 0, 0x0A], [6, 5, 0x2B, 0x81, 4, 0, 0x21],
        ]
        for parameters in others {
            #expect(throws: AsymmetricError.unsupportedCurve) { try importing(wrap(parameters, plain)) }
            let info = der(0x30, der(0x30, ecPublicKey, parameters), der(3, [0, 4]))
            #expect(throws: AsymmetricError.unsupportedCurve) { try withView(info) { try PublicKey(spki: $0) } }
        }
        #expect(throws: AsymmetricError.malformedKey) {
            try importing(wrap(p256, der(0x30, [2, 1, 1], scalar, der(0xA0, p384))))
        }
        #expect(throws: AsymmetricError.unsupportedCurve) { try withView(plain) { try PrivateKey(sec1: $0) } }
        // X25519 and DSA.
        let x25519 = der(0x30, [2, 1, 0], [0x30, 5, 6, 3, 0x2B, 0x65, 0x6E], der(4, scalar))
        #expect(throws: AsymmetricError.unknownAlgorithm) { try importing(x25519) }
    }

    @Test("RSA numbers that do not fit each other are refused")
    func rsaFaults() throws {
        let key = try TestKeys.pair(.rsa2048)
        let good = try key.exposingRSANumbers { (n) throws(AsymmetricError) in
            [
                n.modulus, n.publicExponent, n.privateExponent, n.prime1, n.prime2, n.exponent1, n.exponent2,
                n.coefficient,
            ]
            .map { $0?.array ?? [] }
        }
        let encode = { (numbers: [[UInt8]]) in der(0x30, [2, 1, 0], numbers.flatMap(derUnsigned)) }
        #expect(try withView(encode(good)) { try PrivateKey(pkcs1: $0) }.publicKey.isSame(as: key.publicKey))
        var replacements: [(Int, [UInt8])] = [
            (1, [2]), (1, [1, 0, 0]), (1, [0x80, 0, 0, 1]), (1, [1, 0, 0, 0, 0, 0, 0, 0, 1]), (2, good[0]),
            (3, good[0]),
            (4, [3]), (2, good[0] + [1]), (7, good[3]),
        ]
        for index in good.indices {
            var (low, high) = (good[index], good[index])
            low[low.count - 1] ^= 2
            high[high.count / 2] ^= 0x10
            replacements += [(index, low), (index, high), (index, []), (index, [1])]
        }
        for (index, value) in replacements {
            var numbers = good
            numbers[index] = value
            let problem = failure { _ = try withView(encode(numbers)) { try PrivateKey(pkcs1: $0) } }
            if index == 0, value.count < 256 {
                #expect(problem == .unsupportedModulus(bits: value.isEmpty ? 0 : 1))
            } else {
                #expect(problem == .invalidNumbers, "\(index) \(value.count)")
            }
        }
        let multiPrime = der(0x30, [2, 1, 1], good.flatMap(derUnsigned))
        let short = encode(good.dropLast())
        let long = encode(good + [[1]])
        let negative = der(0x30, [2, 1, 0], [2, 1, 0x80], good.dropFirst().flatMap(derUnsigned))
        for form in [multiPrime, short, long, negative] {
            #expect(throws: AsymmetricError.malformedKey) { try withView(form) { try PrivateKey(pkcs1: $0) } }
        }
    }

    @Test("Moduli of other lengths are refused with their length, long ones at once")
    func moduli() throws {
        for (bits, error) in [
            (16_384, AsymmetricError.modulusTooLarge(bits: 16_384)), (8193, .modulusTooLarge(bits: 8193)),
            (1_000_000, .modulusTooLarge(bits: 1_000_000)), (8192, .unsupportedModulus(bits: 8192)),
            (2047, .unsupportedModulus(bits: 2047)), (2049, .unsupportedModulus(bits: 2049)),
            (1024, .unsupportedModulus(bits: 1024)), (1, .unsupportedModulus(bits: 1)),
        ] {
            var modulus = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
            modulus[0] = 0xFF >> UInt8((8 - bits % 8) % 8)
            let pair = der(0x30, derUnsigned(modulus), derUnsigned([1, 0, 1]))
            let info = der(0x30, Self.rsaEncryption, der(3, [0], pair))
            let rest = (0..<6).flatMap { _ in derUnsigned(modulus) }
            let inner = der(0x30, [2, 1, 0], derUnsigned(modulus), derUnsigned([1, 0, 1]), rest)
            let pkcs8 = der(0x30, [2, 1, 0], Self.rsaEncryption, der(4, inner))
            let time = processorTime {
                #expect(throws: error) { try withView(info) { try PublicKey(spki: $0) } }
                #expect(throws: error) { try importing(pkcs8) }
            }
            #expect(time < .milliseconds(10))
        }
        // Right length, but even.
        let even = [UInt8](repeating: 0xFE, count: 256)
        let pair = der(0x30, derUnsigned(even), derUnsigned([1, 0, 1]))
        #expect(throws: AsymmetricError.invalidNumbers) {
            try withView(der(0x30, Self.rsaEncryption, der(3, [0], pair))) { try PublicKey(spki: $0) }
        }
    }
}
