internal import CPostgreSQL
package import DatabaseEngine

/// PostgreSQL over libpq.
package struct PostgreSQLDatabase: DatabasePlugin {
    package let names = ["postgresql-database-plugin", "postgresql"]
    package let dialect = StatementDialect.postgreSQL
    package let needsCreationStatements = true

    /// The plugin.
    package init() {}

    package func check(_ details: ConnectionDetails) throws(DatabaseFault) {
        guard !details.url.isEmpty else { throw .refused("connection_url cannot be empty") }
        var message: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(try ConnectionText.fill(details), &message)
        defer { if let message { PQfreemem(message) } }
        // The library's own text quotes the whole URL, password and all.
        guard let options else { throw .refused("connection_url is not a PostgreSQL connection string") }
        PQconninfoFree(options)
    }

    package func connect(_ details: ConnectionDetails) throws(DatabaseFault) -> any DatabaseLink {
        try PostgreSQLLink(details)
    }
}

/// The connection string with its placeholders filled: percent-encoded in a URL, quoted among keywords.
enum ConnectionText {
    static func fill(_ details: ConnectionDetails) throws(DatabaseFault) -> String {
        let url = details.url
        let isURL = url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
        var result = ""
        var rest = Substring(url)
        while let open = rest.range(of: "{{"), let close = rest[open.upperBound...].range(of: "}}") {
            result += rest[..<open.lowerBound]
            let value: String
            switch rest[open.upperBound..<close.lowerBound].filter({ $0 != " " }) {
            case "username": value = details.username
            case "password": value = details.password
            default: throw .refused("unknown placeholder in connection_url")
            }
            result += isURL ? percentEncoded(value) : quoted(value)
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let isPlain =
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80
                || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~")].contains(byte)
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.reduce(into: "") { $0 += $1 == "'" || $1 == "\\" ? "\\\($1)" : "\($1)" } + "'"
    }
}

extension Substring {
    /// The first place of `text`, found by its characters.
    fileprivate func range(of text: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return at..<index(at, offsetBy: text.count) }
            at = index(after: at)
        }
        return nil
    }
}
