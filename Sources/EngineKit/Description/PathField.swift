/// One parameter of a request, or one member of an answer.
package struct PathField: Sendable {
    /// What kind of value it has.
    package enum Kind: Sendable {
        /// JSON's kinds.
        case text, integer, number, flag, anything
        /// Bytes in base64, in a text.
        case base64
        /// A number of seconds, or a text such as `1h`.
        case duration
        /// A list, or an object whose members are not known.
        indirect case list(Kind)
        indirect case map(Kind)
        /// An object with the members in `members`.
        case object
    }

    /// Its name.
    package let name: String
    /// Its kind.
    package let kind: Kind
    /// What it is for.
    package let about: String
    /// Members of an object, or of the objects in a list.
    package let members: [PathField]
    /// Whether it must be there; in answers, whether it always is.
    package private(set) var isRequired = false
    /// Whether it may be null.
    package private(set) var isNullable = false
    /// The only values; empty for any.
    package private(set) var choices: [String] = []

    /// A field.
    package init(_ name: String, _ kind: Kind, _ about: String = "", _ members: [PathField] = []) {
        (self.name, self.kind, self.about, self.members) = (name, kind, about, members)
    }

    /// A text.
    package static func text(_ name: String, _ about: String = "") -> PathField { PathField(name, .text, about) }
    /// One of a few texts.
    package static func choice(_ name: String, _ choices: [String], _ about: String = "") -> PathField {
        var field = PathField(name, .text, about)
        field.choices = choices
        return field
    }
    /// Bytes in base64.
    package static func base64(_ name: String, _ about: String = "") -> PathField { PathField(name, .base64, about) }
    /// A duration.
    package static func duration(_ name: String, _ about: String = "") -> PathField {
        PathField(name, .duration, about)
    }
    /// A whole number.
    package static func int(_ name: String, _ about: String = "") -> PathField { PathField(name, .integer, about) }
    /// True or false.
    package static func flag(_ name: String, _ about: String = "") -> PathField { PathField(name, .flag, about) }
    /// A list of texts.
    package static func texts(_ name: String, _ about: String = "") -> PathField {
        PathField(name, .list(.text), about)
    }
    /// An object of texts.
    package static func map(_ name: String, _ about: String = "") -> PathField { PathField(name, .map(.text), about) }
    /// An object with known members.
    package static func object(_ name: String, _ about: String = "", _ members: [PathField] = []) -> PathField {
        PathField(name, .object, about, members)
    }
    /// A list of objects with known members.
    package static func objects(_ name: String, _ about: String = "", _ members: [PathField] = []) -> PathField {
        PathField(name, .list(.object), about, members)
    }
    /// An object whose members are objects with known members.
    package static func mapOfObjects(_ name: String, _ about: String = "", _ members: [PathField] = []) -> PathField {
        PathField(name, .map(.object), about, members)
    }
    /// Any value.
    package static func anything(_ name: String, _ about: String = "") -> PathField {
        PathField(name, .anything, about)
    }

    /// The same, and it must be there.
    package var required: PathField {
        var field = self
        field.isRequired = true
        return field
    }

    /// The same, and it may be null.
    package var orNull: PathField {
        var field = self
        field.isNullable = true
        return field
    }

    /// The pages of a list.
    package static let page: [PathField] = [
        .text("after", "The name that the page begins behind."), .int("limit", "The most names of a page."),
    ]
}

extension [PathField] {
    /// The same fields, all of them always there.
    package var allRequired: [PathField] { map(\.required) }
}
