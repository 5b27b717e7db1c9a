internal import Bytes
internal import EngineKit
internal import Vocabulary

/// Writes the lines of an entry for one device. **Source** system wire facts §12.
struct EntryFormatter {
    let entry: AuditEntry
    let device: AuditDevice
    let headers: [AuditedHeader]
    let scratch: AuditScratch
    var hasher: ValueHasher

    /// Where a text stands in the output.
    private struct ByteWriterPlace {
        var offset = 0
        var count = 0
    }

    init(_ entry: AuditEntry, _ device: AuditDevice, _ headers: [AuditedHeader], _ scratch: AuditScratch) {
        self.entry = entry
        self.device = device
        self.headers = headers
        self.scratch = scratch
        hasher = ValueHasher(device)
    }

    /// Appends the lines; false when they could not be made, and then nothing is appended.
    mutating func write(to output: inout ByteWriter) -> Bool {
        let mark = output.count
        var middle = ByteWriterPlace()
        if entry.lines != .response {
            beginLine("request", &output)
            let start = output.count
            writeMiddle(&output)
            middle = ByteWriterPlace(offset: start, count: output.count - start)
            endLine(&output)
        }
        if entry.lines != .request {
            beginLine("response", &output)
            if middle.count > 0 {
                // Both lines say the same of caller and request: hashed once.
                output.reserve(middle.count)
                output.append(output.view.slice(middle.offset, middle.count))
            } else {
                writeMiddle(&output)
            }
            writeResponse(&output)
            endLine(&output)
        }
        if hasher.isBroken { output.truncate(to: mark) }
        return !hasher.isBroken
    }

    private func beginLine(_ type: StaticString, _ output: inout ByteWriter) {
        output.append("{\"time\":\"")
        output.append(scratch.time.view)
        output.append("\",\"type\":\"")
        output.append(type)
        output.append("\"")
    }

    private func endLine(_ output: inout ByteWriter) {
        if let error = entry.error {
            output.append(",\"error\":")
            output.append(jsonString: error)
        }
        output.append("}\n")
    }

    private mutating func writeMiddle(_ output: inout ByteWriter) {
        let caller = entry.caller.flatMap { text(of: $0) }
        writeAuth(caller, &output)
        writeRequest(caller, &output)
    }

    // MARK: - Who

    private mutating func text(of caller: Caller) -> AuditScratch.CallerText? {
        var hasher = hasher
        let text = scratch.text(of: caller, for: device.serial) {
            CallerWords.make(caller, entry.token, &hasher)
        }
        if hasher.isBroken { self.hasher = hasher }
        return text
    }

    private mutating func writeAuth(_ caller: AuditScratch.CallerText?, _ output: inout ByteWriter) {
        output.append(",\"auth\":{")
        if !entry.token.isEmpty, caller != nil {
            output.append("\"client_token\":")
            writeToken(caller, &output)
            output.append(",")
        }
        if let caller {
            output.append("\"accessor\":")
            output.append(caller.accessor)
            output.append(caller.members)
            output.append(",")
        }
        writeDecision(&output)
        output.append("}")
    }

    private mutating func writeToken(_ caller: AuditScratch.CallerText?, _ output: inout ByteWriter) {
        if let hash = caller?.token, !hash.isEmpty {
            output.append(hash)
        } else {
            hasher.append(entry.token, to: &output)
        }
    }

    private func writeDecision(_ output: inout ByteWriter) {
        let isAllowed = entry.rule.map { rule in
            !rule.capabilities.contains(.deny) && rule.capabilities.contains(CapabilitySet(entry.operation))
                && entry.status != 403
        }
        output.append("\"policy_results\":{\"allowed\":")
        output.append(isAllowed ?? (entry.error == nil) ? "true" : "false")
        guard let rule = entry.rule else { return output.append("}") }
        let text = scratch.text(of: rule) { Self.text(of: rule) }
        if isAllowed ?? false { output.append(text.grantors) }
        output.append(text.origin)
        output.append("}")
    }

    private static func text(of rule: any AccessRule) -> AuditScratch.RuleText {
        var grantors = ByteWriter(capacity: 128)
        grantors.append(",\"granting_policies\":[{\"name\":")
        grantors.append(jsonString: String(policyName(rule.origin)))
        grantors.append(",\"namespace_id\":\"root\",\"type\":\"acl\"}]")
        var origin = ByteWriter(capacity: 128)
        origin.append(",\"rule\":")
        origin.append(jsonString: rule.origin)
        return AuditScratch.RuleText(rule: rule, grantors: grantors.view.array, origin: origin.view.array)
    }

    /// What stands before the first `: `. By bytes: the search for a text in a text is generic, and as slow as a hash.
    private static func policyName(_ origin: String) -> Substring {
        var end = origin.utf8.startIndex
        while let colon = origin.utf8[end...].firstIndex(of: UInt8(ascii: ":")) {
            end = origin.utf8.index(after: colon)
            if end < origin.utf8.endIndex, origin.utf8[end] == UInt8(ascii: " ") { return origin[..<colon] }
        }
        return origin[...]
    }

    // MARK: - What

    private mutating func writeRequest(_ caller: AuditScratch.CallerText?, _ output: inout ByteWriter) {
        output.append(",\"request\":{\"id\":")
        output.append(jsonString: entry.requestID)
        output.append(",\"operation\":\"")
        output.append(text: entry.operation.rawValue)
        output.append("\"")
        writeMount(",", &output)
        if !entry.token.isEmpty {
            output.append(",\"client_token\":")
            writeToken(caller, &output)
        }
        if let caller {
            output.append(",\"client_token_accessor\":")
            output.append(caller.accessor)
        }
        output.append(",\"namespace\":{\"id\":\"root\"},\"path\":")
        output.append(jsonString: entry.path)
        if !entry.data.isEmpty {
            output.append(",\"data\":")
            let hashing = JSONHashing(plainKeys: entry.mount.description.plainRequestKeys)
            writeJSON(entry.data, "malformed_body", hashing, &output)
        }
        writeRemote(&output)
        if entry.wrapSeconds > 0 {
            output.append(",\"wrap_ttl\":")
            output.append(decimal: entry.wrapSeconds)
        }
        if !headers.isEmpty { HeaderLines.write(entry.headers, headers, &hasher, to: &output) }
        output.append("}")
    }

    private func writeMount(_ separator: StaticString, _ output: inout ByteWriter) {
        let mount = entry.mount.description
        output.append(separator)
        output.append("\"mount_type\":")
        output.append(jsonString: mount.type)
        guard !mount.path.isEmpty else { return }
        output.append(",\"mount_point\":")
        output.append(jsonString: mount.path)
        output.append(",\"mount_accessor\":")
        output.append(jsonString: mount.accessor)
    }

    private func writeRemote(_ output: inout ByteWriter) {
        let address = scratch.text(of: entry.remote)
        guard !address.isEmpty else { return }
        output.append(",\"remote_address\":\"")
        output.append(address)
        output.append("\"")
        if entry.remote.port != 0 {
            output.append(",\"remote_port\":")
            output.append(decimal: Int(entry.remote.port))
        }
    }

    /// Hashed member by member, or, when it is not JSON, as a whole.
    private mutating func writeJSON(
        _ text: ByteView, _ nameOfWhole: StaticString, _ hashing: JSONHashing, _ output: inout ByteWriter
    ) {
        let mark = output.count
        var hashing = hashing
        if hashing.write(text, &hasher, scratch, to: &output) { return }
        output.truncate(to: mark)
        writeWhole(text, nameOfWhole, &output)
    }

    private mutating func writeWhole(_ bytes: ByteView, _ name: StaticString, _ output: inout ByteWriter) {
        output.append("{\"")
        output.append(name)
        output.append("\":")
        hasher.append(bytes, to: &output)
        output.append("}")
    }

    // MARK: - What came of it

    private mutating func writeResponse(_ output: inout ByteWriter) {
        output.append(",\"response\":{")
        writeMount("", &output)
        if entry.status != 0 {
            output.append(",\"status\":")
            output.append(decimal: entry.status)
        }
        if let info = entry.wrapInfo {
            WrapWords.write(info, &hasher, to: &output)
        } else {
            if !entry.answer.isEmpty {
                output.append(",\"data\":")
                if entry.isAnswerJSON {
                    let hashing = JSONHashing(
                        plainKeys: entry.mount.description.plainResponseKeys,
                        elidesLists: hasher.elidesLists && entry.operation == .list)
                    writeJSON(entry.answer, "http_raw_body", hashing, &output)
                } else {
                    writeWhole(entry.answer, "http_raw_body", &output)
                }
            }
            if let issued = entry.issued { IssuedWords.write(issued, &hasher, to: &output) }
        }
        if !entry.leaseID.isEmpty {
            output.append(",\"secret\":{\"lease_id\":")
            output.append(jsonString: entry.leaseID)
            output.append("}")
        }
        for (index, warning) in entry.warnings.enumerated() {
            output.append(index == 0 ? ",\"warnings\":[" : ",")
            output.append(jsonString: warning)
        }
        output.append(entry.warnings.isEmpty ? "}" : "]}")
    }
}

extension ByteWriter {
    /// Appends bytes.
    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append(ByteView($0)) } }
}
