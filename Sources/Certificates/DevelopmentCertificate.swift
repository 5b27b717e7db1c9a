internal import Bytes
internal import Glibc
internal import Primitives
internal import SwiftASN1

/// Certificates for a server of development: an authority made for the moment, whose key is forgotten, and a server's
/// certificate by it. **Source** RFC 5280 §4.
package enum DevelopmentCertificate {
    /// Certificates and key in PEM, each with a last LF.
    package struct Files: Sendable {
        /// The authority's certificate, which clients must trust.
        package let caPEM: [UInt8]
        /// The server's certificate.
        package let certificatePEM: [UInt8]
        /// The server's key, as `PRIVATE KEY`.
        package let keyPEM: [UInt8]
    }

    private static let authorityName = "Strongroom development CA"
    private static let clockSkewSeconds = 3600

    /// Makes an authority and a certificate for those names and numeric addresses, both of P-256.
    ///
    /// **Throws** `.signing`; `.noHosts` for no name at all, or one that is no printable ASCII. **Cost** two keys, two
    /// signatures.
    package static func make(
        hosts: [String] = ["localhost", "127.0.0.1", "::1"], nowUnixSeconds: Int, validSeconds: Int = 365 * 86_400
    ) throws(CertificateError) -> Files {
        guard let first = hosts.first, hosts.allSatisfy(isName) else { throw .noHosts }
        do throws(AsymmetricError) {
            let (authority, server) = (try PrivateKey.generate(.ecdsaP256), try PrivateKey.generate(.ecdsaP256))
            let span = (nowUnixSeconds - clockSkewSeconds, nowUnixSeconds + validSeconds)
            let authorityID = try identifier(authority.publicKey)
            let ca = try certificate(
                subject: authorityName, authority.publicKey, span, signer: authority,
                extensions: [
                    node(oid(0x13), isCritical: true, sequence([[0x01, 0x01, 0xFF], [0x02, 0x01, 0x00]])),
                    // keyCertSign, cRLSign
                    node(oid(0x0F), isCritical: true, [0x03, 0x02, 0x01, 0x06]),
                    node(oid(0x0E), wrapped(.octetString, authorityID)),
                ])
            let serverID = try identifier(server.publicKey)
            let leaf = try certificate(
                subject: first, server.publicKey, span, signer: authority,
                extensions: [
                    node(oid(0x13), isCritical: true, sequence([])),
                    // digitalSignature
                    node(oid(0x0F), isCritical: true, [0x03, 0x02, 0x07, 0x80]),
                    // id-kp-serverAuth
                    node(oid(0x25), sequence([[0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]])),
                    node(oid(0x11), sequence(hosts.map(generalName))),
                    node(oid(0x0E), wrapped(.octetString, serverID)),
                    node(oid(0x23), sequence([wrapped(.context(0), authorityID)])),
                ])
            let key = try server.exposingPEM(.pkcs8) { (pem: ByteView) throws(AsymmetricError) in pem.array }
            return Files(caPEM: pem(ca), certificatePEM: pem(leaf), keyPEM: key)
        } catch {
            throw .signing(error)
        }
    }

    // MARK: Certificates

    private static func certificate(
        subject: String, _ key: PublicKey, _ span: (Int, Int), signer: PrivateKey, extensions: [[UInt8]]
    ) throws(AsymmetricError) -> [UInt8] {
        let algorithm = signer.algorithm.certificateSignatureAlgorithm
        let body = sequence([
            // Version 3.
            [0xA0, 0x03, 0x02, 0x01, 0x02],
            try serialNumber(), algorithm, name(authorityName), sequence([time(span.0), time(span.1)]), name(subject),
            key.subjectPublicKeyInfo, constructed(.context(3), [sequence(extensions)]),
        ])
        let signature = try signer.certificateSignature(of: body)
        return sequence([body, algorithm, wrapped(.bitString, [0] + signature)])
    }

    /// 127 bits, of which the first is 1: positive, not zero, and in shortest form.
    private static func serialNumber() throws(AsymmetricError) -> [UInt8] {
        var bytes = try random(16)
        bytes[0] = bytes[0] & 0x7F | 0x40
        return wrapped(.integer, bytes)
    }

    private static func random(_ count: Int) throws(AsymmetricError) -> [UInt8] {
        do throws(CryptoError) { return try RandomSource.secret(count: count).exposing { $0.array } } catch {
            throw .library(error)
        }
    }

    /// 160 bits of a hash of the key. **Source** RFC 7093 §2, method 4.
    private static func identifier(_ key: PublicKey) throws(AsymmetricError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: DigestAlgorithm.sha2_256.length)
        do throws(CryptoError) {
            try key.subjectPublicKeyInfo.lending { info throws(CryptoError) in
                try DigestAlgorithm.sha2_256.hash(info, into: &digest)
            }
        } catch {
            throw .library(error)
        }
        return Array(digest.prefix(20))
    }

    // MARK: Parts

    private static func oid(_ last: UInt8) -> [UInt8] { [0x06, 0x03, 0x55, 0x1D, last] }

    private static func node(_ oid: [UInt8], isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
        sequence([oid] + (isCritical ? [[0x01, 0x01, 0xFF]] : []) + [wrapped(.octetString, value)])
    }

    /// One attribute, 2.5.4.3, as UTF-8.
    private static func name(_ common: String) -> [UInt8] {
        let pair = sequence([[0x06, 0x03, 0x55, 0x04, 0x03], wrapped(.utf8String, Array(common.utf8))])
        return sequence([constructed(.set, [pair])])
    }

    private static func generalName(_ host: String) -> [UInt8] {
        var v6 = in6_addr()
        if inet_pton(AF_INET6, host, &v6) == 1 { return wrapped(.context(7), withUnsafeBytes(of: v6) { Array($0) }) }
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 { return wrapped(.context(7), withUnsafeBytes(of: v4) { Array($0) }) }
        return wrapped(.context(2), Array(host.utf8))
    }

    /// UTCTime up to 2049, GeneralizedTime from then on. **Source** RFC 5280 §4.1.2.5.
    private static func time(_ unixSeconds: Int) -> [UInt8] {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let year = Int(parts.tm_year) + 1900
        let isShort = 1950..<2050 ~= year
        let numbers =
            [isShort ? year % 100 : year] + [
                Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec),
            ]
        let text = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined() + "Z"
        return wrapped(isShort ? .utcTime : .generalizedTime, Array(text.utf8))
    }

    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 253 && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func sequence(_ elements: [[UInt8]]) -> [UInt8] { constructed(.sequence, elements) }

    private static func constructed(_ tag: ASN1Identifier, _ elements: [[UInt8]]) -> [UInt8] {
        var serializer = DER.Serializer()
        serializer.appendConstructedNode(identifier: tag) { inner in
            for element in elements { inner.serializeRawBytes(element) }
        }
        return serializer.serializedBytes
    }

    private static func wrapped(_ tag: ASN1Identifier, _ content: [UInt8]) -> [UInt8] {
        var serializer = DER.Serializer()
        serializer.appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: content) }
        return serializer.serializedBytes
    }

    private static func pem(_ der: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 2048)
        der.lending { PEM.append("CERTIFICATE", $0, finalNewline: true, into: &writer) }
        return writer.view.array
    }
}
