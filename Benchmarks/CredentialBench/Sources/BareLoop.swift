internal import CPostgreSQL
internal import Foundation
internal import Synchronization

/// The yardstick: libpq alone, one thread a connection, the statements of one user in one transaction after another.
struct BareLoop {
    let url: String
    let connections: Int

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The statements that make a user; the engine's role has the same.
    static let creation = [
        "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'",
        "GRANT readers TO \"{{name}}\"",
    ]

    /// Users a second over all connections.
    func rate(_ count: Int) throws -> Double {
        let turns = Turns()
        let group = DispatchGroup()
        let start = ContinuousClock.now
        for number in 0..<connections {
            DispatchQueue(label: "bare.\(number)").async(group: group) {
                do { try makeUsers(count, turns) } catch { turns.fail("\(error)") }
            }
        }
        group.wait()
        if let text = turns.failure { throw Failure(description: text) }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func makeUsers(_ count: Int, _ turns: Turns) throws {
        let connection = try connect()
        defer { PQfinish(connection) }
        while turns.next() < count {
            let name = "bare-" + UUID().uuidString.prefix(18)
            try Self.execute(connection, "BEGIN")
            for statement in Self.creation {
                let text = statement.replacingOccurrences(of: "{{name}}", with: name)
                    .replacingOccurrences(of: "{{password}}", with: "abcdefgh-ABCDEFG-1234")
                    .replacingOccurrences(of: "{{expiration}}", with: "2099-01-01 00:00:00+0000")
                try Self.execute(connection, text)
            }
            try Self.execute(connection, "COMMIT")
        }
    }

    /// Runs statements over a connection of its own.
    func run(_ statements: [String]) throws {
        let connection = try connect()
        defer { PQfinish(connection) }
        for statement in statements { try Self.execute(connection, statement) }
    }

    private func connect() throws -> OpaquePointer {
        guard let connection = PQconnectdb(url), PQstatus(connection) == CONNECTION_OK else {
            throw Failure(description: "cannot connect to the database")
        }
        return connection
    }

    private static func execute(_ connection: OpaquePointer, _ statement: String) throws {
        let result = PQexec(connection, statement)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            throw Failure(description: PQerrorMessage(connection).map { String(cString: $0) } ?? "failed")
        }
    }
}

/// 0, 1, 2 … for many threads or tasks, and what went wrong last.
final class Turns: Sendable {
    private let count = Atomic(0)
    private let text = Mutex<String?>(nil)

    var failure: String? { text.withLock { $0 } }
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    func fail(_ why: String) { text.withLock { $0 = why } }
}
