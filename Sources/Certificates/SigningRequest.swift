package import Bytes
package import Primitives
internal import SwiftASN1

/// Certificate signing requests. **Source** RFC 2986; the transit wire facts §4.25.
package enum SigningRequest {
    /// The longest template that is looked at at all, in bytes.
    package static let templateLimit = 64 << 10

    /// Makes a request for a key, signed by it, as a PEM block `CERTIFICATE REQUEST` with a last LF.
    ///
    /// Without a template, in PEM, the subject is empty; else subject and attributes, among them the extensions asked
    /// for, are the template's.
    /// **Throws** `.requestTooLarge`, `.requestNotPEM`, `.requestMalformed`, `.signing`.
    /// **Cost** one signature.
    package static func make(template: ByteView?, key: PrivateKey) throws(CertificateError) -> [UInt8] {
        let parts = try template.map { text throws(CertificateError) in try read(text) } ?? .empty
        var info = DER.Serializer()
        info.appendConstructedNode(identifier: .sequence) { info in
            // Version 1, which is written 0.
            info.serializeRawBytes([0x02, 0x01, 0x00])
            info.serializeRawBytes(parts.subject)
            info.serializeRawBytes(key.publicKey.subjectPublicKeyInfo)
            info.serializeRawBytes(parts.attributes)
        }
        let signature: [UInt8]
        do throws(AsymmetricError) {
            signature = try key.certificateSignature(of: info.serializedBytes)
        } catch {
            throw .signing(error)
        }
        var request = DER.Serializer()
        request.appendConstructedNode(identifier: .sequence) { request in
            request.serializeRawBytes(info.serializedBytes)
            request.serializeRawBytes(key.algorithm.certificateSignatureAlgorithm)
            request.appendPrimitiveNode(identifier: .bitString) { bits in
                bits.append(0)
                bits.append(contentsOf: signature)
            }
        }
        var writer = ByteWriter(capacity: 2048)
        request.serializedBytes.lending {
            PEM.append("CERTIFICATE REQUEST", $0, finalNewline: true, into: &writer)
        }
        return writer.view.array
    }

    // The first request of the text; its label has NEW in front when older tools wrote it. **Source** RFC 7468 §7.
    private static func read(_ text: ByteView) throws(CertificateError) -> RequestTemplate {
        guard text.count <= templateLimit else { throw .requestTooLarge }
        var blocks = PEMBlocks(text)
        while let block = blocks.next() {
            guard block.label.equals("CERTIFICATE REQUEST") || block.label.equals("NEW CERTIFICATE REQUEST") else {
                continue
            }
            do throws(MalformedPart) {
                return try RequestTemplate(der: block.der)
            } catch {
                throw .requestMalformed(error)
            }
        }
        throw .requestNotPEM
    }
}

extension AsymmetricAlgorithm {
    /// DER of the AlgorithmIdentifier of `certificateSignature`. **Source** RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3.
    var certificateSignatureAlgorithm: [UInt8] {
        switch self {
        case .ecdsaP256: [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        case .ecdsaP384: [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]
        case .ecdsaP521: [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04]
        case .ed25519: [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
        case .rsa2048, .rsa3072, .rsa4096:
            [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00]
        }
    }
}

extension PrivateKey {
    /// Signs as requests are signed: RSA with PKCS #1 v1.5 over SHA-256, ECDSA over the hash of the curve's strength.
    func certificateSignature(of message: [UInt8]) throws(AsymmetricError) -> [UInt8] {
        switch algorithm {
        case .ecdsaP256: try sign(digestOf: message, .sha2_256, .ecdsa(.asn1))
        case .ecdsaP384: try sign(digestOf: message, .sha2_384, .ecdsa(.asn1))
        case .ecdsaP521: try sign(digestOf: message, .sha2_512, .ecdsa(.asn1))
        case .ed25519: try sign(message, .ed25519)
        case .rsa2048, .rsa3072, .rsa4096: try sign(digestOf: message, .sha2_256, .rsaPKCS1(.sha2_256))
        }
    }

    private func sign(
        digestOf message: [UInt8], _ function: DigestAlgorithm, _ scheme: SignatureScheme
    ) throws(AsymmetricError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: function.length)
        do throws(CryptoError) {
            try message.lending { message throws(CryptoError) in try function.hash(message, into: &digest) }
        } catch {
            throw .library(error)
        }
        return try sign(digest, scheme)
    }

    private func sign(_ input: [UInt8], _ scheme: SignatureScheme) throws(AsymmetricError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: algorithm.signatureRoom)
        let length = try input.lending { input throws(AsymmetricError) in
            try sign(input, scheme, into: &signature)
        }
        return Array(signature.prefix(length))
    }
}
