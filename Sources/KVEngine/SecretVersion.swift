internal import Bytes
internal import EngineKit

/// One version of a secret, without its data.
struct SecretVersion: Sendable, Equatable {
    var created: Timestamp
    /// From when on it counts as deleted; nil for never.
    var deletion: Timestamp?
    /// Whether its data is gone for good.
    var isDestroyed = false

    /// Whether its data is not to be had at this time.
    func isGone(at now: Timestamp) -> Bool { isDestroyed || isDeleted(at: now) }

    /// Whether it is deleted at this time; it may be destroyed too.
    func isDeleted(at now: Timestamp) -> Bool { deletion.map { $0 <= now } ?? false }

    /// Appends the members that all answers tell of a version, without braces.
    func writeMembers(into body: inout ByteWriter) {
        body.append("\"created_time\":\"")
        body.append(text: created.text)
        body.append("\",\"deletion_time\":\"")
        if let deletion { body.append(text: deletion.text) }
        body.append("\",\"destroyed\":")
        body.append(text: isDestroyed ? "true" : "false")
    }
}
