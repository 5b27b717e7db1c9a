internal import Bytes
internal import EngineKit

/// How an entry is stored.
///
/// **Layout** format 1: expires, uses, kind, then the other fields in the order below. The first two are where the
/// loader of due times finds them without reading the rest.
extension TokenEntry {
    private static let format: UInt8 = 1

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        writer.put(expires)
        writer.put(numUses)
        writer.put(kind == .batch)
        for text in [accessor, parentID, path, displayName, role, entityID, namespace] { writer.put(text: text) }
        writer.put(texts: policies)
        writer.put(texts: boundCIDRs)
        writer.put(map: metadata)
        for number in [issued, renewed, ttlSeconds, maxSeconds, periodSeconds, explicitMaxSeconds] {
            writer.put(number)
        }
        writer.put(isRenewable)
        writer.put(login != nil)
        if let login { writer.put(login: login) }
        return writer.record
    }

    /// The entry of a record; nil for one that is damaged or of another version.
    init?(record: [UInt8]) {
        let entry = record.withUnsafeBytes { bytes in try? Self.read(ByteView(bytes)) }
        guard let entry else { return nil }
        self = entry
    }

    init?(view: ByteView) {
        guard let entry = try? Self.read(view) else { return nil }
        self = entry
    }

    /// The end and the uses left of a record, without reading the rest.
    static func due(ofRecord record: [UInt8]) -> (expires: Int, numUses: Int)? {
        record.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)), reader.format == format,
                let expires = try? reader.int(), let numUses = try? reader.int()
            else { return nil }
            return (expires, numUses)
        }
    }

    private static func read(_ bytes: ByteView) throws(RecordFault) -> TokenEntry {
        var reader = try RecordReader(bytes)
        guard reader.format == format else { throw RecordFault() }
        var entry = TokenEntry()
        entry.expires = try reader.int()
        entry.numUses = try reader.int()
        entry.kind = try reader.bool() ? .batch : .service
        entry.accessor = try reader.text()
        entry.parentID = try reader.text()
        entry.path = try reader.text()
        entry.displayName = try reader.text()
        entry.role = try reader.text()
        entry.entityID = try reader.text()
        entry.namespace = try reader.text()
        entry.policies = try reader.texts()
        entry.boundCIDRs = try reader.texts()
        entry.metadata = try reader.map()
        entry.issued = try reader.int()
        entry.renewed = try reader.int()
        entry.ttlSeconds = try reader.int()
        entry.maxSeconds = try reader.int()
        entry.periodSeconds = try reader.int()
        entry.explicitMaxSeconds = try reader.int()
        entry.isRenewable = try reader.bool()
        if try reader.bool() { entry.login = try reader.login() }
        try reader.finish()
        return entry
    }
}

extension RecordWriter {
    mutating func put(texts: [String]) {
        put(texts.count)
        for text in texts { put(text: text) }
    }

    mutating func put(map: [String: String]) {
        put(map.count)
        for (key, value) in map {
            put(text: key)
            put(text: value)
        }
    }

    mutating func put(login: Login) {
        put(text: login.aliasName)
        put(text: login.displayName)
        put(map: login.aliasMetadata)
        put(texts: login.groupAliases)
        put(texts: login.policies)
        put(map: login.metadata)
        put(login.isRenewable)
        put(bytes: login.record)
        let token = login.token
        for number in [
            token.ttlSeconds, token.maxSeconds, token.explicitMaxSeconds, token.numUses, token.periodSeconds,
        ] {
            put(number)
        }
        put(texts: token.policies)
        put(texts: token.boundCIDRs)
        put(token.hasNoDefaultPolicy)
        put(text: token.type)
    }
}

extension RecordReader {
    mutating func text() throws(RecordFault) -> String { try view().string }

    // Nothing is reserved by a stored count: each element must be there to be read.
    mutating func texts() throws(RecordFault) -> [String] {
        var result: [String] = []
        let count = try int()
        guard count >= 0 else { throw RecordFault() }
        while result.count < count { result.append(try text()) }
        return result
    }

    mutating func map() throws(RecordFault) -> [String: String] {
        var result: [String: String] = [:]
        var count = try int()
        guard count >= 0 else { throw RecordFault() }
        while count > 0 {
            let key = try text()
            result[key] = try text()
            count -= 1
        }
        return result
    }

    mutating func login() throws(RecordFault) -> Login {
        var login = Login(aliasName: try text(), displayName: try text())
        login.aliasMetadata = try map()
        login.groupAliases = try texts()
        login.policies = try texts()
        login.metadata = try map()
        login.isRenewable = try bool()
        login.record = try view().array
        login.token.ttlSeconds = try int()
        login.token.maxSeconds = try int()
        login.token.explicitMaxSeconds = try int()
        login.token.numUses = try int()
        login.token.periodSeconds = try int()
        login.token.policies = try texts()
        login.token.boundCIDRs = try texts()
        login.token.hasNoDefaultPolicy = try bool()
        login.token.type = try text()
        return login
    }
}
