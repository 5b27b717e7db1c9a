internal import Bytes
internal import EngineKit
internal import Primitives

/// The frame around every enveloped answer. **Source** system wire facts §1.9, transit wire facts §1.1.
enum Envelope {
    /// Where the 36 characters of the id begin, from the start of the envelope.
    static let idOffset = 15
    /// Their number.
    static let idLength = 36
    private static let front: StaticString = "{\"request_id\":\""

    /// Appends everything up to the value of `data`, for an answer without a lease, with an id of its own.
    static func open(_ body: inout ByteWriter) {
        body.append(front)
        body.appendRequestID()
        body.append("\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":")
    }

    /// The same with the id that the request has already.
    static func open(_ body: inout ByteWriter, id: ByteView) {
        body.append(front)
        body.append(id)
        body.append("\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":")
    }

    /// Appends everything after the value of `data`, which began at `dataStart` (nothing there means null); returns
    /// where the value begins now.
    static func close(
        _ reply: EngineReply, _ told: Told, mountType: String, mark: Int, dataStart: Int, _ body: inout ByteWriter
    ) -> Int {
        var start = dataStart
        if told.lease != nil || reply.keepSeconds > 0 {
            start = insert(told.lease, keepSeconds: reply.keepSeconds, mark: mark, dataStart: dataStart, &body)
        }
        let length = body.count - start
        if length == 0 { body.append("null") }
        body.append(",\"wrap_info\":")
        append(told.wrapInfo, to: &body)
        body.append(",\"warnings\":")
        append(warnings: reply.warnings + told.warnings, to: &body)
        body.append(",\"auth\":")
        append(told.issued, to: &body)
        body.append(",\"mount_type\":")
        body.append(jsonString: mountType)
        if reply.form == .mirrored && length > 2 {
            body.append(",")
            let members = body.view.slice(start + 1, length - 2).array
            members.withUnsafeBytes { body.append(ByteView($0)) }
        }
        body.append("}")
        // Compatibility: replies whose status the batch decided end without a newline, transit wire facts §4.12.
        if reply.status == 200 { body.append("\n") }
        return start
    }

    /// Writes the lease in front of the data, which moves; returns where it begins now.
    private static func insert(
        _ lease: LeaseTicket?, keepSeconds: Int, mark: Int, dataStart: Int, _ body: inout ByteWriter
    ) -> Int {
        let data = body.view.dropFirst(dataStart).array
        body.truncate(to: mark + idOffset + idLength)
        body.append("\",\"lease_id\":")
        body.append(jsonString: lease?.leaseID ?? "")
        body.append(lease?.isRenewable ?? false ? ",\"renewable\":true" : ",\"renewable\":false")
        body.append(",\"lease_duration\":")
        body.append(decimal: lease?.seconds ?? keepSeconds)
        body.append(",\"data\":")
        let start = body.count
        data.withUnsafeBytes { body.append(ByteView($0)) }
        return start
    }

    private static func append(warnings: [String], to body: inout ByteWriter) {
        if warnings.isEmpty {
            body.append("null")
        } else {
            JSON.array(warnings.map { .string($0) }).write(into: &body)
        }
    }

    private static func append(_ info: WrapInfo?, to body: inout ByteWriter) {
        guard let info else { return body.append("null") }
        body.append("{\"token\":")
        info.token.exposing { body.append(jsonString: $0) }
        body.append(",\"accessor\":")
        body.append(jsonString: info.accessor)
        body.append(",\"ttl\":")
        body.append(decimal: info.seconds)
        body.append(",\"creation_time\":\"")
        _ = TimestampText.append(
            seconds: info.createdUnixSeconds, nanoseconds: info.createdNanoseconds, to: &body)
        body.append("\",\"creation_path\":")
        body.append(jsonString: info.creationPath)
        if !info.wrappedAccessor.isEmpty {
            body.append(",\"wrapped_accessor\":")
            body.append(jsonString: info.wrappedAccessor)
        }
        body.append("}")
    }

    private static func append(_ issued: IssuedToken?, to body: inout ByteWriter) {
        guard let issued else { return body.append("null") }
        let caller = issued.caller
        body.append("{\"client_token\":")
        issued.token.exposing { body.append(jsonString: $0) }
        body.append(",\"accessor\":")
        body.append(jsonString: caller.accessor)
        append("policies", caller.policies, to: &body)
        append("token_policies", caller.tokenPolicies, to: &body)
        if !caller.identityPolicies.isEmpty { append("identity_policies", caller.identityPolicies, to: &body) }
        body.append(",\"metadata\":")
        if caller.metadata.isEmpty {
            body.append("null")
        } else {
            JSON.object(caller.metadata.mapValues { .string($0) }).write(into: &body)
        }
        body.append(",\"lease_duration\":")
        body.append(decimal: issued.leaseSeconds)
        body.append(issued.isRenewable ? ",\"renewable\":true" : ",\"renewable\":false")
        body.append(",\"entity_id\":")
        body.append(jsonString: caller.entityID)
        body.append(",\"token_type\":")
        body.append(jsonString: caller.kind.rawValue)
        body.append(issued.isOrphan ? ",\"orphan\":true" : ",\"orphan\":false")
        body.append(",\"mfa_requirement\":null,\"num_uses\":")
        body.append(decimal: issued.numUses)
        body.append("}")
    }

    private static func append(_ name: StaticString, _ list: [String], to body: inout ByteWriter) {
        body.append(",\"")
        body.append(name)
        body.append("\":")
        JSON.array(list.map { .string($0) }).write(into: &body)
    }
}

extension ByteWriter {
    /// Appends an id for a request. It keeps nobody out, so that it may be all zeros when there is no randomness.
    mutating func appendRequestID() {
        if !appendUUID() { append("00000000-0000-4000-8000-000000000000") }
    }

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
