internal import Bytes
internal import EngineKit

/// How to reach a database, as `config/:name` has it.
struct DatabaseConfiguration: Sendable, Equatable {
    static let format: UInt8 = 1
    var plugin = ""
    var url = ""
    var username = ""
    var password = ""
    /// The password that a rotation was about to set when the server ended; empty for none.
    var pendingPassword = ""
    var allowedRoles: [String] = []
    var rotationStatements: [String] = []
    var passwordPolicy = ""
    var usernameTemplate = ""
    var maxOpenConnections = 4
    /// What only the plugin knows.
    var options: [String: String] = [:]

    func allows(_ role: String) -> Bool {
        allowedRoles.contains { allowed in
            if allowed == "*" || allowed == role { return true }
            if allowed.hasSuffix("*") { return role.utf8.starts(with: allowed.dropLast().utf8) }
            return allowed.hasPrefix("*") && role.hasSuffix(allowed.dropFirst())
        }
    }

    func details(password: String? = nil) -> ConnectionDetails {
        ConnectionDetails(url: url, username: username, password: password ?? self.password, options: options)
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        for text in [plugin, url, username, password, pendingPassword, passwordPolicy, usernameTemplate] {
            writer.put(text: text)
        }
        writer.put(maxOpenConnections)
        writer.put(list: allowedRoles)
        writer.put(list: rotationStatements)
        writer.put(list: options.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        return writer.record
    }

    init() {}

    init(from reader: inout RecordReader) throws(RecordFault) {
        plugin = try reader.text()
        url = try reader.text()
        username = try reader.text()
        password = try reader.text()
        pendingPassword = try reader.text()
        passwordPolicy = try reader.text()
        usernameTemplate = try reader.text()
        maxOpenConnections = try reader.int()
        allowedRoles = try reader.list()
        rotationStatements = try reader.list()
        let pairs = try reader.list()
        for index in stride(from: 0, to: pairs.count - 1, by: 2) { options[pairs[index]] = pairs[index + 1] }
    }
}

/// How users of a role are made, as `roles/:name` has it.
struct DatabaseRole: Sendable, Equatable {
    static let format: UInt8 = 1
    var database = ""
    var creation: [String] = []
    var revocation: [String] = []
    var rollback: [String] = []
    var renewal: [String] = []
    var defaultSeconds = 0
    var maxSeconds = 0

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        writer.put(text: database)
        for list in [creation, revocation, rollback, renewal] { writer.put(list: list) }
        writer.put(defaultSeconds)
        writer.put(maxSeconds)
        return writer.record
    }

    init() {}

    init(from reader: inout RecordReader) throws(RecordFault) {
        database = try reader.text()
        creation = try reader.list()
        revocation = try reader.list()
        rollback = try reader.list()
        renewal = try reader.list()
        defaultSeconds = try reader.int()
        maxSeconds = try reader.int()
    }
}

/// A user that exists anyway and whose password is changed by time, as `static-roles/:name` has it.
struct StaticRole: Sendable, Equatable {
    static let format: UInt8 = 1
    var database = ""
    var username = ""
    var rotation: [String] = []
    /// **Units** seconds; 0 where there is a schedule.
    var periodSeconds = 0
    /// As given; empty where there is a period.
    var schedule = ""
    /// How long after its time a rotation by schedule may begin; 0 for any time. **Units** seconds.
    var windowSeconds = 0
    var password = ""
    /// The password that was being set; it may or may not be the database's already. Empty for none.
    var pendingPassword = ""
    /// **Units** Unix seconds; 0 for never.
    var lastRotation = 0
    /// **Units** Unix seconds.
    var nextRotation = 0

    /// The time of the rotation after one at `now`.
    func rotation(after now: Int) -> Int {
        if periodSeconds > 0 { return now &+ periodSeconds }
        return RotationSchedule(schedule)?.next(after: now) ?? now &+ 86_400
    }

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        for text in [database, username, schedule, password, pendingPassword] { writer.put(text: text) }
        writer.put(list: rotation)
        for number in [periodSeconds, windowSeconds, lastRotation, nextRotation] { writer.put(number) }
        return writer.record
    }

    init() {}

    init(from reader: inout RecordReader) throws(RecordFault) {
        database = try reader.text()
        username = try reader.text()
        schedule = try reader.text()
        password = try reader.text()
        pendingPassword = try reader.text()
        rotation = try reader.list()
        periodSeconds = try reader.int()
        windowSeconds = try reader.int()
        lastRotation = try reader.int()
        nextRotation = try reader.int()
    }
}

/// A user that is about to be made: noted before the database is asked, so that nothing is left when the server ends
/// before a lease is recorded.
struct PendingUser: Sendable, Equatable {
    static let format: UInt8 = 1
    var database = ""
    var username = ""
    var rollback: [String] = []
    var revocation: [String] = []
    /// The server's run that noted it.
    var run = ""
    /// **Units** Unix seconds.
    var notedUnixSeconds = 0
    /// Whether it is being undone: no lease may be recorded for it any more.
    var isUndone = false
    /// When the database was first asked to end it; 0 when it never was. **Units** Unix seconds.
    var askedUnixSeconds = 0

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        for text in [database, username, run] { writer.put(text: text) }
        writer.put(list: rollback)
        writer.put(list: revocation)
        writer.put(notedUnixSeconds)
        writer.put(isUndone)
        writer.put(askedUnixSeconds)
        return writer.record
    }

    init() {}

    init(from reader: inout RecordReader) throws(RecordFault) {
        database = try reader.text()
        username = try reader.text()
        run = try reader.text()
        rollback = try reader.list()
        revocation = try reader.list()
        notedUnixSeconds = try reader.int()
        isUndone = try reader.bool()
        askedUnixSeconds = try reader.int()
    }
}

/// What a lease of the engine carries: enough to end the user when the role is long gone.
struct LeasedUser: Sendable, Equatable {
    static let format: UInt8 = 1
    var database = ""
    var role = ""
    var username = ""
    var revocation: [String] = []

    var record: [UInt8] {
        var writer = RecordWriter(format: Self.format)
        for text in [database, role, username] { writer.put(text: text) }
        writer.put(list: revocation)
        return writer.record
    }

    init() {}

    init(from reader: inout RecordReader) throws(RecordFault) {
        database = try reader.text()
        role = try reader.text()
        username = try reader.text()
        revocation = try reader.list()
    }
}

/// A record of the engine's storage.
protocol StoredRecord: Sendable {
    static var format: UInt8 { get }
    var record: [UInt8] { get }
    init(from reader: inout RecordReader) throws(RecordFault)
}

extension DatabaseConfiguration: StoredRecord {}
extension DatabaseRole: StoredRecord {}
extension StaticRole: StoredRecord {}
extension PendingUser: StoredRecord {}
extension LeasedUser: StoredRecord {}

extension StoredRecord {
    /// Reads a record; nil for what is none.
    init?(stored: [UInt8]) {
        let value = stored.withUnsafeBytes { bytes -> Self? in
            do throws(RecordFault) {
                var reader = try RecordReader(ByteView(bytes))
                guard reader.format == Self.format else { return nil }
                let value = try Self(from: &reader)
                try reader.finish()
                return value
            } catch {
                return nil
            }
        }
        guard let value else { return nil }
        self = value
    }
}

extension RecordWriter {
    mutating func put(list: [String]) {
        put(list.count)
        for text in list { put(text: text) }
    }
}

extension RecordReader {
    mutating func list() throws(RecordFault) -> [String] {
        let count = try count(ofAtLeast: 8)
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try text()) }
        return result
    }
}
