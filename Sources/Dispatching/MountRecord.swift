internal import Bytes
internal import EngineKit

/// A mount as it is stored. **Layout** format 1: path, type, accessor, uuid, description, two lease times, two flags,
/// whether it is being removed, number of options, options in the order of their names.
struct MountRecord {
    var description: MountDescription
    /// Its data is being removed; what is left of it goes when the table is loaded.
    var isEnding = false

    /// The stored form.
    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
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
        return writer.record
    }

    init(_ description: MountDescription, isEnding: Bool = false) {
        self.description = description
        self.isEnding = isEnding
    }

    /// Reads the stored form back.
    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
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
        try reader.finish()
    }
}
