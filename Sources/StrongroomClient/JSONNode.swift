/// A JSON document whose members keep their order and whose numbers keep the digits that they came with.
package indirect enum JSONNode: Sendable, Equatable {
    /// JSON's own kinds; a number is the text that stood there.
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([Member])

    /// One member of an object.
    package struct Member: Sendable, Equatable {
        /// Its name, escapes resolved.
        package var name: String
        /// Its value.
        package var value: JSONNode

        /// A member of that name.
        package init(_ name: String, _ value: JSONNode) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name; nil when there is none, or when this is no object. The last one wins, as in JSON
    /// parsers everywhere.
    package subscript(name: String) -> JSONNode? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.last { $0.name == name }?.value
        }
        set {
            var members = self.members ?? []
            if let at = members.lastIndex(where: { $0.name == name }) {
                if let newValue { members[at].value = newValue } else { members.remove(at: at) }
            } else if let newValue {
                members.append(Member(name, newValue))
            }
            self = .object(members)
        }
    }

    /// The value at the end of a path of names.
    package func at(_ path: String...) -> JSONNode? {
        var node: JSONNode? = self
        for name in path { node = node?[name] }
        return node
    }

    /// The members, in order, of an object.
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    /// The elements of an array.
    package var elements: [JSONNode]? { if case .array(let elements) = self { elements } else { nil } }
    /// The text of a string.
    package var text: String? { if case .string(let text) = self { text } else { nil } }
    /// The strings of an array, others left out.
    package var texts: [String]? { elements?.compactMap(\.text) }
    /// The truth of a Boolean.
    package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    /// The value of a whole number that fits, or of a string that spells one.
    package var integer: Int? {
        switch self {
        case .number(let digits), .string(let digits): Int(digits)
        case .null, .bool, .array, .object: nil
        }
    }
    /// Whether it is `null`.
    package var isNull: Bool { self == .null }
    /// Whether it is `null`, or a container with nothing in it.
    package var isEmpty: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .number, .string: false
        }
    }

    /// The document with the members of all its objects in the byte order of their names.
    package var sorted: JSONNode {
        switch self {
        case .null, .bool, .number, .string: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(
                members.map { Member($0.name, $0.value.sorted) }
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        }
    }
}

extension JSONNode: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// An object with those members, in that order.
    package init(dictionaryLiteral elements: (String, JSONNode)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    /// An array.
    package init(arrayLiteral elements: JSONNode...) { self = .array(elements) }
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    /// `true` or `false`.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    package init(_ value: Int) { self = .number(String(value)) }
    /// An array of strings.
    package init(_ texts: [String]) { self = .array(texts.map { .string($0) }) }
}
