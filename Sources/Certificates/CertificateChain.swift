package import Bytes
package import Primitives

/// The certificates of a signing key, that of the key itself first.
package struct CertificateChain: Sendable {
    /// The longest text that is looked at at all, in bytes.
    package static let textLimit = 64 << 10
    /// The most certificates of one chain.
    package static let lengthLimit = 16

    /// DER of each certificate, leaf first.
    package let certificates: [[UInt8]]

    /// A chain from PEM: the blocks `CERTIFICATE` and `X509 CERTIFICATE`, whose form is checked; others are skipped.
    ///
    /// **Throws** `.chainTooLarge`, `.chainTooLong`, `.chainNoPEMBlock`, `.chainNoCertificate`, `.chainMalformed`.
    package init(pem: ByteView) throws(CertificateError) {
        guard pem.count <= Self.textLimit else { throw .chainTooLarge }
        var certificates: [[UInt8]] = []
        var blocks = PEMBlocks(pem)
        while !blocks.isAtEnd {
            guard let block = blocks.next() else { throw .chainNoPEMBlock }
            guard block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE") else { continue }
            guard certificates.count < Self.lengthLimit else { throw .chainTooLong }
            _ = try Self.parse(block.der)
            certificates.append(block.der)
        }
        guard !certificates.isEmpty else { throw .chainNoCertificate }
        self.certificates = certificates
    }

    /// A chain that was checked before it was stored.
    package init(trusted der: [[UInt8]]) { certificates = der }

    /// Each certificate as a PEM block, with LF between them and none at the end.
    package var pem: String {
        var writer = ByteWriter(capacity: 2048 * certificates.count)
        for (index, certificate) in certificates.enumerated() {
            if index > 0 { writer.append("\n") }
            certificate.lending { PEM.append("CERTIFICATE", $0, finalNewline: false, into: &writer) }
        }
        return writer.view.string
    }

    /// Checks what can be said without the key: a leaf first, an authority last if there are several, no second leaf.
    ///
    /// Signatures, dates and whether each issued the one before are not judged.
    /// **Throws** `.firstIsNotLeaf`, `.lastIsNotCA`, `.severalLeaves`, in that order; `.chainMalformed` and
    /// `.chainNoCertificate` for what was trusted wrongly.
    package func checkShape() throws(CertificateError) {
        var parsed: [ParsedCertificate] = []
        for certificate in certificates { parsed.append(try Self.parse(certificate)) }
        guard let first = parsed.first, let last = parsed.last else { throw .chainNoCertificate }
        guard !first.isAuthority else { throw .firstIsNotLeaf }
        guard parsed.count == 1 || last.isAuthority else { throw .lastIsNotCA }
        guard parsed.dropFirst().allSatisfy(\.isAuthority) else { throw .severalLeaves }
    }

    /// Checks the shape, and that the leaf is the key's.
    ///
    /// **Throws** as `checkShape`, then `.leafAlgorithmMismatch`, `.leafKeyMismatch`.
    package func check(matches key: PublicKey) throws(CertificateError) {
        try checkShape()
        guard let first = certificates.first else { throw .chainNoCertificate }
        let leaf = try Self.parse(first)
        guard leaf.keyAlgorithmName == key.algorithm.certificateName else {
            throw .leafAlgorithmMismatch(leaf: leaf.keyAlgorithmName)
        }
        let isSame: Bool
        do throws(AsymmetricError) {
            isSame = try leaf.publicKeyInfo.lending { info throws(AsymmetricError) in
                try PublicKey(spki: info).isSame(as: key)
            }
        } catch {
            // A key of a size or curve that nobody here can have, or none at all.
            isSame = false
        }
        guard isSame else { throw .leafKeyMismatch }
    }

    private static func parse(_ der: [UInt8]) throws(CertificateError) -> ParsedCertificate {
        do throws(MalformedPart) { return try ParsedCertificate(der) } catch { throw .chainMalformed(error) }
    }
}

extension AsymmetricAlgorithm {
    /// The kind of key as `ParsedCertificate.keyAlgorithmName` has it.
    fileprivate var certificateName: String {
        switch self {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521: "ECDSA"
        case .ed25519: "Ed25519"
        case .rsa2048, .rsa3072, .rsa4096: "RSA"
        }
    }
}
