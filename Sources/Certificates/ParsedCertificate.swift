internal import Bytes
internal import Primitives
internal import SwiftASN1

/// What is asked of a certificate. Neither its signature nor its dates nor who issued it are judged.
///
/// **Source** RFC 5280 §4.1.
struct ParsedCertificate {
    /// Whether basic constraints make it an authority's.
    let isAuthority: Bool
    /// DER of SubjectPublicKeyInfo.
    let publicKeyInfo: [UInt8]
    private let keyAlgorithm: ArraySlice<UInt8>

    init(_ der: [UInt8]) throws(MalformedPart) {
        var frame = try ASN1Node.root(der).elements(.sequence, or: .frame)
        var members = try frame.required(or: .frame).elements(.sequence, or: .frame)
        let outerAlgorithm = try frame.required(or: .algorithm)
        try outerAlgorithm.algorithm(or: .algorithm)
        try frame.required(or: .signature).checkBitString(or: .signature)
        guard frame.next() == nil else { throw .frame }

        var next = try members.required(or: .frame)
        let version = try Self.version(next)
        if next.identifier == .context(0) { next = try members.required(or: .serialNumber) }
        _ = try next.integer(or: .serialNumber)
        let algorithm = try members.required(or: .algorithm)
        guard algorithm.encodedBytes == outerAlgorithm.encodedBytes else { throw .algorithm }
        try members.required(or: .issuer).checkName(or: .issuer)
        try Self.checkValidity(members.required(or: .validity))
        try members.required(or: .subject).checkName(or: .subject)
        let key = try members.required(or: .publicKey)
        keyAlgorithm = try key.publicKeyAlgorithm()
        publicKeyInfo = Array(key.encodedBytes)
        isAuthority = try Self.isAuthority(&members, version: version)
    }

    /// The kind of key as Go's crypto/x509 calls it, which is what the wire says.
    var keyAlgorithmName: String {
        if keyAlgorithm.elementsEqual(ObjectIdentifierBytes.rsa) { return "RSA" }
        if keyAlgorithm.elementsEqual(ObjectIdentifierBytes.dsa) { return "DSA" }
        if keyAlgorithm.elementsEqual(ObjectIdentifierBytes.ellipticCurve) { return "ECDSA" }
        if keyAlgorithm.elementsEqual(ObjectIdentifierBytes.ed25519) { return "Ed25519" }
        return "0"
    }

    // 1 to 3; the member is left out for 1.
    private static func version(_ node: ASN1Node) throws(MalformedPart) -> UInt8 {
        guard node.identifier == .context(0) else { return 1 }
        var members = try node.elements(.context(0), or: .version)
        let number = try members.required(or: .version).integer(or: .version)
        guard members.next() == nil, number.count == 1, let value = number.first, value <= 2 else { throw .version }
        return value + 1
    }

    private static func checkValidity(_ node: ASN1Node) throws(MalformedPart) {
        var times = try node.elements(.sequence, or: .validity)
        for _ in 0..<2 {
            let time = try times.required(or: .validity)
            do {
                if time.identifier == .utcTime {
                    _ = try UTCTime(derEncoded: time)
                } else {
                    _ = try GeneralizedTime(derEncoded: time)
                }
            } catch {
                throw .validity
            }
        }
        guard times.next() == nil else { throw .validity }
    }

    // The members behind the key: two unique identifiers since version 2, extensions since version 3.
    private static func isAuthority(
        _ members: inout ASN1NodeCollection.Iterator, version: UInt8
    ) throws(MalformedPart) -> Bool {
        var next = members.next()
        for number: UInt in 1...2 {
            guard let node = next, node.identifier == .context(number) else { continue }
            guard version >= 2 else { throw .version }
            next = members.next()
        }
        guard let node = next else { return false }
        guard version == 3 else { throw .version }
        var wrapped = try node.elements(.context(3), or: .extensions)
        let extensions = try Extensions(wrapped.required(or: .extensions))
        guard wrapped.next() == nil, members.next() == nil else { throw .extensions }
        return extensions.isAuthority
    }
}
