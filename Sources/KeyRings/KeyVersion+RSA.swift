internal import Bytes
internal import Primitives

/// Encryption under RSA keys. **Source** transit wire facts §5.5.
extension KeyVersion {
    func appendEncrypted(
        _ workspace: inout Workspace, _ settings: KeySettings, _ hasData: Bool, to output: inout ByteWriter
    ) throws(KeyRingError) {
        guard settings.type.isRSA, let pair else { throw .cannotEncrypt(settings.type) }
        if hasData { throw .associatedDataNotSupported(item: 0, settings.type) }
        let key = try pair.publicKey()
        let message = workspace.message.view
        let padding = workspace.rsaPadding
        workspace.sealed.truncate(to: 0)
        do throws(AsymmetricError) {
            try workspace.sealed.append(room: key.algorithm.signatureRoom) { (out) throws(AsymmetricError) in
                try key.encrypt(message, padding, into: out)
            }
        } catch {
            throw error == .messageTooLong ? .messageTooLongForRSA : .asymmetric(error)
        }
        prefix.withUnsafeBytes { output.append(ByteView($0)) }
        output.append(base64: workspace.sealed.view)
    }

    func decrypt(_ workspace: inout Workspace, _ settings: KeySettings, _ hasData: Bool) throws(KeyRingError) {
        guard settings.type.isRSA, let pair else { throw .cannotDecrypt(settings.type) }
        if hasData { throw .associatedDataNotSupported(item: 0, settings.type) }
        guard let key = try pair.privateKey() else { throw .decryptionWithoutPrivateHalf }
        let sealed = workspace.sealed.view
        let padding = workspace.rsaPadding
        workspace.message.truncate(to: 0)
        do throws(AsymmetricError) {
            try workspace.message.append(room: key.algorithm.signatureRoom) { (out) throws(AsymmetricError) in
                try key.decrypt(sealed, padding, into: out)
            }
        } catch {
            throw .asymmetric(error)
        }
    }
}
