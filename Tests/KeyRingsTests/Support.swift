import Bytes
import KeyRings
import Primitives
import TestAids

/// A version with the given key material.
func keyVersion(
    _ settings: KeySettings, key: [UInt8], hmacKey: [UInt8] = [UInt8](repeating: 7, count: 32), number: Int = 1
) throws -> KeyVersion {
    let entry = KeyEntry(
        key: withView(key) { SecretBytes(copying: $0) }, hmacKey: withView(hmacKey) { SecretBytes(copying: $0) },
        created: Moment(seconds: 1_700_000_000))
    return try KeyVersion(number: number, settings: settings, entry: entry, usage: KeyUsage(stored: 0))
}

/// A ring of one version with the given key.
func ring(_ type: KeyType, derived: Bool = false, convergent: Bool = false, key: [UInt8]? = nil) throws -> KeyRing {
    var settings = KeySettings(type: type)
    (settings.isDerived, settings.isConvergent) = (derived, convergent)
    return try ring(settings, key: key ?? (0..<type.keyLength).map { UInt8($0) })
}

/// A ring of one version with the given key.
func ring(_ settings: KeySettings, key: [UInt8]) throws -> KeyRing {
    try KeyRing(name: name("k"), settings: settings, versions: [keyVersion(settings, key: key)], revision: 1)
}

func name(_ text: String) -> KeyName {
    guard let name = KeyName(text: text) else { preconditionFailure("\(text) is no key name") }
    return name
}

extension KeyType {
    /// The types that are authenticated ciphers.
    static let ciphers = allCases.filter { $0.cipher != nil }

    /// The length of a fresh key of the types that are raw bytes.
    var keyLength: Int { keyLengths?.lowerBound ?? 32 }
}

extension KeyRing {
    /// Seals and gives the ciphertext text.
    func sealed(
        _ plaintext: [UInt8], context: [UInt8] = [], data: [UInt8]? = nil, version: Int = 0
    ) throws -> String {
        var workspace = try Workspace.filled(plaintext, context: context, data: data)
        var output = ByteWriter()
        try encryptionVersion(version).appendSealed(
            &workspace, settings: settings, isAuthenticatingData: data != nil, to: &output)
        return output.view.string
    }

    /// Opens a ciphertext text.
    func opened(_ text: String, context: [UInt8] = [], data: [UInt8]? = nil) throws -> [UInt8] {
        var workspace = try Workspace.filled([], context: context, data: data)
        try withView(text) { (view) throws(KeyRingError) in
            try open(view, &workspace, isAuthenticatingData: data != nil)
        }
        return workspace.currentMessage.array
    }

    /// Signs and gives the signature text.
    func signature(
        _ message: [UInt8], _ request: SignatureRequest = SignatureRequest(), context: [UInt8] = [], version: Int = 0
    ) throws -> String {
        try signatureAndKey(message, request, context: context, version: version).text
    }

    /// Signs and gives the signature text, and the public key of derived rings.
    func signatureAndKey(
        _ message: [UInt8], _ request: SignatureRequest, context: [UInt8], version: Int = 0
    ) throws -> (text: String, publicKey: [UInt8]?) {
        var workspace = try Workspace.filled(message, context: context, data: nil)
        var output = ByteWriter()
        let key = try signingVersion(version).appendSignature(&workspace, request, settings: settings, to: &output)
        return (output.view.string, key)
    }

    /// Whether the text is a signature of the message.
    func accepts(
        _ text: String, _ message: [UInt8], _ request: SignatureRequest = SignatureRequest(), context: [UInt8] = []
    ) throws -> Bool {
        var workspace = try Workspace.filled(message, context: context, data: nil)
        return try withView(text) { (view) throws(KeyRingError) in try verifies(view, &workspace, request) }
    }

    /// The HMAC of a message.
    func hmac(_ message: [UInt8], _ algorithm: DigestAlgorithm = .sha2_256) throws -> String {
        var output = ByteWriter()
        let version = try hmacVersion(0)
        try withView(message) { (view) throws(KeyRingError) in
            try version.appendHMAC(algorithm, of: view, to: &output)
        }
        return output.view.string
    }
}

extension Workspace {
    /// With a message, a context and associated data.
    static func filled(_ message: [UInt8], context: [UInt8], data: [UInt8]?) throws -> Workspace {
        var workspace = Workspace()
        try withView(ReferenceBase64.encode(message)) { (view) throws(KeyRingError) in
            try workspace.decodeMessage(view)
        }
        try withView(ReferenceBase64.encode(context)) { (view) throws(KeyRingError) in
            try workspace.decodeContext(view)
        }
        try withView(ReferenceBase64.encode(data ?? [])) { (view) throws(KeyRingError) in
            try workspace.decodeAssociatedData(view, item: 0)
        }
        return workspace
    }
}
