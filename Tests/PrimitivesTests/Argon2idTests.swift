import Bytes
import Primitives
import Testing

/// **Source** RFC 9106 §5.3.
@Suite struct Argon2idTests {
    private func tag(_ password: [UInt8], _ salt: [UInt8], _ cost: Argon2id.Cost) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 32)
        try password.withUnsafeBytes { password in
            try salt.withUnsafeBytes { salt in
                try output.withUnsafeMutableBufferPointer { out in
                    try Argon2id.hash(
                        ByteView(password), salt: ByteView(salt), cost: cost,
                        into: #require(out.baseAddress), count: 32)
                }
            }
        }
        return output
    }

    @Test func `the standard's vector`() throws {
        let password = [UInt8](repeating: 1, count: 32)
        let salt = [UInt8](repeating: 2, count: 16)
        let secret = [UInt8](repeating: 3, count: 8)
        let associated = [UInt8](repeating: 4, count: 12)
        var output = [UInt8](repeating: 0, count: 32)
        try password.withUnsafeBytes { password in
            try salt.withUnsafeBytes { salt in
                try secret.withUnsafeBytes { secret in
                    try associated.withUnsafeBytes { associated in
                        try output.withUnsafeMutableBufferPointer { out in
                            try Argon2id.hash(
                                ByteView(password), salt: ByteView(salt), secret: ByteView(secret),
                                associated: ByteView(associated),
                                cost: Argon2id.Cost(memoryKiB: 32, passes: 3, lanes: 4),
                                into: #require(out.baseAddress), count: 32)
                        }
                    }
                }
            }
        }
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        #expect(output == Hex.decode(expected))
    }

    @Test func `password, salt and cost all count; an empty password is refused`() throws {
        let cheap = Argon2id.Cost(memoryKiB: 64, passes: 1, lanes: 1)
        let salt = [UInt8](repeating: 7, count: 16)
        let tags = [
            try tag([1, 2, 3], salt, cheap), try tag([1, 2], salt, cheap),
            try tag([1, 2, 3], [UInt8](repeating: 8, count: 16), cheap),
            try tag([1, 2, 3], salt, Argon2id.Cost(memoryKiB: 64, passes: 2, lanes: 1)),
        ]
        #expect(Set(tags).count == tags.count)
        #expect(try tag([1, 2, 3], salt, cheap) == tags[0])
        #expect(throws: CryptoError.self) { try tag([], salt, cheap) }
    }

    @Test func `costs are cut to what makes sense`() {
        #expect(Argon2id.Cost(memoryKiB: .min, passes: .min, lanes: .min) == .init(memoryKiB: 8, passes: 1, lanes: 1))
        #expect(
            Argon2id.Cost(memoryKiB: .max, passes: .max, lanes: .max)
                == .init(memoryKiB: 1 << 20, passes: 64, lanes: 16))
    }
}
