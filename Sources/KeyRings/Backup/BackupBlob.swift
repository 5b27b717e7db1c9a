package import Bytes

/// A whole ring as it leaves by backup and comes back by restore: the JSON behind the base64.
///
/// Reading checks form and bounds only: that the numbers of the policy and the keys fit each other, and the type, is
/// the reader's matter. **Source** wire facts §6.
package final class BackupBlob: Sendable {
    /// The ring's settings.
    package let policy: BackupPolicy
    /// The working set, by version.
    package let keys: [Int: BackupEntry]
    /// All surviving versions, by version minus the policy's `minAvailableVersion`; empty when the blob has no archive.
    package let archived: [BackupEntry]

    /// A blob to be written.
    package init(policy: consuming BackupPolicy, keys: [Int: BackupEntry], archived: [BackupEntry]) {
        self.policy = policy
        self.keys = keys
        self.archived = archived
    }

    /// Reads a blob. Members are known without regard to case, what is unknown is passed over, what is missing or
    /// `null` is zero, and of two members with one name the later one counts.
    package init(json: ByteView) throws(BackupFault) {
        try BackupReader.check(json)
        var draft = BackupDraft()
        var reader = BackupReader(json)
        try reader.readDocument(&draft)
        guard let policy = draft.policy.take() else { throw .missingPolicy }
        self.policy = policy
        keys = draft.keys
        archived = draft.archived
    }

    /// Appends the blob: the member order of the field's newer servers, big integers in bare decimals, a line feed at
    /// the end.
    ///
    /// **Throws** `.externalReference`, `.number` and `.time` for what cannot be written; part of the blob may then
    /// have been appended.
    package func write(into output: inout ByteWriter) throws(BackupFault) {
        try BackupWriter.write(self, into: &output)
    }
}

/// A blob that is being read.
struct BackupDraft: ~Copyable {
    var policy: BackupPolicy?
    var keys: [Int: BackupEntry] = [:]
    var archived: [BackupEntry] = []
}
