/// The parameter sets of ML-DSA on offer, by the number in their name. **Source** FIPS 204 §4.
///
/// ML-DSA-44 is missing because swift-crypto offers no type for it.
package enum MLDSAParameterSet: Int, CaseIterable, Sendable {
    case mlDSA65 = 65
    case mlDSA87 = 87

    /// Length in bytes of the seed from which a pair is made; FIPS 204 calls it ξ.
    package static let seedLength = 32

    /// The longest context string, in bytes.
    package static let contextLimit = 255

    /// The name in the standard.
    package var standardName: String { "ML-DSA-\(rawValue)" }

    /// Length of a public key, in bytes.
    package var publicKeyLength: Int {
        switch self {
        case .mlDSA65: 1952
        case .mlDSA87: 2592
        }
    }

    /// Length of every signature, in bytes.
    package var signatureLength: Int {
        switch self {
        case .mlDSA65: 3309
        case .mlDSA87: 4627
        }
    }

    var identifier: ObjectIdentifier {
        switch self {
        case .mlDSA65: .mlDSA65
        case .mlDSA87: .mlDSA87
        }
    }
}
