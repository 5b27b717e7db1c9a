internal import Bytes
internal import EngineKit

/// A mount as it is stored. **Layout** format 1: path, type, accessor, uuid, description, two lease times, two flags,
/// whether it is being removed, number of options, options in the order of their names. Format 2 goes on with:
/// visibility, token type, whether nothing is cached, and four lists, each its count and its texts. Format 3 goes on
/// with three numbers and a flag of lockout, each with a flag before it that says whether it is set.
struct MountRecord {
    var description: MountDescription
    /// Its data is being removed; what is left of it goes when the table is loaded.
    var isEnding = false
    /// Where it is stored: the house's own mounts lie elsewhere.
    var isHouse = false

    /// The stored form.
    var record: [UInt8] {
        var writer = RecordWriter(format: 3)
        for text in [
            description.path, description.type, description.accessor, description.uuid, description.about,
        ] {
            writer.put(text: text)
        }
        writer.put(description.defaultLeaseSeconds)
        writer.put(description.maxLeaseSeconds)
        for flag in [description.isLocal, description.isSealWrapped, isEnding] { writer.put(flag) }
        writer.put(description.options.count)
        for (name, value) in description.options.sorted(by: { $0.key < $1.key }) {
            writer.put(text: name)
            writer.put(text: value)
        }
        writer.put(text: description.listingVisibility)
        writer.put(text: description.tokenType)
        writer.put(description.forcesNoCache)
        for list in [
            description.plainRequestKeys, description.plainResponseKeys, description.passedRequestHeaders,
            description.allowedResponseHeaders,
        ] {
            writer.put(list.count)
            for text in list { writer.put(text: text) }
        }
        let lockout = description.lockout
        for number in [lockout.threshold, lockout.lockSeconds, lockout.resetSeconds] {
            writer.put(number != nil)
            if let number { writer.put(number) }
        }
        writer.put(lockout.isDisabled != nil)
        if let isDisabled = lockout.isDisabled { writer.put(isDisabled) }
        return writer.record
    }

    init(_ description: MountDescription, isEnding: Bool = false, isHouse: Bool = false) {
        self.description = description
        self.isEnding = isEnding
        self.isHouse = isHouse
    }

    /// Reads the stored form back.
    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        let format = reader.format
        guard (1...3).contains(format) else { throw RecordFault() }
        description = MountDescription(
            path: try reader.view().string, type: try reader.view().string, accessor: try reader.view().string,
            uuid: try reader.view().string, about: try reader.view().string)
        description.defaultLeaseSeconds = try reader.int()
        description.maxLeaseSeconds = try reader.int()
        description.isLocal = try reader.bool()
        description.isSealWrapped = try reader.bool()
        isEnding = try reader.bool()
        let count = try reader.int()
        guard count >= 0, count <= record.count else { throw RecordFault() }
        for _ in 0..<count {
            let name = try reader.view().string
            description.options[name] = try reader.view().string
        }
        if format >= 2 {
            description.listingVisibility = try reader.view().string
            description.tokenType = try reader.view().string
            description.forcesNoCache = try reader.bool()
            description.plainRequestKeys = try Self.list(&reader, limit: record.count)
            description.plainResponseKeys = try Self.list(&reader, limit: record.count)
            description.passedRequestHeaders = try Self.list(&reader, limit: record.count)
            description.allowedResponseHeaders = try Self.list(&reader, limit: record.count)
        }
        if format >= 3 {
            if try reader.bool() { description.lockout.threshold = try reader.int() }
            if try reader.bool() { description.lockout.lockSeconds = try reader.int() }
            if try reader.bool() { description.lockout.resetSeconds = try reader.int() }
            if try reader.bool() { description.lockout.isDisabled = try reader.bool() }
        }
        try reader.finish()
    }

    private static func list(_ reader: inout RecordReader, limit: Int) throws(RecordFault) -> [String] {
        let count = try reader.int()
        guard count >= 0, count <= limit else { throw RecordFault() }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try reader.view().string) }
        return texts
    }
}
