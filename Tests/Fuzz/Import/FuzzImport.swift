import Bytes
import FuzzDriver
import KeyRings
import Primitives

/// Keys from outside: DER, PEM, wrapped, and as bytes. **Layout** of an input: `form(1) ‖ bytes`.
///
/// What is taken for a key must work as one, and come back from its own export as the same key.
@main
enum FuzzImport {
    private static let wrapping = [UInt8](repeating: 0x42, count: 32)

    /// Key types whose secrets are bytes, or a seed and a classic pair.
    private static let shapes: [KeySettings] = KeyType.allCases.compactMap { type in
        guard type.pair == nil else { return nil }
        var settings = KeySettings(type: type)
        if type.family == .postQuantum { settings.parameterSet = "65" }
        if type == .hybrid { settings.hybrid = HybridParts(postQuantum: "ml-dsa", classic: "ecdsa-p256") }
        return settings
    }

    static func main() throws {
        var seeds: [[UInt8]] = []
        for algorithm in [.ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519, .rsa2048] as [AsymmetricAlgorithm] {
            let key = try PrivateKey.generate(algorithm)
            let pkcs8 = try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in der.array }
            seeds += [[0] + pkcs8, [4] + key.publicKey.subjectPublicKeyInfo]
            // Ed25519 has no traditional form.
            if let other = try? key.exposingDER(.traditional, { (der) throws(AsymmetricError) in der.array }) {
                seeds += [[1] + other, [2] + other]
            }
            for form in PrivateKeyFormat.allCases {
                guard let pem = try? key.exposingPEM(form, { (pem) throws(AsymmetricError) in pem.array }) else {
                    continue
                }
                seeds.append([3] + pem)
            }
            var pem = ByteWriter()
            key.publicKey.appendPEM(to: &pem)
            seeds.append([5] + pem.view.array)
            if algorithm == .ed25519 {
                seeds.append([6] + (try key.exposingEd25519Pair { (pair) throws(AsymmetricError) in pair.array }))
            }
            seeds.append([7] + wrapped(pkcs8))
        }
        for (index, shape) in shapes.enumerated() {
            let version = try KeyVersion.generate(number: 1, settings: shape, now: Moment(seconds: 1))
            seeds.append([UInt8(8 + index)] + version.exposingKey { $0.array })
        }
        fuzz(seeds: seeds) { start, count in
            let bytes = ByteView(input(start, count))
            FuzzImport.run(Int(bytes[0]) % (8 + FuzzImport.shapes.count), bytes.dropFirst(1))
            return 0
        }
    }

    private static func wrapped(_ target: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        do {
            try wrapping.withUnsafeBytes { key in
                try target.withUnsafeBytes { target in
                    _ = try writer.append(room: AESKeyWrap.wrappedLength(target.count)) { out in
                        try AESKeyWrap.wrap(ByteView(target), key: ByteView(key), into: out)
                    }
                }
            }
        } catch {
            preconditionFailure("nothing is wrapped: \(error)")
        }
        return writer.view.array
    }

    private static func run(_ form: Int, _ bytes: ByteView) {
        switch form {
        case 0: check(try? PrivateKey(pkcs8: bytes))
        case 1: check(try? PrivateKey(pkcs1: bytes))
        case 2: check(try? PrivateKey(sec1: bytes))
        case 3: check(try? PrivateKey.decode(pem: bytes))
        case 4: check(try? PublicKey(spki: bytes))
        case 5: check(try? PublicKey(pem: bytes))
        case 6: check(try? PrivateKey(ed25519Pair: bytes))
        case 7: unwrap(bytes)
        default: take(bytes, shapes[form - 8])
        }
    }

    private static func check(_ key: PrivateKey?) {
        guard let key else { return }
        do {
            let material = try PairMaterial(key)
            let again = try material.exposingSecret { bytes throws(AsymmetricError) in
                try PairMaterial(importing: SecretBytes(copying: bytes), key.algorithm)
            }
            precondition(again.subjectPublicKeyInfo == material.subjectPublicKeyInfo, "another key came back")
            try sign(again)
        } catch {
            preconditionFailure("a key that was taken does not work: \(error)")
        }
        check(key.publicKey)
    }

    private static func sign(_ material: PairMaterial) throws {
        guard let type = KeyType.allCases.first(where: { $0.pair == material.algorithm }) else { return }
        let settings = KeySettings(type: type)
        let version = try KeyVersion(
            number: 1, settings: settings, material: .pair(material), hmacKey: SecretBytes(copying: .empty),
            created: Moment(seconds: 0), usage: KeyUsage(stored: 0))
        guard let name = KeyName(text: "k") else { preconditionFailure("k is no name") }
        let ring = try KeyRing(name: name, settings: settings, versions: [version], revision: 1)
        var workspace = Workspace()
        var output = ByteWriter()
        try workspace.decodeMessage(ByteView("aGVsbG8="))
        _ = try version.appendSignature(&workspace, SignatureRequest(), settings: settings, to: &output)
        try workspace.decodeMessage(ByteView("aGVsbG8="))
        let isValid = try ring.verifies(output.view, &workspace, SignatureRequest())
        precondition(isValid, "a key does not verify what it signed")
    }

    private static func check(_ key: PublicKey?) {
        guard let key else { return }
        let info = key.subjectPublicKeyInfo
        let again = info.withUnsafeBytes { try? PublicKey(spki: ByteView($0)) }
        precondition(again?.isSame(as: key) == true, "another public key came back")
    }

    private static func unwrap(_ bytes: ByteView) {
        var output = ByteWriter(capacity: max(bytes.count, 16))
        let isTaken = wrapping.withUnsafeBytes { key in
            (try? output.append(room: max(bytes.count, 16)) { out in
                try AESKeyWrap.unwrap(bytes, key: ByteView(key), into: out)
            }) != nil
        }
        guard isTaken else { return }
        precondition(wrapped(output.view.array) == bytes.array, "what was unwrapped is wrapped otherwise")
        check(try? PrivateKey(pkcs8: output.view))
    }

    private static func take(_ bytes: ByteView, _ settings: KeySettings) {
        let entry = KeyEntry(
            key: SecretBytes(copying: bytes), hmacKey: SecretBytes(copying: .empty), created: Moment(seconds: 0))
        guard
            let version = try? KeyVersion(number: 1, settings: settings, entry: entry, usage: KeyUsage(stored: 0))
        else { return }
        let secret = version.exposingKey { $0.array }
        let isSame = secret.withUnsafeBytes { ByteView($0).equalsVariableTime(bytes) }
        // A classic half may have come in a longer form than ours.
        precondition(isSame || settings.type == .hybrid, "a key is exported otherwise than it was imported")
        let record = version.exposingRecord()
        let again = record.withUnsafeBytes {
            try? KeyVersion(number: 1, record: ByteView($0), settings: settings, storedUsage: 0)
        }
        precondition(again?.publicBytes == version.publicBytes, "a key is stored otherwise than it was imported")
    }
}
