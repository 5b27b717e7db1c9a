package import Auditing
internal import Bytes
internal import EngineKit
internal import Vocabulary

/// `sys/audit`, `sys/audit-hash` and `sys/config/auditing`. **Source** system wire facts §12.
package enum AuditSections {
    private static let deviceFields = FieldTable("type", "description", "local", "options", "path")
    private static let inputField = FieldTable("input", "path")
    private static let headerFields = FieldTable("hmac", "header")

    /// `sys/audit`: enable, list and disable devices. The list has a member `status` beside the field's.
    package static func devices(_ broker: AuditBroker) -> SystemSection {
        SystemSection([
            SectionPath(
                "audit", read: { (_, _) throws(SectionFault) in list(broker) },
                list: { (_, _) throws(SectionFault) in list(broker) }
            ).told(
                "The audit devices.", .read("Lists them.", gives: .mirrored([])),
                .list("Lists them.", gives: .mirrored([]))),
            SectionPath(
                "audit/",
                write: { (request, path) throws(SectionFault) in try enable(request, path, broker) },
                delete: { (_, path) throws(SectionFault) in
                    .later(.delete) { (_) async throws(SectionFault) in
                        try await audited { () async throws(AuditFault) in try await broker.disable(path) }
                    }
                }
            ).told(
                "An audit device.",
                .write(
                    "Enables it.",
                    takes: [
                        .text("type", "file, socket or syslog.").required, .text("description", "For people."),
                        .flag("local", "Kept for clients."), .map("options", "Options of the device."),
                    ]), .delete("Disables it.")),
        ])
    }

    /// `sys/audit-hash`: what a device writes for a value.
    package static func hash(_ broker: AuditBroker) -> SystemSection {
        SystemSection([
            SectionPath(
                "audit-hash/",
                write: { (request, path) throws(SectionFault) in
                    let fields = try parameters(request, inputField)
                    let value = fields[0]
                    guard value.isString || value.kind == .number || !value.isPresent || value.kind == .null else {
                        throw SectionFault(fields.conversion(0, "a string"))
                    }
                    var input = ByteWriter(capacity: value.count)
                    if value.kind == .escapedString {
                        JSONText.unescape(fields.raw(value), into: &input)
                    } else if value.kind != .null {
                        input.append(fields.raw(value))
                    }
                    let hash: String
                    do throws(AuditFault) { hash = try broker.hash(input.view, for: path) } catch {
                        throw SectionFault(error)
                    }
                    return .now(.update) { (body) throws(SectionFault) in
                        JSON.object(["hash": .string(hash)]).write(into: &body)
                        return EngineReply(form: .mirrored)
                    }
                }
            ).told(
                "What an audit device writes for a text.",
                .write(
                    "Hashes the text.", takes: [.text("input", "The text.").required],
                    gives: .mirrored([.text("hash").required])))
        ])
    }

    // MARK: - Devices

    private static func list(_ broker: AuditBroker) -> SectionCommand {
        .now(.read) { (body) throws(SectionFault) in
            var members: [String: JSON] = [:]
            for (wish, status) in broker.devices {
                members[wish.path] = .object([
                    "type": .string(wish.type), "description": .string(wish.about), "local": .bool(wish.isLocal),
                    "path": .string(wish.path), "options": .object(wish.options.mapValues { .string($0) }),
                    "status": describe(status),
                ])
            }
            JSON.object(members).write(into: &body)
            return EngineReply(form: .mirrored)
        }
    }

    private static func describe(_ status: DeviceStatus) -> JSON {
        var members: [String: JSON] = [
            "recording": .bool(status.fault == nil), "failures": .int(status.failures), "missed": .int(status.missed),
            "recorded": .int(status.recorded), "waiting_bytes": .int(status.waitingBytes),
        ]
        if let fault = status.fault { members["reason"] = .string(fault.text) }
        if let free = status.freeBytes { members["free_bytes"] = .int(free) }
        if !status.chainHead.isEmpty { members["chain_head"] = .string(status.chainHead) }
        return .object(members)
    }

    private static func enable(
        _ request: EngineRequest, _ path: String, _ broker: AuditBroker
    ) throws(SectionFault) -> SectionCommand {
        let fields = try parameters(request, deviceFields)
        let wish = try reading { () throws(ParameterFault) in
            DeviceWish(
                path: path, type: try fields.string(0) ?? "", about: try fields.string(1) ?? "",
                isLocal: try fields.bool(2) ?? false, options: try options(fields))
        }
        let warnings = fields.warnings(replaced: ["path"])
        return .later(.update) { (_) async throws(SectionFault) in
            let reply = try await audited { () async throws(AuditFault) in try await broker.enable(wish) }
            return warnings.isEmpty ? reply : EngineReply(warnings: warnings)
        }
    }

    /// The options: an object whose values are strings, numbers or booleans.
    private static func options(_ fields: Parameters) throws(ParameterFault) -> [String: String] {
        let value = fields[3]
        guard value.isPresent, value.kind != .null else { return [:] }
        guard value.kind == .object else { throw fields.conversion(3, "a map of strings") }
        let text = fields.raw(value)
        var options: [String: String] = [:]
        do throws(JSONFault) {
            var scanner = JSONScanner(text, depthLimit: 2)
            guard try scanner.openDocument() else { return [:] }
            var isFirst = true
            while let name = try scanner.nextMember(&isFirst) {
                let value = try scanner.scanValue()
                switch value.kind {
                case .array, .object: throw .notAnObject
                case .null, .absent: break
                case .string, .escapedString, .number, .true, .false:
                    options[JSONText.string(name, in: text)] = JSONText.string(value, in: text)
                }
            }
        } catch {
            throw fields.conversion(3, "a map of strings")
        }
        return options
    }

    static func audited(_ change: () async throws(AuditFault) -> Void) async throws(SectionFault) -> EngineReply {
        do throws(AuditFault) { try await change() } catch { throw SectionFault(error) }
        return .noContent
    }

    // MARK: - Headers

    /// `sys/config/auditing/request-headers`.
    static func headers(_ broker: AuditBroker) -> [SectionPath] {
        [
            SectionPath(
                "config/auditing/request-headers",
                read: { (_, _) throws(SectionFault) in
                    .now(.read) { (body) throws(SectionFault) in
                        JSON.object(["headers": describe(broker.auditedHeaders)]).write(into: &body)
                        return EngineReply(form: .mirrored)
                    }
                }
            ).told(
                "Request headers that audit devices record.",
                .read("Lists them.", gives: .mirrored([.object("headers").required]))),
            SectionPath(
                "config/auditing/request-headers/",
                read: { (_, name) throws(SectionFault) in
                    guard let header = broker.auditedHeaders.first(where: { $0.name == name.lowercased() }) else {
                        throw SectionFault(AuditFault.unknownHeader)
                    }
                    return .now(.read) { (body) throws(SectionFault) in
                        describe([header]).write(into: &body)
                        return EngineReply(form: .mirrored)
                    }
                },
                write: { (request, name) throws(SectionFault) in
                    let fields = try parameters(request, headerFields)
                    let isHashed = try reading { () throws(ParameterFault) in try fields.bool(0) ?? false }
                    return .later(.update) { (_) async throws(SectionFault) in
                        try await audited { () async throws(AuditFault) in
                            try await broker.setHeader(AuditedHeader(name: name, isHashed: isHashed))
                        }
                    }
                },
                delete: { (_, name) throws(SectionFault) in
                    .later(.delete) { (_) async throws(SectionFault) in
                        try await audited { () async throws(AuditFault) in try await broker.removeHeader(name) }
                    }
                }
            ).told(
                "One such header.", at: "{header}", .read("Shows it.", gives: .mirrored([])),
                .write("Records it from now on.", takes: [.flag("hmac", "Whether its value is hashed.")]),
                .delete("Records it no more.")),
        ]
    }

    private static func describe(_ headers: [AuditedHeader]) -> JSON {
        .object(
            Dictionary(
                headers.map { ($0.name, .object(["hmac": .bool($0.isHashed)])) }, uniquingKeysWith: { $1 }))
    }
}
