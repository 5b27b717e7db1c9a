import Bytes
import COpenSSL
import Dispatch
import Primitives
import Synchronization
import Testing

@Suite("AEAD vectors")
struct AEADVectorTests {
    static let algorithms: [String: AEADAlgorithm] = [
        "aes128-gcm": .aes128GCM, "aes256-gcm": .aes256GCM, "chacha20-poly1305": .chacha20Poly1305,
        "xchacha20-poly1305": .xchacha20Poly1305, "aes256-gcm-siv": .aes256GCMSIV, "xaes256-gcm": .xaes256GCM,
    ]

    @Test("Every published case seals to the bytes printed, opens, and is refused when it is meant to be")
    func everyCase() throws {
        let files = try VectorFile.all(kind: "aead")
        #expect(Set(files.map(\.algorithm)) == Set(Self.algorithms.keys))
        for file in files {
            #expect(!file.cases.isEmpty)
            for item in file.cases { try Self.check(item, of: file.algorithm) }
        }
    }

    @Test("Every published case holds on four threads at once")
    func everyCaseOnThreads() throws {
        let files = try VectorFile.all(kind: "aead")
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for file in files {
                for item in file.cases {
                    do {
                        try Self.check(item, of: file.algorithm)
                    } catch {
                        failures.withLock { $0.append("\(file.algorithm) \(item.id): \(error)") }
                    }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }

    private static func check(_ item: VectorCase, of name: String) throws {
        let algorithm = try #require(algorithms[name])
        let (key, nonce, aad) = (try bytes(item.key), try bytes(item.nonce), try bytes(item.aad))
        let sealed = try nonce + bytes(item.ciphertext) + bytes(item.tag)
        for shape in Shape.allCases {
            let cipher = try Cipher(algorithm, shape, key: key)
            let opened = cipher.open(sealed, aad: aad)
            guard item.valid == true else {
                #expect(opened.result == .failure(.authenticationFailed), "\(name) \(item.id) \(shape)")
                #expect(opened.output.allSatisfy { $0 == 0 }, "\(name) \(item.id) \(shape)")
                continue
            }
            let plaintext = try bytes(item.plaintext)
            #expect(try cipher.seal(plaintext, nonce: nonce, aad: aad) == sealed, "\(name) \(item.id) \(shape)")
            #expect(opened.result == .success(plaintext), "\(name) \(item.id) \(shape)")
        }
    }

    @Test("XAES-256-GCM meets the hash over ten thousand random cases")
    func accumulated() throws {
        for file in try VectorFile.all(kind: "aead-accumulated") {
            let algorithm = try #require(Self.algorithms[file.algorithm])
            for item in file.cases {
                let count = try #require(item.iterations)
                // At most 568 bytes are read per case.
                let stream = Self.shake128([], count: count * 568)
                var at = 0
                func take(_ length: Int) -> [UInt8] {
                    defer { at += length }
                    return Array(stream[at..<(at + length)])
                }
                var results: [UInt8] = []
                for _ in 0..<count {
                    let (key, nonce) = (take(32), take(algorithm.nonceLength))
                    let plaintext = take(Int(take(1)[0]))
                    let aad = take(Int(take(1)[0]))
                    let cipher = try Cipher(algorithm, .kept, key: key)
                    let sealed = try cipher.seal(plaintext, nonce: nonce, aad: aad)
                    guard cipher.open(sealed, aad: aad).result == .success(plaintext) else {
                        Issue.record("a case does not open")
                        return
                    }
                    results += sealed.dropFirst(algorithm.nonceLength)
                }
                #expect(Self.shake128(results, count: 32) == (try bytes(item.digest)))
            }
        }
    }

    private static func shake128(_ message: [UInt8], count: Int) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: count)
        EVP_DigestInit_ex(context, EVP_shake128(), nil)
        EVP_DigestUpdate(context, message, message.count)
        EVP_DigestFinalXOF(context, &output, count)
        return output
    }

    @Test("HChaCha20 derives the subkey of the draft")
    func subkeys() throws {
        let files = try VectorFile.all(kind: "hchacha20")
        #expect(!files.isEmpty)
        for item in files.flatMap(\.cases) {
            var subkey = [UInt8](repeating: 0, count: 32)
            try withView(try bytes(item.key)) { key in
                try withView(try bytes(item.nonce)) { try HChaCha20.subkey(key: key, nonce: $0, into: &subkey) }
            }
            #expect(subkey == (try bytes(item.subkey)))
        }
    }
}
