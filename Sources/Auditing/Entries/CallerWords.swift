internal import Bytes
internal import EngineKit

/// What entries say of a caller: the same in each of a device, and so made once.
enum CallerWords {
    /// The texts of a caller whose token is `token`; nil when hashing failed.
    static func make(_ caller: Caller, _ token: ByteView, _ hasher: inout ValueHasher) -> AuditScratch.CallerText? {
        var accessor = ByteWriter(capacity: 128)
        if caller.accessor.isEmpty {
            accessor.append("\"\"")
        } else {
            hasher.append(accessor: caller.accessor, to: &accessor)
        }
        var members = ByteWriter(capacity: 512)
        write(caller, &hasher, to: &members)
        var hash = ByteWriter()
        if !hasher.isRaw && !token.isEmpty { hasher.append(token, to: &hash) }
        if hasher.isBroken { return nil }
        return AuditScratch.CallerText(
            caller: caller, accessor: accessor.view.array, members: members.view.array, token: hash.view.array)
    }

    /// Appends the members of `auth` that tell who it is, each with a comma in front.
    static func write(_ caller: Caller, _ hasher: inout ValueHasher, to output: inout ByteWriter) {
        output.append(",\"display_name\":")
        output.append(jsonString: caller.displayName)
        write(names: caller.policies, ",\"policies\":", to: &output)
        write(names: caller.tokenPolicies, ",\"token_policies\":", to: &output)
        if !caller.identityPolicies.isEmpty {
            write(names: caller.identityPolicies, ",\"identity_policies\":", to: &output)
        }
        // Somebody's own words: hashed as all values are.
        for (index, name) in caller.metadata.keys.sorted().enumerated() {
            output.append(index == 0 ? ",\"metadata\":{" : ",")
            output.append(jsonString: name)
            output.append(":")
            hasher.append(text: caller.metadata[name] ?? "", to: &output)
        }
        if !caller.metadata.isEmpty { output.append("}") }
        if !caller.entityID.isEmpty {
            output.append(",\"entity_id\":")
            output.append(jsonString: caller.entityID)
        }
        output.append(",\"token_type\":\"")
        output.append(text: caller.kind.rawValue)
        output.append("\"")
        let ttl = caller.expiresUnixSeconds.subtractingReportingOverflow(caller.issuedUnixSeconds)
        if caller.expiresUnixSeconds > 0, !ttl.overflow {
            output.append(",\"token_ttl\":")
            output.append(decimal: ttl.partialValue)
        }
        if caller.issuedUnixSeconds > 0 {
            output.append(",\"token_issue_time\":\"")
            _ = TimestampText.append(seconds: caller.issuedUnixSeconds, nanoseconds: 0, to: &output)
            output.append("\"")
        }
    }

    private static func write(names: [String], _ opening: StaticString, to output: inout ByteWriter) {
        output.append(opening)
        output.append("[")
        for (index, name) in names.enumerated() {
            if index > 0 { output.append(",") }
            output.append(jsonString: name)
        }
        output.append("]")
    }
}

/// What entries say of a token that an answer tells.
enum IssuedWords {
    static func write(_ issued: IssuedToken, _ hasher: inout ValueHasher, to output: inout ByteWriter) {
        output.append(",\"auth\":{\"client_token\":")
        issued.token.exposing { hasher.append($0, to: &output) }
        output.append(",\"accessor\":")
        if issued.caller.accessor.isEmpty {
            output.append("\"\"")
        } else {
            hasher.append(accessor: issued.caller.accessor, to: &output)
        }
        CallerWords.write(issued.caller, &hasher, to: &output)
        if issued.numUses > 0 {
            output.append(",\"num_uses\":")
            output.append(decimal: issued.numUses)
        }
        output.append("}")
    }
}

/// What entries say of a wrapped answer.
enum WrapWords {
    static func write(_ info: WrapInfo, _ hasher: inout ValueHasher, to output: inout ByteWriter) {
        output.append(",\"wrap_info\":{\"ttl\":")
        output.append(decimal: info.seconds)
        output.append(",\"token\":")
        info.token.exposing { hasher.append($0, to: &output) }
        output.append(",\"accessor\":")
        hasher.append(accessor: info.accessor, to: &output)
        output.append(",\"creation_time\":\"")
        _ = TimestampText.append(
            seconds: info.createdUnixSeconds, nanoseconds: info.createdNanoseconds, to: &output)
        output.append("\",\"creation_path\":")
        output.append(jsonString: info.creationPath)
        if !info.wrappedAccessor.isEmpty {
            output.append(",\"wrapped_accessor\":")
            hasher.append(accessor: info.wrappedAccessor, to: &output)
        }
        output.append("}")
    }
}
