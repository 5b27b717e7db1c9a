import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

/// A kind of ring with all its parameters, as tests run over them.
struct Shape: Sendable, CustomTestStringConvertible {
    let settings: KeySettings

    var type: KeyType { settings.type }

    var testDescription: String {
        let parts = [type.rawValue, settings.parameterSet, settings.hybrid?.classic ?? ""]
        return (parts + (settings.isDerived ? ["derived"] : [])).filter { !$0.isEmpty }.joined(separator: " ")
    }

    private init(_ type: KeyType, set: MLDSAParameterSet? = nil, classic: KeyType? = nil, isDerived: Bool = false) {
        var settings = KeySettings(type: type)
        settings.parameterSet = set.map { String($0.rawValue) } ?? ""
        settings.hybrid = classic.map { HybridParts(postQuantum: "ml-dsa", classic: $0.rawValue) }
        settings.isDerived = isDerived
        self.settings = settings
    }

    /// Every type with every set of parameters.
    static let all: [Shape] = KeyType.allCases.flatMap { type -> [Shape] in
        switch type {
        case .mlDSA: MLDSAParameterSet.allCases.map { Shape(type, set: $0) }
        case .hybrid:
            MLDSAParameterSet.allCases.flatMap { set in
                [KeyType.ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519].map { Shape(type, set: set, classic: $0) }
            }
        default: [Shape(type)]
        }
    }

    /// Those that sign, and derived Ed25519.
    static let signing = all.filter(\.type.supportsSigning) + [Shape(.ed25519, isDerived: true)]
    /// ML-DSA with a classic half.
    static let hybrid = all.filter { $0.type == .hybrid }
    /// Classic key pairs.
    static let pairs = all.filter { $0.type.pair != nil }
    /// Key encapsulation.
    static let kem = all.filter { $0.type.kem != nil }

    /// A fresh version, but RSA's have one key per length: they take seconds to make.
    func version(_ number: Int = 1, created: Moment = Moment(seconds: 1_700_000_001)) throws -> KeyVersion {
        guard let algorithm = type.pair, type.isRSA else {
            return try KeyVersion.generate(number: number, settings: settings, now: created)
        }
        return try version(.pair(PairMaterial(try RSAKeys.pair(algorithm))), number, created: created)
    }

    /// A version that holds that key.
    func version(
        _ material: KeyMaterial, _ number: Int = 1, created: Moment = Moment(seconds: 1_700_000_001)
    ) throws -> KeyVersion {
        try KeyVersion(
            number: number, settings: settings, material: material,
            hmacKey: withView([UInt8](repeating: 9, count: 32)) { SecretBytes(copying: $0) }, created: created,
            usage: KeyUsage(stored: 0))
    }

    /// A ring of one version.
    func ring() throws -> KeyRing { try ring([version()]) }

    /// A ring of those versions.
    func ring(_ versions: [KeyVersion]) throws -> KeyRing {
        var settings = settings
        settings.latestVersion = versions.count
        return try KeyRing(name: name("k"), settings: settings, versions: versions, revision: 1)
    }

    /// Reads a stored version.
    func read(_ record: ByteView, _ number: Int = 1) throws(KeyRingError) -> KeyVersion {
        try KeyVersion(number: number, record: record, settings: settings, storedUsage: 17)
    }
}

/// One RSA pair per length.
enum RSAKeys {
    private static let pairs: [AsymmetricAlgorithm: PrivateKey] = {
        var pairs: [AsymmetricAlgorithm: PrivateKey] = [:]
        for algorithm in AsymmetricAlgorithm.allCases where algorithm.modulusBits != nil {
            pairs[algorithm] = try? .generate(algorithm)
        }
        return pairs
    }()

    static func pair(_ algorithm: AsymmetricAlgorithm) throws -> PrivateKey { try #require(pairs[algorithm]) }
}
