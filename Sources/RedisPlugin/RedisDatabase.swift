package import DatabaseEngine

/// Redis and Valkey, whose users are ACL users. `creation_statements` is one list of ACL rules, as JSON or with spaces
/// between them: `["~cache:*", "+@read"]`.
package struct RedisDatabase: DatabasePlugin {
    package let names = ["redis-database-plugin", "redis", "valkey-database-plugin", "valkey"]
    package let dialect = StatementDialect.words
    package let needsCreationStatements = false

    /// The plugin.
    package init() {}

    package func check(_ details: ConnectionDetails) throws(DatabaseFault) { _ = try RedisAddress(details) }

    package func connect(_ details: ConnectionDetails) throws(DatabaseFault) -> any DatabaseLink {
        try RedisLink(try RedisAddress(details))
    }
}

/// Where a Redis server is, and how one logs in: `host` and `port`, or a `connection_url` such as `redis://host:port`
/// or `unix:///path`.
struct RedisAddress: Equatable {
    var host = "127.0.0.1"
    var port: Int32 = 6379
    var socket = ""
    var username: String
    var password: String
    var persistence: String

    init(_ details: ConnectionDetails) throws(DatabaseFault) {
        (username, password) = (details.username, details.password)
        persistence = (details.options["persistence_mode"] ?? "").uppercased()
        guard ["", "NONE", "REWRITE", "ACLFILE"].contains(persistence) else {
            throw .refused("persistence_mode is one of REWRITE, ACLFILE and None")
        }
        for name in ["tls", "insecure_tls"] where (details.options[name] ?? "").lowercased() == "true" {
            throw .refused("TLS to Redis is not supported; use a tunnel")
        }
        if let host = details.options["host"], !host.isEmpty { self.host = host }
        if let port = details.options["port"], !port.isEmpty { self.port = try Self.number(port[...]) }
        if details.url.isEmpty { return }
        if details.url.hasPrefix("unix://") {
            socket = String(details.url.dropFirst(7))
            return
        }
        guard details.url.hasPrefix("redis://") else {
            throw .refused("connection_url is not of the form redis://host:port")
        }
        // Names and passwords belong to their own fields.
        let address = details.url.dropFirst(8).split(separator: "@").last ?? ""
        let place = address.prefix { $0 != "/" }
        if let colon = place.lastIndex(of: ":") {
            host = String(place[..<colon])
            port = try Self.number(place[place.index(after: colon)...])
        } else {
            host = String(place)
        }
    }

    private static func number(_ text: Substring) throws(DatabaseFault) -> Int32 {
        guard let number = Int32(text), (1...65535).contains(number) else { throw .refused("the port is none") }
        return number
    }
}
