import Certificates
import Primitives
import TestAids
import Testing

@Suite struct SigningRequestTests {
    @Test(
        "OpenSSL accepts a request without a template, for every kind of key", arguments: AsymmetricAlgorithm.allCases)
    func requestWithoutTemplate(_ algorithm: AsymmetricAlgorithm) throws {
        let openssl = try OpenSSLCommand()
        let text = try request(TestKeys.pair(algorithm))
        try openssl.write(text, to: "own.csr")
        let shown = try openssl.run("req -verify -in own.csr -noout -text -subject -config none.cnf")
        #expect(shown.contains("verify OK"))
        #expect(shown.contains("Signature Algorithm: \(signatureName(algorithm))\n"))
        #expect(shown.contains("Subject: \n"))
        #expect(
            try openssl.run("req -in own.csr -noout -pubkey -config none.cnf") == TestKeys.pair(algorithm).publicPEM)
        #expect(text.hasPrefix("-----BEGIN CERTIFICATE REQUEST-----\n"))
        #expect(text.hasSuffix("\n-----END CERTIFICATE REQUEST-----\n"))
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
    }

    @Test("Subject, names and extensions of a template are kept, key and signature are not")
    func templateIsKept() throws {
        let openssl = try OpenSSLCommand()
        try openssl.write(
            """
            [req]
            distinguished_name = name
            attributes = more
            string_mask = utf8only
            prompt = no
            utf8 = yes
            [name]
            C = CH
            O = Sträng & Co
            0.CN = one.example
            1.CN = two.example
            [more]
            challengePassword = a secret of two

            """, to: "attributes.cnf")
        let template = try openssl.template(
            key: "rsa:2048", subject: nil,
            [
                "subjectAltName=DNS:one.example,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org,URI:urn:x:y",
                "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth", "1.2.3.4=ASN1:NULL",
            ], config: "attributes.cnf")
        for algorithm in AsymmetricAlgorithm.allCases {
            let text = try request(TestKeys.pair(algorithm), template: template)
            try openssl.write(text, to: "own.csr")
            let shown = try openssl.run("req -verify -in own.csr -noout -text -config none.cnf")
            let original = try openssl.run("req -in template.csr -noout -text -config none.cnf")
            #expect(shown.contains("verify OK"))
            #expect(try section(shown) == section(original))
            #expect(shown.contains("DNS:one.example") && shown.contains("1.2.3.4"))
            #expect(shown.contains("challengePassword") && shown.contains("a secret of two"))
            let subject = "-noout -subject -nameopt RFC2253 -config none.cnf"
            let shownSubject = try openssl.run("req -in own.csr \(subject)")
            #expect(shownSubject.hasPrefix("subject=CN=two.example,CN=one.example,O=Str"))
            #expect(try openssl.run("req -in template.csr \(subject)") == shownSubject)
            #expect(
                try openssl.run("req -in own.csr -noout -pubkey -config none.cnf")
                    == TestKeys.pair(algorithm).publicPEM)
            // Who makes a request of a request gets the same but for the signature, which Ed25519 repeats.
            guard algorithm == .ed25519 else { continue }
            #expect(try request(TestKeys.pair(algorithm), template: text) == text)
        }
    }

    @Test(
        "A template's own key may be one that we do not have",
        arguments: ["rsa:1024", "ed448", "ec -pkeyopt ec_paramgen_curve:secp256k1", "rsa-pss"])
    func templateKeys(_ kind: String) throws {
        let openssl = try OpenSSLCommand()
        let template = try openssl.template(key: kind, subject: "/CN=kept")
        try openssl.write(request(TestKeys.pair(.ecdsaP256), template: template), to: "own.csr")
        let shown = try openssl.run("req -verify -in own.csr -noout -text -config none.cnf")
        #expect(shown.contains("verify OK") && shown.contains("CN = kept"))
    }

    @Test("A template may have text around it, CRLF, headers, and Microsoft's label")
    func templateForms() throws {
        let key = try TestKeys.pair(.ed25519)
        let template = try OpenSSLCommand().template(key: "ed25519", subject: "/CN=kept")
        let expected = try request(key, template: template)
        let forms = [
            "words\n-----BEGIN-----\n" + template + "more",
            template.replacing("\n", with: "\r\n"),
            template.replacing("CERTIFICATE REQUEST", with: "NEW CERTIFICATE REQUEST"),
            template.replacing("REQUEST-----\nM", with: "REQUEST-----\nComment: x\n\nM"),
            block("OTHER", [1, 2, 3]) + template,
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n" + template,
            "-----BEGIN CERTIFICATE REQUEST-----\n!\n-----END CERTIFICATE REQUEST-----\n" + template,
        ]
        for form in forms { #expect(try request(key, template: form) == expected) }
    }

    @Test("What is no template is told apart")
    func badTemplates() throws {
        let key = try TestKeys.pair(.ed25519)
        func fault(_ template: String) -> CertificateError? { failure { _ = try request(key, template: template) } }
        func fault(_ der: [UInt8]) -> CertificateError? { fault(block("CERTIFICATE REQUEST", der)) }
        let good = try der(
            OpenSSLCommand().template(key: "ed25519", subject: "/CN=kept", ["subjectAltName=IP:192.0.2.1"]))
        #expect(fault(good) == nil)
        #expect(fault("") == .requestNotPEM)
        #expect(fault("MIIB") == .requestNotPEM)
        #expect(fault(block("PRIVATE KEY", good)) == .requestNotPEM)
        #expect(fault("-----BEGIN CERTIFICATE REQUEST-----\n*\n-----END CERTIFICATE REQUEST-----") == .requestNotPEM)
        #expect(fault("-----BEGIN CERTIFICATE REQUEST-----\nAAAA") == .requestNotPEM)
        #expect(fault(String(repeating: "\n", count: SigningRequest.templateLimit + 1)) == .requestTooLarge)
        #expect(fault([UInt8]()) == .requestMalformed(.encoding))
        #expect(fault(good + [0]) == .requestMalformed(.encoding))
        #expect(fault(Array(good.dropLast())) == .requestMalformed(.encoding))
        #expect(fault([0x05, 0x00]) == .requestMalformed(.frame))
        #expect(fault(Nested.sequences(49)) == .requestMalformed(.algorithm))
        #expect(fault(Nested.sequences(51)) == .requestMalformed(.encoding))
        #expect(fault(Nested.sequences(10_000)) == .requestMalformed(.encoding))
        var version = good
        version[try #require(good.firstRange(of: [0x02, 0x01, 0x00])).lowerBound + 2] = 1
        #expect(fault(version) == .requestMalformed(.version))
        // The address loses its tag, then the object identifier of the common name becomes a number.
        var address = good
        address[try #require(good.firstRange(of: [0x87, 0x04, 192, 0, 2, 1])).lowerBound] = 0x8A
        #expect(fault(address) == .requestMalformed(.alternativeNames))
        var name = good
        name[try #require(good.firstRange(of: [0x06, 0x03, 0x55, 0x04, 0x03])).lowerBound] = 0x02
        #expect(fault(name) == .requestMalformed(.subject))
    }

    @Test("Mutated templates are refused or taken over, and take no time", arguments: Seeds.all)
    func mutatedTemplates(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let key = try TestKeys.pair(.ed25519)
        let good = try der(
            OpenSSLCommand().template(
                key: "ed25519", subject: "/CN=kept", ["subjectAltName=DNS:a.example", "basicConstraints=CA:FALSE"]))
        var taken = 0
        for _ in 0..<2000 {
            let template = block("CERTIFICATE REQUEST", generator.mutated(good))
            guard let text = try? request(key, template: template) else { continue }
            taken += 1
            #expect(try request(key, template: text) == text)
        }
        #expect(taken > 0 && taken < 2000)
    }

    private func signatureName(_ algorithm: AsymmetricAlgorithm) -> String {
        switch algorithm {
        case .ecdsaP256: "ecdsa-with-SHA256"
        case .ecdsaP384: "ecdsa-with-SHA384"
        case .ecdsaP521: "ecdsa-with-SHA512"
        case .ed25519: "ED25519"
        case .rsa2048, .rsa3072, .rsa4096: "sha256WithRSAEncryption"
        }
    }

    // The attributes, as OpenSSL shows them.
    private func section(_ text: String) throws -> Substring {
        let start = try #require(text.firstRange(of: "Attributes:")).lowerBound
        let end = try #require(text[start...].firstRange(of: "Signature Algorithm")).lowerBound
        return text[start..<end]
    }
}
