package import Vocabulary

/// One path of an engine as people and tools are told of it: `?help=1`, the OpenAPI document.
///
/// **Layout** of `path`: relative to the mount, `{name}` for a segment that varies; a last `{path}` stands for all
/// that follows, slashes included.
package struct PathDescription: Sendable {
    /// The path's pattern.
    package var path: String
    /// What it is, in a sentence.
    package let about: String
    /// Whether no token is asked for.
    package var isOpenToAll: Bool
    /// What can be asked of it.
    package let actions: [PathAction]

    /// A path.
    package init(_ path: String, _ about: String, isOpenToAll: Bool = false, _ actions: PathAction...) {
        (self.path, self.about, self.isOpenToAll, self.actions) = (path, about, isOpenToAll, actions)
    }

    /// A path with a list of actions.
    package init(_ path: String, _ about: String, isOpenToAll: Bool = false, actions: [PathAction]) {
        (self.path, self.about, self.isOpenToAll, self.actions) = (path, about, isOpenToAll, actions)
    }

    /// The names of the segments that vary.
    package var parameterNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// Whether a request's path is one of these. Each `{path}` takes one segment or more.
    package func covers(_ asked: String) -> Bool {
        Self.covers(path.split(separator: "/")[...], asked.split(separator: "/").prefix(64)[...])
    }

    private static func covers(_ pattern: ArraySlice<Substring>, _ asked: ArraySlice<Substring>) -> Bool {
        guard let segment = pattern.first else { return asked.isEmpty }
        guard let part = asked.first else { return false }
        let rest = pattern.dropFirst()
        guard segment == "{path}" else {
            return (segment.hasPrefix("{") || segment == part) && covers(rest, asked.dropFirst())
        }
        return rest.isEmpty || asked.indices.dropFirst().contains { covers(rest, asked[$0...]) }
    }
}

/// One operation on a path.
package struct PathAction: Sendable {
    /// The operation.
    package let operation: Operation
    /// What it does, in a line.
    package let about: String
    /// What it takes: members of the body, or of the query where there is no body.
    package let fields: [PathField]
    /// What it answers.
    package let answer: PathAnswer

    /// An operation.
    package init(
        _ operation: Operation, _ about: String, takes fields: [PathField] = [], gives answer: PathAnswer = .nothing
    ) {
        (self.operation, self.about, self.fields, self.answer) = (operation, about, fields, answer)
    }

    /// A read.
    package static func read(
        _ about: String, takes fields: [PathField] = [], gives answer: PathAnswer
    ) -> PathAction { PathAction(.read, about, takes: fields, gives: answer) }

    /// A write.
    package static func write(
        _ about: String, takes fields: [PathField] = [], gives answer: PathAnswer = .nothing
    ) -> PathAction { PathAction(.write, about, takes: fields, gives: answer) }

    /// A merge patch.
    package static func patch(
        _ about: String, takes fields: [PathField] = [], gives answer: PathAnswer = .nothing
    ) -> PathAction { PathAction(.patch, about, takes: fields, gives: answer) }

    /// A deletion.
    package static func delete(
        _ about: String, takes fields: [PathField] = [], gives answer: PathAnswer = .nothing
    ) -> PathAction { PathAction(.delete, about, takes: fields, gives: answer) }

    /// A list of names, by pages where the room has them.
    package static func list(
        _ about: String, isPaged: Bool = false, takes fields: [PathField] = [], gives answer: PathAnswer = .names
    ) -> PathAction {
        PathAction(.list, about, takes: fields + (isPaged ? PathField.page : []), gives: answer)
    }
}
