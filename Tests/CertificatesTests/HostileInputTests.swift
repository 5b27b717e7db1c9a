import Bytes
import Certificates
import Foundation
import Primitives
import TestAids
import Testing

/// DER that costs its reader as much as it can.
enum Nested {
    /// Sequences within each other.
    static func sequences(_ count: Int) -> [UInt8] {
        var inside: [UInt8] = []
        for _ in 0..<count {
            let length: [UInt8]
            switch inside.count {
            case ..<0x80: length = [UInt8(inside.count)]
            case ..<0x100: length = [0x81, UInt8(inside.count)]
            default: length = [0x82, UInt8(inside.count >> 8), UInt8(inside.count & 0xFF)]
            }
            // From the inside out, so that nothing moves.
            inside += (length.reversed() + [0x30])
        }
        return inside.reversed()
    }

    /// That many elements in 48 sequences around them.
    static func wide(_ element: [UInt8], bytes: Int) -> [UInt8] {
        var content = Array(repeatElement(element, count: bytes / element.count).joined())
        for _ in 0..<48 { content = [0x30, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content }
        return content
    }
}

@Suite struct HostileInputTests {
    static let texts: [String: String] = [
        "deep": block("CERTIFICATE", Nested.sequences(12_000)),
        "wide": block("CERTIFICATE", Nested.wide([0x05, 0x00], bytes: 47_000)),
        "wide and constructed": block("CERTIFICATE", Nested.wide([0x30, 0x00], bytes: 47_000)),
        "blanks": String(repeating: " ", count: 65_536),
        "lines": String(repeating: "\n", count: 65_536),
        "dashes": String(repeating: "-", count: 65_536),
        "begins": String(repeating: "-----BEGIN CERTIFICATE-----\n", count: 2340),
        "begins in one line": String(repeating: "-----BEGIN -----", count: 4096),
        "empty blocks": String(repeating: "-----BEGIN A-----\n-----END A-----\n", count: 1870),
        "colons": "-----BEGIN A-----\n" + String(repeating: "a:b\n", count: 16_000),
    ]

    @Test("The worst texts are refused in no time", arguments: texts.keys.sorted())
    func worstTexts(_ name: String) throws {
        let text = try #require(Self.texts[name])
        let key = try TestKeys.pair(.ed25519)
        let template = text.replacing("CERTIFICATE", with: "CERTIFICATE REQUEST")
        var (chainFault, requestFault): (CertificateError?, CertificateError?)
        let time = processorTime {
            chainFault = failure { _ = try chain(text) }
            requestFault = failure { _ = try request(key, template: template) }
        }
        #expect(chainFault != nil && requestFault != nil)
        // Without optimisation; with it, a tenth.
        #expect(time < .milliseconds(400), "\(name): \(time)")
    }

    @Test("Sound templates with thousands of parts are taken over in no time")
    func largeTemplates() throws {
        let key = try TestKeys.pair(.ed25519)
        let number = { (index: Int) in [UInt8(index >> 7 | 0x80), UInt8(index & 0x7F)] }
        let names = (0x80..<0x900).flatMap { element(0x31, element(0x30, element(0x06, [0x2A] + number($0)), [5, 0])) }
        let extensions = (0x80..<0x900).flatMap { element(0x30, element(0x06, [0x2A] + number($0)), [4, 0]) }
        let wanted = element(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E])
        let template = element(
            0x30,
            element(
                0x30, [2, 1, 0], element(0x30, names), key.publicKey.subjectPublicKeyInfo,
                element(0xA0, element(0x30, wanted, element(0x31, element(0x30, extensions))))),
            [0x30, 3, 6, 1, 0x2A], [3, 1, 0])
        var text = ""
        let time = try processorTime { text = try request(key, template: block("CERTIFICATE REQUEST", template)) }
        #expect(try der(text).firstRange(of: names) != nil)
        #expect(try der(text).firstRange(of: extensions) != nil)
        #expect(time < .milliseconds(400))
        // The same extension twice.
        let twice = try #require(template.firstRange(of: [0x2A, 0x81, 0x00, 4, 0])).lowerBound + 2
        var changed = template
        changed[twice] = 1
        #expect(
            failure { _ = try request(key, template: block("CERTIFICATE REQUEST", changed)) }
                == .requestMalformed(.extensions))
    }

    @Test("A reader stays within its text", arguments: Seeds.all)
    func boundaries(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 8192)
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let good = Array(try openssl.read("root.pem").utf8)
        memory.withView(good) { #expect((try? CertificateChain(pem: $0)) != nil) }
        for length in 0..<good.count {
            memory.withView(Array(good.prefix(length))) { text in _ = try? CertificateChain(pem: text) }
        }
        for _ in 0..<2000 {
            let alphabet = Array("-----BEGIN CERTIFICATE-----\n\r :=+/AzM0".utf8)
            memory.withView(generator.mutated(good, alphabet: alphabet)) { text in
                guard let chain = try? CertificateChain(pem: text) else { return }
                #expect(chain.certificates.count == 1)
            }
        }
    }

    @Test("Mutated certificates are refused or judged, never trapped on", arguments: Seeds.all)
    func mutatedCertificates(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let key = try TestKeys.pair(.ecdsaP256).publicKey
        let openssl = try OpenSSLCommand()
        try openssl.makeRoot("root")
        let good = try der(openssl.read("root.pem"))
        for _ in 0..<2000 {
            let bytes = generator.mutated(good)
            let refused = failure { _ = try chain(block("CERTIFICATE", bytes)) }
            let judged = failure { try CertificateChain(trusted: [bytes]).check(matches: key) }
            #expect(judged != nil)
            if let refused { #expect(judged == refused) }
        }
    }
}
