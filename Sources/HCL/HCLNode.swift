/// A place in a text: both count from 1, columns in characters (Unicode scalars).
package struct HCLPosition: Sendable, Hashable {
    /// The line.
    package let line: Int
    /// The column.
    package let column: Int

    /// The place at `line` and `column`.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value and where it begins.
package struct HCLNode: Sendable, Equatable {
    /// What the value is.
    package enum Kind: Sendable, Equatable {
        /// JSON's `null`; the native form has none.
        case null
        /// `true` or `false`.
        case bool(Bool)
        /// A number written without fraction and exponent.
        case integer(Int)
        /// A number written with a fraction or an exponent; always finite.
        case float(Double)
        /// A string or heredoc, escapes resolved.
        case string(String)
        /// `[…]`.
        case list([HCLNode])
        /// `{…}`.
        case object(HCLBody)
    }

    /// What the value is.
    package let kind: Kind
    /// Where it begins.
    package let position: HCLPosition

    /// A value at a place.
    package init(_ kind: Kind, at position: HCLPosition) {
        self.kind = kind
        self.position = position
    }
}

// Values of configuration files may be secrets, so a node describes its kind alone.
extension HCLNode: CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind in plain words, never the value.
    package var description: String {
        switch kind {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .float: "a number"
        case .string: "a string"
        case .list: "a list"
        case .object: "an object"
        }
    }

    /// The same as `description`.
    package var debugDescription: String { description }
}

/// `key = value`.
package struct HCLAttribute: Sendable, Equatable {
    /// The key.
    package let key: String
    /// Its value.
    package let value: HCLNode
    /// Where the key begins.
    package let position: HCLPosition
}

/// `type "label" … { … }`.
package struct HCLBlock: Sendable, Equatable {
    /// The word before the labels.
    package let type: String
    /// The labels, none to many.
    package let labels: [String]
    /// What stands between the braces.
    package let body: HCLBody
    /// Where the block begins.
    package let position: HCLPosition

    /// A block of these parts.
    package init(type: String, labels: [String], body: HCLBody, position: HCLPosition) {
        self.type = type
        self.labels = labels
        self.body = body
        self.position = position
    }
}

/// One thing in a body.
package enum HCLItem: Sendable, Equatable {
    /// `key = value`; in the JSON form everything is one of these.
    case attribute(HCLAttribute)
    /// `type "label" { … }`.
    case block(HCLBlock)

    /// The attribute's key or the block's type.
    package var name: String {
        switch self {
        case .attribute(let attribute): attribute.key
        case .block(let block): block.type
        }
    }

    /// Where it begins.
    package var position: HCLPosition {
        switch self {
        case .attribute(let attribute): attribute.position
        case .block(let block): block.position
        }
    }
}

/// What stands in a document, a block or an object: in the order of the text, repetitions kept.
package struct HCLBody: Sendable, Equatable {
    /// The attributes and blocks.
    package let items: [HCLItem]

    /// A body of these items.
    package init(_ items: [HCLItem]) { self.items = items }
}

/// A whole text, parsed.
package struct HCLDocument: Sendable, Equatable {
    /// How it was written.
    package enum Form: Sendable, Equatable {
        /// The native form.
        case native
        /// The JSON form: the first byte that is no space is `{`.
        case json
    }

    /// The name of the file, as given.
    package let file: String
    /// How it was written.
    package let form: Form
    /// What it says.
    package let body: HCLBody
}
