import Bytes
import KeyRings
import Primitives
import TestAids

/// A version with the given key material.
func keyVersion(
    _ settings: KeySettings, key: [UInt8], hmacKey: [UInt8] = [UInt8](repeating: 7, count: 32)
) throws -> KeyVersion {
    try KeyVersion(
        number: 1, createdUnixSeconds: 1_700_000_000, settings: settings,
        key: withView(key) { SecretBytes(copying: $0) }, hmacKey: withView(hmacKey) { SecretBytes(copying: $0) },
        usage: KeyUsage(stored: 0))
}

/// A ring of one version with the given key.
func ring(_ type: KeyType, derived: Bool = false, convergent: Bool = false, key: [UInt8]? = nil) throws -> KeyRing {
    var settings = KeySettings(type: type)
    (settings.isDerived, settings.isConvergent) = (derived, convergent)
    let key = key ?? (0..<type.algorithm.keyLength).map { UInt8($0) }
    return try KeyRing(name: name("k"), settings: settings, versions: [keyVersion(settings, key: key)], revision: 1)
}

func name(_ text: String) -> KeyName {
    guard let name = KeyName(text: text) else { preconditionFailure("\(text) is no key name") }
    return name
}

extension KeyRing {
    /// Seals and gives the ciphertext text.
    func sealed(
        _ plaintext: [UInt8], context: [UInt8] = [], data: [UInt8]? = nil, version: Int = 0
    ) throws -> String {
        var workspace = try Self.workspace(context: context, data: data)
        try withView(ReferenceBase64.encode(plaintext)) { (view) throws(KeyRingError) in
            try workspace.decodeMessage(view)
        }
        var output = ByteWriter()
        try encryptionVersion(version).appendSealed(
            &workspace, settings: settings, isAuthenticatingData: data != nil, to: &output)
        return output.view.string
    }

    /// Opens a ciphertext text.
    func opened(_ text: String, context: [UInt8] = [], data: [UInt8]? = nil) throws -> [UInt8] {
        var workspace = try Self.workspace(context: context, data: data)
        try withView(text) { (view) throws(KeyRingError) in
            try open(view, &workspace, isAuthenticatingData: data != nil)
        }
        return workspace.currentMessage.array
    }

    private static func workspace(context: [UInt8], data: [UInt8]?) throws -> Workspace {
        var workspace = Workspace()
        try withView(ReferenceBase64.encode(context)) { (view) throws(KeyRingError) in
            try workspace.decodeContext(view)
        }
        try withView(ReferenceBase64.encode(data ?? [])) { (view) throws(KeyRingError) in
            try workspace.decodeAssociatedData(view, item: 0)
        }
        return workspace
    }
}
