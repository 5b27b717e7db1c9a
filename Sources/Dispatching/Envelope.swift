internal import Bytes
internal import EngineKit
internal import Primitives

/// The frame around every enveloped answer. **Source** system wire facts §1.9, transit wire facts §1.1.
enum Envelope {
    /// Appends everything up to the value of `data`.
    static func open(_ body: inout ByteWriter) {
        body.append("{\"request_id\":\"")
        body.appendUUID()
        body.append("\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":")
    }

    /// Appends everything after the value of `data`, which began at `start` (nothing there means null).
    static func close(_ reply: EngineReply, mountType: String, dataStart start: Int, _ body: inout ByteWriter) {
        let length = body.count - start
        if length == 0 { body.append("null") }
        body.append(",\"wrap_info\":null,\"warnings\":")
        append(warnings: reply.warnings, to: &body)
        body.append(",\"auth\":null,\"mount_type\":")
        body.append(jsonString: mountType)
        if reply.form == .mirrored && length > 2 {
            body.append(",")
            let members = body.view.slice(start + 1, length - 2).array
            members.withUnsafeBytes { body.append(ByteView($0)) }
        }
        body.append("}")
        // Compatibility: replies whose status the batch decided end without a newline, transit wire facts §4.12.
        if reply.status == 200 { body.append("\n") }
    }

    private static func append(warnings: [String], to body: inout ByteWriter) {
        if warnings.isEmpty {
            body.append("null")
        } else {
            JSON.array(warnings.map { .string($0) }).write(into: &body)
        }
    }
}

extension ByteWriter {
    /// Appends a random UUID, version 4, in its 36 characters; false, and nothing appended, when there is no
    /// randomness.
    /// **Source** RFC 9562 §5.4.
    @discardableResult
    mutating func appendUUID() -> Bool {
        var isDone = false
        append(room: 36) { out in
            do throws(CryptoError) { try RandomSource.uuid(into: out) } catch { return 0 }
            isDone = true
            return 36
        }
        return isDone
    }
}
