internal import Bytes
internal import EngineKit

/// A user. **Layout** format 1: `hash ‖ token settings ‖ hasFactor ‖ [factor]`.
struct UserRecord: Sendable {
    static func path(_ name: UserName) -> String { "user/" + name.text }
    static let folder = "user/"

    var password: PasswordHash
    var token = TokenSettings()
    var factor: TOTPFactor?

    init(password: PasswordHash) { self.password = password }

    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        password.put(into: &writer)
        token.put(into: &writer)
        writer.put(factor != nil)
        factor?.put(into: &writer)
        return writer.record
    }

    init(from reader: inout RecordReader) throws(RecordFault) {
        password = try PasswordHash(from: &reader)
        token = try TokenSettings(from: &reader)
        if try reader.bool() { factor = try TOTPFactor(from: &reader) }
    }
}
