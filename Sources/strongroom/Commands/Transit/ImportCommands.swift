internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Primitives
internal import StrongroomClient

/// `strongroom transit import`.
struct TransitImportCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import a key that was made elsewhere; it travels wrapped.",
        discussion: """
            The key is base64 of the raw key or of PKCS #8, or a PEM file. It leaves this machine only under the \
            wrapping key of the server.

              strongroom transit import transit/keys/orders @key.b64 type=aes256-gcm96
              strongroom transit import transit/keys/signer @signer.pem type=ecdsa-p256
            """)

    @Argument(help: "Path of the key, for instance transit/keys/orders.")
    var path: String

    @Argument(help: "The key: base64, @file, or - for the standard input.")
    var key: String

    @Argument(help: "Parameters of the import, as key=value: type, exportable, derived, …")
    var options: [String] = []

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        try await KeyImporter.run(session, path: path, key: key, options: options, action: "import")
    }
}

/// `strongroom transit import-version`.
struct TransitImportVersionCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-version", abstract: "Import a further version of an imported key.")

    @Argument(help: "Path of the key, for instance transit/keys/orders.")
    var path: String

    @Argument(help: "The key: base64, @file, or - for the standard input.")
    var key: String

    @Argument(help: "Parameters of the import, as key=value.")
    var options: [String] = []

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        try await KeyImporter.run(session, path: path, key: key, options: options, action: "import_version")
    }
}

/// Wraps a key and sends it. **Layout** `RSA-OAEP(SHA-256) of an AES-256 key ‖ AES-KWP of the key`.
/// **Source** transit wire facts §4.9.
enum KeyImporter {
    static func run(
        _ session: Session, path: String, key: String, options: [String], action: String
    ) async throws {
        let path = ClientRequest.cleaned(path)
        guard let range = path.range(of: "/keys/", options: .backwards), range.upperBound < path.endIndex else {
            throw CommandFault.local("the path must look like transit/keys/NAME")
        }
        let mount = path[..<range.lowerBound]
        var body = try ValueArguments.object(options)
        let material = try material(key)
        let reply = try await session.quietly(ClientRequest(.get, "\(mount)/wrapping_key"))
        guard let pem = reply.data?["public_key"]?.text else {
            throw CommandFault.local("the server has no wrapping key")
        }
        body["ciphertext"] = .string(try wrap(material, under: pem))
        if body["hash_function"] == nil { body["hash_function"] = "SHA256" }
        try await session.tell(ClientRequest(.post, "\(path)/\(action)", body), "Imported the key: \(path)")
    }

    /// The bytes of the key: of PEM, or of base64.
    private static func material(_ word: String) throws(CommandFault) -> [UInt8] {
        let text = try ValueArguments.text(word).trimmingCharacters(in: .whitespacesAndNewlines)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let base64 = lines.filter { !$0.hasPrefix("-----") }.joined()
        if let first = lines.first, first.hasPrefix("-----"), !first.contains("BEGIN PRIVATE KEY") {
            throw .local(
                "the file is not PKCS #8",
                next: "convert it: openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out NEW.pem")
        }
        guard let data = Data(base64Encoded: base64), !data.isEmpty, data.count <= 1 << 20 else {
            throw .local("the key is neither base64 nor PEM")
        }
        return Array(data)
    }

    private static func wrap(_ material: [UInt8], under pem: String) throws(CommandFault) -> String {
        do {
            let publicKey = try Array(pem.utf8).withUnsafeBytes { try PublicKey(pem: ByteView($0)) }
            let ephemeral = try RandomSource.secret(count: 32)
            var blob = ByteWriter()
            try ephemeral.exposing { key in
                let head = try [UInt8](unsafeUninitializedCapacity: publicKey.algorithm.signatureRoom) {
                    buffer, count in
                    guard let base = buffer.baseAddress else { return }
                    count = try publicKey.encrypt(key, .oaep(.sha2_256), into: base)
                }
                head.withUnsafeBytes { blob.append(ByteView($0)) }
                let wrapped = try [UInt8](unsafeUninitializedCapacity: AESKeyWrap.wrappedLength(material.count) + 64) {
                    buffer, count in
                    guard let base = buffer.baseAddress else { return }
                    count = try material.withUnsafeBytes { try AESKeyWrap.wrap(ByteView($0), key: key, into: base) }
                }
                wrapped.withUnsafeBytes { blob.append(ByteView($0)) }
            }
            var text = ByteWriter()
            text.append(base64: blob.view)
            return text.view.string
        } catch {
            throw .local("the key cannot be wrapped under the key of the server")
        }
    }
}
