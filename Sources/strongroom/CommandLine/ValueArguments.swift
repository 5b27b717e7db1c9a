internal import Foundation
internal import StrongroomClient

/// The data of a write, as words of the command line: `key=value`, `key=@file`, `key=-`, `@file.json`, `-`.
enum ValueArguments {
    /// Longest input in bytes, from a file or the standard input.
    static let limit = 64 * 1024 * 1024

    /// The object that the words describe. Values are strings; a key that is given again makes a list.
    static func object(_ words: [String]) throws(CommandFault) -> JSONNode {
        var object: JSONNode = [:]
        var given: Set<String> = []
        for word in words {
            if word == "-" {
                merge(try document(standardInput(), "the standard input"), into: &object)
            } else if word.hasPrefix("@") {
                let path = String(word.dropFirst())
                merge(try document(file(path), path), into: &object)
            } else {
                let (key, value) = try pair(word)
                if given.insert(key).inserted {
                    object[key] = .string(value)
                } else {
                    object[key] = .array((object[key]?.elements ?? [object[key] ?? .null]) + [.string(value)])
                }
            }
        }
        return object
    }

    /// A map of strings out of `key=value` words.
    static func strings(_ words: [String]) throws(CommandFault) -> JSONNode {
        var object: JSONNode = [:]
        for word in words {
            let (key, value) = try pair(word)
            object[key] = .string(value)
        }
        return object
    }

    /// The two sides of `key=value`, the value fetched where it says so; `key=\@text` begins with a real `@`.
    static func pair(_ word: String) throws(CommandFault) -> (String, String) {
        guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
            throw .local(
                "\"\(Shown.harmless(String(word.prefix(64))))\" is not key=value",
                next: "write key=value, key=@file, @file.json, or - for JSON on the standard input")
        }
        let key = String(word[..<equals])
        let value = String(word[word.index(after: equals)...])
        if value == "-" { return (key, String(decoding: try standardInput(), as: UTF8.self)) }
        if value.hasPrefix("@") { return (key, String(decoding: try file(String(value.dropFirst())), as: UTF8.self)) }
        if value.hasPrefix("\\@") { return (key, String(value.dropFirst())) }
        return (key, value)
    }

    /// Text given as itself, as `@file`, or as `-` for the standard input.
    static func text(_ word: String) throws(CommandFault) -> String {
        if word == "-" { return String(decoding: try standardInput(), as: UTF8.self) }
        if word.hasPrefix("@") { return String(decoding: try file(String(word.dropFirst())), as: UTF8.self) }
        return word
    }

    /// Everything on the standard input.
    static func standardInput() throws(CommandFault) -> [UInt8] {
        try contents(FileHandle.standardInput, "the standard input")
    }

    /// Everything in a file; `-` is the standard input.
    static func file(_ path: String) throws(CommandFault) -> [UInt8] {
        if path == "-" { return try standardInput() }
        let expanded = NSString(string: path).expandingTildeInPath
        guard let handle = FileHandle(forReadingAtPath: expanded) else {
            throw .local("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        return try contents(handle, path)
    }

    private static func contents(_ handle: FileHandle, _ name: String) throws(CommandFault) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece: Data?
            do { piece = try handle.read(upToCount: 1 << 20) } catch { throw .local("cannot read \(name)") }
            guard let piece, !piece.isEmpty else { return bytes }
            bytes += piece
            guard bytes.count <= limit else { throw .local("\(name) has more than \(limit) bytes") }
        }
    }

    private static func document(_ bytes: [UInt8], _ name: String) throws(CommandFault) -> JSONNode {
        guard let node = try? JSONNode(parsing: bytes), node.members != nil else {
            throw .local("\(name) holds no JSON object")
        }
        return node
    }

    private static func merge(_ node: JSONNode, into object: inout JSONNode) {
        for member in node.members ?? [] { object[member.name] = member.value }
    }
}
