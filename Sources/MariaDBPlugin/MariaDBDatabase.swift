package import DatabaseEngine

/// MariaDB and MySQL over libmariadb.
package struct MariaDBDatabase: DatabasePlugin {
    package let names = [
        "mysql-database-plugin", "mariadb-database-plugin", "mysql", "mariadb", "mysql-rds-database-plugin",
        "mysql-aurora-database-plugin", "mysql-legacy-database-plugin",
    ]
    package let dialect = StatementDialect.mySQL
    package let needsCreationStatements = true

    /// The plugin.
    package init() {}

    package func check(_ details: ConnectionDetails) throws(DatabaseFault) { _ = try MariaDBAddress(details) }

    package func connect(_ details: ConnectionDetails) throws(DatabaseFault) -> any DatabaseLink {
        try MariaDBLink(try MariaDBAddress(details))
    }
}

/// A connection string in the form `user:password@tcp(host:port)/database?parameters`, taken apart.
struct MariaDBAddress: Equatable {
    var username: String
    var password: String
    var host = "127.0.0.1"
    var port: UInt32 = 3306
    var socket = ""
    var database = ""
    var usesTLS = false
    var checksServer = true

    init(_ details: ConnectionDetails) throws(DatabaseFault) {
        guard !details.url.isEmpty else { throw .refused("connection_url cannot be empty") }
        // From the end: a password may hold an @, an address does not.
        let url = Substring(details.url)
        let at = url.lastIndex(of: "@")
        let login = at.map { url[..<$0] } ?? ""
        let rest = at.map { url[url.index(after: $0)...] } ?? url
        let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        username = Self.filled(parts.first, details) ?? details.username
        password = Self.filled(parts.count == 2 ? parts[1] : nil, details) ?? details.password
        if username.isEmpty { username = details.username }
        let halves = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = halves.first, halves.count == 2 else {
            throw .refused("connection_url is not of the form user:password@tcp(host:port)/database")
        }
        let tail = halves[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        database = tail.first.map(String.init) ?? ""
        try readAddress(address)
        if tail.count == 2 { readParameters(tail[1]) }
        // The library takes authorities from files alone.
        if details.options["tls_ca"]?.isEmpty == false {
            throw .refused("tls_ca is not supported; put the authority in the system's store and use tls=true")
        }
    }

    private static func filled(_ text: Substring?, _ details: ConnectionDetails) -> String? {
        switch text?.filter({ $0 != " " }) {
        case nil: nil
        case "{{username}}": details.username
        case "{{password}}": details.password
        case let plain?: plain
        }
    }

    private mutating func readAddress(_ text: Substring) throws(DatabaseFault) {
        if text.isEmpty { return }
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else {
            throw .refused("connection_url has no address of the form tcp(host:port) or unix(path)")
        }
        let inside = text[text.index(after: open)...].dropLast()
        switch text[..<open] {
        case "unix": socket = String(inside)
        case "tcp", "":
            guard let colon = inside.lastIndex(of: ":"), inside.last != "]" else {
                host = inside.filter { $0 != "[" && $0 != "]" }
                return
            }
            guard let number = UInt32(inside[inside.index(after: colon)...]), number <= 65535 else {
                throw .refused("connection_url has no port that is one")
            }
            host = inside[..<colon].filter { $0 != "[" && $0 != "]" }
            port = number
        default: throw .refused("connection_url has a protocol that is not tcp or unix")
        }
    }

    private mutating func readParameters(_ text: Substring) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0] == "tls" else { continue }
            usesTLS = parts[1] != "false"
            checksServer = parts[1] != "skip-verify" && parts[1] != "preferred"
        }
    }
}
