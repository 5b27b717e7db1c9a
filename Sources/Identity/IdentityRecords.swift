internal import Bytes
internal import EngineKit

/// **Layout** format 1: the fields in the order below; lists and maps are a count and their members.
extension Entity {
    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: id)
        writer.put(text: name)
        writer.put(texts: policies)
        writer.put(map: metadata)
        writer.put(isDisabled)
        writer.put(aliases.count)
        for alias in aliases { writer.put(alias) }
        writer.put(texts: mergedIDs)
        writer.put(created)
        writer.put(updated)
        return writer.record
    }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        self.init(id: try reader.text(), name: try reader.text(), created: Timestamp(seconds: 0))
        policies = try reader.texts()
        metadata = try reader.map()
        isDisabled = try reader.bool()
        for _ in 0..<(try reader.count(ofAtLeast: 8)) { aliases.append(try reader.alias()) }
        mergedIDs = try reader.texts()
        guard let created = try reader.time(), let updated = try reader.time() else { throw RecordFault() }
        (self.created, self.updated) = (created, updated)
        try reader.finish()
    }
}

extension Group {
    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(text: id)
        writer.put(text: name)
        writer.put(kind == .external)
        writer.put(texts: policies)
        writer.put(map: metadata)
        writer.put(texts: memberEntityIDs)
        writer.put(texts: memberGroupIDs)
        writer.put(alias != nil)
        if let alias { writer.put(alias) }
        writer.put(modifyIndex)
        writer.put(created)
        writer.put(updated)
        return writer.record
    }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        self.init(
            id: try reader.text(), name: try reader.text(), kind: try reader.bool() ? .external : .internal,
            created: Timestamp(seconds: 0))
        policies = try reader.texts()
        metadata = try reader.map()
        memberEntityIDs = try reader.texts()
        memberGroupIDs = try reader.texts()
        if try reader.bool() { alias = try reader.alias() }
        modifyIndex = try reader.int()
        guard let created = try reader.time(), let updated = try reader.time() else { throw RecordFault() }
        (self.created, self.updated) = (created, updated)
        try reader.finish()
    }
}

extension RecordWriter {
    mutating func put(texts: [String]) {
        put(texts.count)
        for text in texts { put(text: text) }
    }

    mutating func put(map: [String: String]) {
        put(map.count)
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            put(text: key)
            put(text: value)
        }
    }

    fileprivate mutating func put(_ alias: Alias) {
        for text in [alias.id, alias.name, alias.mountAccessor, alias.mountPath, alias.mountType] { put(text: text) }
        put(map: alias.metadata)
        put(map: alias.customMetadata)
        put(texts: alias.mergedFromIDs)
        put(alias.created)
        put(alias.updated)
    }
}

extension RecordReader {
    mutating func texts() throws(RecordFault) -> [String] {
        var result: [String] = []
        for _ in 0..<(try count(ofAtLeast: 8)) { result.append(try text()) }
        return result
    }

    mutating func map() throws(RecordFault) -> [String: String] {
        var result: [String: String] = [:]
        for _ in 0..<(try count(ofAtLeast: 16)) {
            let key = try text()
            result[key] = try text()
        }
        return result
    }

    fileprivate mutating func alias() throws(RecordFault) -> Alias {
        let (id, name, accessor) = (try text(), try text(), try text())
        let mount = MountDescription(path: try text(), type: try text(), accessor: accessor, uuid: "", about: "")
        var alias = Alias(id: id, name: name, mount: mount, created: Timestamp(seconds: 0))
        alias.metadata = try map()
        alias.customMetadata = try map()
        alias.mergedFromIDs = try texts()
        guard let created = try time(), let updated = try time() else { throw RecordFault() }
        (alias.created, alias.updated) = (created, updated)
        return alias
    }
}
