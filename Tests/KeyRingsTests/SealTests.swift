import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Sealing and opening")
struct SealTests {
    private static let shapes: [(derived: Bool, convergent: Bool)] = [(false, false), (true, false), (true, true)]

    @Test(
        "What is sealed opens again, for every type and shape, with and without associated data",
        arguments: KeyType.ciphers)
    func roundTrip(_ type: KeyType) throws {
        var random = SeededGenerator(seed: 5)
        for (derived, convergent) in Self.shapes {
            let ring = try ring(type, derived: derived, convergent: convergent)
            let context = derived ? Array("abc".utf8) : []
            for length in [0, 1, 15, 16, 17, 1000, 70_000] {
                let plaintext = random.bytes(length)
                for data in [nil, [], Array("aad".utf8)] as [[UInt8]?] {
                    let text = try ring.sealed(plaintext, context: context, data: data)
                    #expect(text.hasPrefix("vault:v1:"))
                    let again = try ring.opened(text, context: context, data: data)
                    #expect(again == plaintext)
                }
            }
        }
    }

    @Test("A run seals each message, and appends nothing for what is no base64", arguments: KeyType.ciphers)
    func run(_ type: KeyType) throws {
        var random = SeededGenerator(seed: 6)
        let ring = try KeyRingsTests.ring(type)
        var made = SealingRun(ring.latest, settings: ring.settings, head: "<", tail: ">")
        for length in [0, 1, 15, 16, 17, 32, 1000, 70_000, 3] {
            let plaintext = random.bytes(length)
            var output = ByteWriter()
            let isDone = withView(ReferenceBase64.encode(plaintext)) { made?.append($0, to: &output) }
            #expect(isDone == true)
            let text = output.view.string
            #expect(text.hasPrefix("<vault:v1:") && text.hasSuffix(">"))
            #expect(try ring.opened(String(text.dropFirst().dropLast())) == plaintext)
            for broken in ["!", "YQ=", "YQ==YQ==", "YWJj!AAA"] {
                #expect(withView(broken) { made?.append($0, to: &output) } == false)
            }
            #expect(output.view.string == text)
        }
        let derived = try KeyRingsTests.ring(type, derived: true)
        let isMade = SealingRun(derived.latest, settings: derived.settings, head: "", tail: "") != nil
        #expect(!isMade)
    }

    @Test("A run opens what the newest version sealed, and nothing altered, foreign or old", arguments: KeyType.ciphers)
    func openingRun(_ type: KeyType) throws {
        var random = SeededGenerator(seed: 7)
        let old = try KeyRingsTests.ring(type)
        let oldText = try old.sealed([1, 2, 3])
        let ring = try old.rotated(now: Moment(seconds: 1))
        var made = OpeningRun(ring, head: "<", tail: ">")
        var output = ByteWriter()
        func isOpened(_ text: String) -> Bool { withView(text) { made?.append($0, to: &output) } ?? false }
        for length in [0, 1, 15, 16, 17, 32, 1000, 70_000, 3] {
            let plaintext = random.bytes(length)
            let text = try ring.sealed(plaintext)
            output.truncate(to: 0)
            #expect(text.hasPrefix("vault:v2:") && isOpened(text))
            let wanted = "<" + ReferenceBase64.encode(plaintext) + ">"
            #expect(output.view.string == wanted)
            guard case .bytes(let payload) = ReferenceBase64.decode(Array(text.utf8.dropFirst(9))) else {
                Issue.record("the payload is no base64")
                return
            }
            for bit in length > 100 ? [0, 100, payload.count * 8 - 1] : Array(0..<payload.count * 8) {
                var changed = payload
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!isOpened("vault:v2:" + ReferenceBase64.encode(changed)))
            }
            #expect(output.view.string == wanted)
            // Nothing of a failure is left: the next one opens.
            #expect(isOpened(text))
        }
        output.truncate(to: 0)
        let payload = try ring.sealed([9]).dropFirst(9)
        for prefix in ["vault:v1:", "vault:v3:", "vault:v02:", "vault:v0:", "Vault:v2:", "xault:v2:", "v2:", ""] {
            #expect(!isOpened(prefix + payload))
        }
        for text in [
            oldText, "", "vault:v2:", "vault:v2", "vault:v2:AAAA", "vault:v2:!", try ring.sealed([1], data: [1]),
        ] { #expect(!isOpened(text)) }
        #expect(output.view.isEmpty)
    }

    @Test("A ring with its own version text has it in its run")
    func templatedRun() throws {
        var settings = KeySettings(type: .aes256GCM96)
        settings.versionTemplate = "odd{{version}}."
        let ring = try ring(settings, key: [UInt8](repeating: 7, count: 32))
        let text = try ring.sealed([1, 2, 3])
        #expect(text.hasPrefix("odd1."))
        var made = OpeningRun(ring, head: "", tail: "")
        var output = ByteWriter()
        #expect(withView("vault:v1:" + text.dropFirst(5)) { made?.append($0, to: &output) } == false)
        #expect(withView(text) { made?.append($0, to: &output) } == true)
        #expect(output.view.string == "AQID")
    }

    @Test("Where the newest version may not open, there is no run")
    func noOpeningRun() throws {
        func isThere(_ ring: KeyRing) -> Bool { OpeningRun(ring, head: "", tail: "") != nil }
        let ring = try ring(.aes256GCM96)
        #expect(isThere(ring))
        #expect(!isThere(try KeyRingsTests.ring(.aes256GCM96, derived: true)))
        #expect(!isThere(try KeyRingsTests.ring(.hmac)))
        var settings = ring.settings
        settings.disabledVersions = [1]
        #expect(!isThere(try ring.with(settings)))
        settings = ring.settings
        settings.minDecryptionVersion = 2
        #expect(!isThere(try ring.with(settings)))
        settings = ring.settings
        settings.isSoftDeleted = true
        #expect(!isThere(try ring.with(settings)))
    }

    @Test("Nonces of a run do not repeat")
    func runNonces() throws {
        let ring = try ring(.aes256GCM96)
        var made = SealingRun(ring.latest, settings: ring.settings, head: "", tail: "")
        var seen: Set<String> = []
        for _ in 0..<10_000 {
            var output = ByteWriter()
            _ = withView("") { made?.append($0, to: &output) }
            seen.insert(String(output.view.string.prefix(25)))
        }
        #expect(seen.count == 10_000)
    }

    @Test(
        "Every flipped bit of a ciphertext, another context or other associated data fails the tag",
        arguments: KeyType.ciphers)
    func tampering(_ type: KeyType) throws {
        for (derived, convergent) in Self.shapes {
            let ring = try ring(type, derived: derived, convergent: convergent)
            let context = derived ? Array("abc".utf8) : []
            let text = try ring.sealed(Array("hello".utf8), context: context, data: [1])
            guard case .bytes(let payload) = ReferenceBase64.decode(Array(text.utf8.dropFirst(9))) else {
                Issue.record("the payload is no base64")
                return
            }
            for bit in 0..<payload.count * 8 {
                var changed = payload
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: KeyRingError.authenticationFailed(type)) {
                    try ring.opened("vault:v1:" + ReferenceBase64.encode(changed), context: context, data: [1])
                }
            }
            for data in [nil, [], [2], [1, 0]] as [[UInt8]?] {
                #expect(throws: KeyRingError.authenticationFailed(type)) {
                    try ring.opened(text, context: context, data: data)
                }
            }
            guard derived else { continue }
            #expect(throws: KeyRingError.authenticationFailed(type)) {
                try ring.opened(text, context: [1], data: [1])
            }
        }
    }

    @Test("Every truncation of a ciphertext is refused", arguments: KeyType.ciphers)
    func truncation(_ type: KeyType) throws {
        let ring = try ring(type)
        let text = try ring.sealed(Array("hello world".utf8))
        for length in 0..<text.utf8.count {
            #expect(throws: KeyRingError.self) { try ring.opened(String(text.prefix(length))) }
        }
        for length in 0..<(type.cipher?.nonceLength ?? 0) {
            let short = ReferenceBase64.encode([UInt8](repeating: 0, count: length))
            #expect(throws: KeyRingError.ciphertextLength) { try ring.opened("vault:v1:" + short) }
        }
        let noTag = ReferenceBase64.encode([UInt8](repeating: 0, count: (type.cipher?.nonceLength ?? 0) + 15))
        #expect(throws: KeyRingError.authenticationFailed(type)) { try ring.opened("vault:v1:" + noTag) }
    }

    @Test("A ciphertext of another key fails the tag, and one of another version opens with its own")
    func otherKeys() throws {
        let (left, right) = (try ring(.aes256GCM96), try ring(.aes256GCM96, key: [UInt8](repeating: 9, count: 32)))
        let text = try left.sealed([1, 2, 3])
        #expect(throws: KeyRingError.authenticationFailed(.aes256GCM96)) { try right.opened(text) }
        let rotated = try left.rotated(now: Moment(seconds: 2))
        #expect(try rotated.opened(text) == [1, 2, 3])
        let newer = try rotated.sealed([4])
        #expect(newer.hasPrefix("vault:v2:"))
        #expect(try rotated.opened(newer) == [4])
        #expect(throws: KeyRingError.authenticationFailed(.aes256GCM96)) {
            try rotated.opened(newer.replacing("vault:v2:", with: "vault:v1:"))
        }
    }

    @Test("A derived ring without a context refuses to seal and to open")
    func missingContext() throws {
        let ring = try ring(.aes256GCM96, derived: true)
        let text = try ring.sealed([1], context: [7])
        #expect(throws: KeyRingError.missingContext) { try ring.sealed([1]) }
        #expect(throws: KeyRingError.missingContext) { try ring.opened(text) }
    }

    @Test("Checks come in the wire's order: prefix, version, base64, context, length, tag")
    func order() throws {
        let ring = try ring(.aes256GCM96, derived: true)
        let cases: [(String, [UInt8], KeyRingError)] = [
            ("vault:v9:!!", [], .versionTooNew), ("vault:v-1:!!", [], .versionTooOld),
            ("vault:v1:!!", [], .ciphertextBase64),
            ("vault:v1:AAAA", [], .missingContext), ("vault:v1:AAAA", [1], .ciphertextLength),
            (
                "vault:v1:" + ReferenceBase64.encode([UInt8](repeating: 0, count: 30)), [1],
                .authenticationFailed(.aes256GCM96)
            ),
        ]
        for (text, context, error) in cases {
            #expect(throws: error, "\(text)") { try ring.opened(text, context: context) }
        }
    }

    @Test("Random nonces make every ciphertext of one message different")
    func randomNonces() throws {
        for type in KeyType.ciphers {
            let ring = try ring(type)
            let texts = try (0..<100).map { _ in try ring.sealed([1, 2, 3]) }
            let nonces = Set(texts.map { $0.dropFirst(9).prefix(16) })
            #expect(nonces.count == 100)
        }
    }

    @Test("Convergent sealing repeats itself for equal message and context, and only then", arguments: KeyType.ciphers)
    func convergence(_ type: KeyType) throws {
        let ring = try ring(type, derived: true, convergent: true)
        let first = try ring.sealed([1, 2, 3], context: [1])
        #expect(try ring.sealed([1, 2, 3], context: [1]) == first)
        #expect(try ring.sealed([1, 2, 4], context: [1]) != first)
        #expect(try ring.sealed([1, 2, 3], context: [2]) != first)
        let other = try KeyRingsTests.ring(
            type, derived: true, convergent: true, key: [UInt8](repeating: 9, count: type.keyLength))
        #expect(try other.sealed([1, 2, 3], context: [1]) != first)
    }

    @Test(
        "Associated data changes a convergent nonce, so that no nonce ever serves two messages",
        arguments: KeyType.ciphers)
    func convergentData(_ type: KeyType) throws {
        let ring = try ring(type, derived: true, convergent: true)
        var nonces: Set<Substring> = []
        for data in [nil, [1], [2], [1, 2]] as [[UInt8]?] {
            let text = try ring.sealed(Array("hello".utf8), context: [1], data: data)
            #expect(try ring.sealed(Array("hello".utf8), context: [1], data: data) == text)
            #expect(try ring.opened(text, context: [1], data: data) == Array("hello".utf8))
            nonces.insert(text.dropFirst(9).prefix(16))
        }
        #expect(nonces.count == 4)
        let empty = try ring.sealed(Array("hello".utf8), context: [1], data: [])
        #expect(nonces.contains(empty.dropFirst(9).prefix(16)))
    }

    @Test("A key that was derived for one context is not used for the next item's")
    func derivedKeyCache() throws {
        let left = try ring(.aes256GCM96, derived: true)
        var workspace = Workspace()
        var texts: [String] = []
        for context in ["abc", "abc", "abd", "abc"] {
            var output = ByteWriter()
            try withView(ReferenceBase64.encode(Array(context.utf8))) { (view) throws(KeyRingError) in
                try workspace.decodeContext(view)
            }
            try withView("aGVsbG8=") { (view) throws(KeyRingError) in try workspace.decodeMessage(view) }
            try left.latest.appendSealed(
                &workspace, settings: left.settings, isAuthenticatingData: false, to: &output)
            texts.append(output.view.string)
        }
        for (text, context) in zip(texts, ["abc", "abc", "abd", "abc"]) {
            #expect(try left.opened(text, context: Array(context.utf8)) == Array("hello".utf8))
        }
    }

    @Test("Changed ciphertext texts are refused and never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rings = try [
            ring(.aes256GCM96), ring(.xchacha20Poly1305), ring(.aes128GCM96, derived: true, convergent: true),
        ]
        var opened = 0
        for _ in 0..<1500 {
            let ring = random.pick(rings)
            let plaintext = random.bytes(random.int(0...40))
            let text = Array(try ring.sealed(plaintext, context: [1]).utf8)
            let changed = random.mutated(text, alphabet: Array("vault:10A+/=\n".utf8))
            guard let bytes = try? ring.opened(String(decoding: changed, as: UTF8.self), context: [1]) else { continue }
            opened += 1
            // A sign or zeros before the version, line breaks, and bits past the end are all that may change.
            #expect(bytes == plaintext, "\(String(decoding: changed, as: UTF8.self))")
        }
        #expect(opened > 0)
    }
}
