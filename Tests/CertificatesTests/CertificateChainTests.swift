import Certificates
import Primitives
import TestAids
import Testing

@Suite struct CertificateChainTests {
    @Test(
        "A chain of leaf, intermediate and root is taken, for every kind of key",
        arguments: AsymmetricAlgorithm.allCases)
    func wholeChain(_ algorithm: AsymmetricAlgorithm) throws {
        let openssl = try Authority().openssl
        let key = try TestKeys.pair(algorithm)
        try openssl.issue(request(key), as: "leaf", by: "between", "subjectAltName=DNS:leaf.example\n")
        let (leaf, between, root) = try (
            openssl.read("leaf.pem"), openssl.read("between.pem"), openssl.read("root.pem")
        )
        for text in [leaf, leaf + between, leaf + between + root, leaf + root] {
            let chain = try chain(text)
            try chain.check(matches: key.publicKey)
            #expect(chain.pem + "\n" == text)
            try CertificateChain(trusted: chain.certificates).check(matches: key.publicKey)
        }
        let other = try PrivateKey.generate(algorithm.modulusBits == nil ? algorithm : .rsa2048)
        #expect(failure { try chain(leaf + root).check(matches: other.publicKey) } == .leafKeyMismatch)
    }

    @Test("Wrong orders are refused, each with its own word")
    func wrongOrders() throws {
        let openssl = try Authority().openssl
        let key = try TestKeys.pair(.ecdsaP256)
        try openssl.issue(request(key), as: "leaf", by: "between", "basicConstraints=CA:FALSE\n")
        let (leaf, between, root) = try (
            openssl.read("leaf.pem"), openssl.read("between.pem"), openssl.read("root.pem")
        )
        func fault(_ text: String) throws -> CertificateError? {
            let chain = try chain(text)
            let whole = failure { try chain.check(matches: key.publicKey) }
            #expect(failure { try chain.checkShape() } == whole)
            return whole
        }
        #expect(try fault(root) == .firstIsNotLeaf)
        #expect(try fault(root + between + leaf) == .firstIsNotLeaf)
        #expect(try fault(between + leaf) == .firstIsNotLeaf)
        #expect(try fault(leaf + leaf) == .lastIsNotCA)
        #expect(try fault(leaf + root + leaf) == .lastIsNotCA)
        #expect(try fault(leaf + leaf + root) == .severalLeaves)
        #expect(try fault(leaf + between + leaf + root) == .severalLeaves)
        // Who issued whom is not judged.
        #expect(try fault(leaf + root + between) == nil)
    }

    @Test(
        "A leaf with a key of another kind is told apart from one with another key",
        arguments: [
            ("rsa:2048", "RSA"), ("rsa:1024", "RSA"), ("ed25519", "Ed25519"), ("ed448", "0"), ("rsa-pss", "0"),
            ("ec -pkeyopt ec_paramgen_curve:P-384", "ECDSA"), ("ec -pkeyopt ec_paramgen_curve:secp256k1", "ECDSA"),
        ])
    func otherKeys(_ kind: String, _ name: String) throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        try openssl.issue(openssl.template(key: kind, subject: "/CN=leaf"), as: "leaf", by: "root", "")
        let chain = try chain(openssl.read("leaf.pem"))
        for algorithm in [AsymmetricAlgorithm.rsa2048, .ecdsaP256, .ed25519] {
            let ownName = [.rsa2048: "RSA", .ecdsaP256: "ECDSA", .ed25519: "Ed25519"][algorithm]
            let fault = failure { try chain.check(matches: TestKeys.pair(algorithm).publicKey) }
            #expect(fault == (ownName == name ? .leafKeyMismatch : .leafAlgorithmMismatch(leaf: name)))
        }
    }

    @Test("A root may have a key of a kind that we do not have", arguments: ["rsa:1024", "ed448", "rsa-pss"])
    func foreignRoots(_ kind: String) throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root", key: kind)
        let key = try TestKeys.pair(.ed25519)
        try openssl.issue(request(key), as: "leaf", by: "root", "")
        try chain(openssl.read("leaf.pem") + openssl.read("root.pem")).check(matches: key.publicKey)
    }

    @Test("A leaf of version 1 is a leaf")
    func versionOne() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let key = try TestKeys.pair(.ed25519)
        try openssl.write(request(key), to: "leaf.csr")
        try openssl.run("x509 -req -days 2 -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -out leaf.pem")
        #expect(try openssl.run("x509 -in leaf.pem -noout -text").contains("Version: 1"))
        try chain(openssl.read("leaf.pem")).check(matches: key.publicKey)
    }

    @Test("Blocks of other kinds are skipped, and what is no block is refused")
    func texts() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let root = try openssl.read("root.pem")
        let key = try openssl.read("root.key")
        for text in [
            key + root, root + key, root + "\n \r\n", root.replacing("CERTIFICATE", with: "X509 CERTIFICATE"),
            "words\n" + root, root.replacing("\n", with: "\r\n"), String(root.dropLast()),
            try openssl.run("x509 -in root.pem -text"),
        ] {
            #expect(try chain(text).pem + "\n" == root)
        }
        #expect(failure { _ = try chain("") } == .chainNoCertificate)
        #expect(failure { _ = try chain(" \n") } == .chainNoCertificate)
        #expect(failure { _ = try chain(key) } == .chainNoCertificate)
        #expect(failure { _ = try chain("words") } == .chainNoPEMBlock)
        #expect(failure { _ = try chain(root + "words") } == .chainNoPEMBlock)
        #expect(failure { _ = try chain(root + root.dropLast(6)) } == .chainNoPEMBlock)
        #expect(failure { _ = try chain(root.replacing("END CERTIFICATE", with: "END OTHER")) } == .chainNoPEMBlock)
        #expect(failure { _ = try chain(root + block("CERTIFICATE", [0x30])) } == .chainMalformed(.encoding))
        #expect(failure { _ = try chain(root + block("CERTIFICATE", [0x30, 0])) } == .chainMalformed(.frame))
    }

    @Test("Length of text and chain are limited")
    func limits() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let root = try openssl.read("root.pem")
        let most = String(repeating: root, count: CertificateChain.lengthLimit)
        #expect(try chain(most).certificates.count == CertificateChain.lengthLimit)
        #expect(failure { _ = try chain(most + root) } == .chainTooLong)
        let room = CertificateChain.textLimit - root.utf8.count
        #expect(try chain(root + String(repeating: "\n", count: room)).certificates.count == 1)
        #expect(failure { _ = try chain(root + String(repeating: "\n", count: room + 1)) } == .chainTooLarge)
        #expect(failure { try CertificateChain(trusted: []).checkShape() } == .chainNoCertificate)
    }

    @Test("Parts out of form are named")
    func malformedParts() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let good = try der(openssl.read("root.pem"))
        func fault(_ original: [UInt8], _ offset: Int, _ byte: UInt8) throws -> CertificateError? {
            var changed = good
            changed[try #require(good.firstRange(of: original)).lowerBound + offset] = byte
            return failure { _ = try chain(block("CERTIFICATE", changed)) }
        }
        #expect(try fault([0xA0, 0x03, 0x02, 0x01, 0x02], 4, 3) == .chainMalformed(.version))
        #expect(try fault([0xA0, 0x03, 0x02, 0x01, 0x02], 4, 1) == .chainMalformed(.version))
        #expect(try fault([0x17, 0x0D], 2, UInt8(ascii: "x")) == .chainMalformed(.validity))
        #expect(try fault([0x06, 0x03, 0x55, 0x04, 0x03], 0, 0x02) == .chainMalformed(.issuer))
        #expect(try fault([0x06, 0x03, 0x55, 0x1D, 0x13], 0, 0x02) == .chainMalformed(.extensions))
        #expect(try fault([0x30, 0x03, 0x01, 0x01, 0xFF], 4, 0x01) == .chainMalformed(.basicConstraints))
        #expect(
            try fault([0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02], 11, 3)
                == .chainMalformed(.algorithm))
    }
}

/// A root and an authority between it and the leaves: `root` and `between`.
struct Authority {
    let openssl: OpenSSLCommand

    init() throws {
        openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        try openssl.makeIntermediate("between", by: "root")
    }
}
