internal import Bytes

/// A device as it is stored.
///
/// **Layout** format 1: path, type, description, whether it is local, salt, number of options,
/// options in the order of their names.
struct DeviceRecord {
    var wish: DeviceWish
    var salt: [UInt8]

    init(wish: DeviceWish, salt: [UInt8]) {
        self.wish = wish
        self.salt = salt
    }

    /// The stored form.
    var bytes: [UInt8] {
        var writer = RecordWriter(format: 1)
        for text in [wish.path, wish.type, wish.about] { writer.put(text: text) }
        writer.put(wish.isLocal)
        writer.put(bytes: salt)
        writer.put(wish.options.count)
        for (name, value) in wish.options.sorted(by: { $0.key < $1.key }) {
            writer.put(text: name)
            writer.put(text: value)
        }
        return writer.record
    }

    /// Reads the stored form back.
    init(_ bytes: [UInt8]) throws(RecordFault) {
        var copy = ByteWriter(capacity: bytes.count)
        copy.append(bytes)
        var reader = try RecordReader(copy.view)
        guard reader.format == 1 else { throw RecordFault() }
        wish = DeviceWish(
            path: try reader.view().string, type: try reader.view().string, about: try reader.view().string,
            isLocal: try reader.bool(), options: [:])
        salt = try reader.view().array
        let count = try reader.int()
        guard count >= 0, count <= bytes.count else { throw RecordFault() }
        for _ in 0..<count {
            let name = try reader.view().string
            wish.options[name] = try reader.view().string
        }
        try reader.finish()
    }
}

/// The recorded headers as they are stored. **Layout** format 1: their number; name and whether it is hashed of each.
enum HeaderRecord {
    static func bytes(_ headers: [AuditedHeader]) -> [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(headers.count)
        for header in headers {
            writer.put(text: header.name)
            writer.put(header.isHashed)
        }
        return writer.record
    }

    static func headers(_ bytes: [UInt8]) -> [AuditedHeader] {
        var copy = ByteWriter(capacity: bytes.count)
        copy.append(bytes)
        var headers: [AuditedHeader] = []
        do throws(RecordFault) {
            var reader = try RecordReader(copy.view)
            let count = try reader.int()
            guard reader.format == 1, count >= 0, count <= bytes.count else { return [] }
            for _ in 0..<count {
                headers.append(AuditedHeader(name: try reader.view().string, isHashed: try reader.bool()))
            }
        } catch {
            return []
        }
        return headers
    }
}
