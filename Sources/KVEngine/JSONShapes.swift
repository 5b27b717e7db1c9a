internal import Bytes

/// Work on JSON text that keeps every number and string as it was spelled.
///
/// Recursion goes as deep as the text, which the scanner bounded when the text came in. Where a name comes twice in an
/// object, its last value counts.
enum JSONShapes {
    private struct Members {
        var order: [(key: ByteView, value: JSONValue)] = []
        var places: [[UInt8]: Int] = [:]

        /// The members of an object; of text that is none, nothing.
        init(_ object: ByteView) {
            var scanner = JSONScanner(object, depthLimit: JSONScanner.deepestLimit)
            var isFirst = true
            guard scanner.peek() == UInt8(ascii: "{"), (try? scanner.openDocument()) == true else { return }
            while let key = try? scanner.nextMember(&isFirst), let value = try? scanner.scanValue() {
                let name = Array(JSONText.string(key, in: object).utf8)
                if let place = places[name] {
                    order[place].value = value
                } else {
                    places[name] = order.count
                    order.append((object.slice(key.offset, key.count), value))
                }
            }
        }
    }

    /// Appends `target` with the merge patch applied. **Source** RFC 7396 §2.
    static func merge(_ patch: ByteView, into target: ByteView, _ output: inout ByteWriter) {
        guard isObject(patch) else {
            output.append(patch)
            return
        }
        let (old, new) = (Members(target), Members(patch))
        var isFirst = true
        func open(_ key: ByteView) {
            output.append(text: isFirst ? "\"" : ",\"")
            output.append(key)
            output.append("\":")
            isFirst = false
        }
        output.append("{")
        let names = old.places.sorted { $0.value < $1.value }.map(\.key)
        for (name, (key, value)) in zip(names, old.order) {
            let kept = raw(value, in: target)
            guard let place = new.places[name] else {
                open(key)
                output.append(kept)
                continue
            }
            let change = new.order[place].value
            if change.kind == .null { continue }
            open(key)
            merge(raw(change, in: patch), into: kept, &output)
        }
        let added = new.places.sorted { $0.value < $1.value }.map(\.key)
        for (name, (key, value)) in zip(added, new.order) where old.places[name] == nil && value.kind != .null {
            open(key)
            merge(raw(value, in: patch), into: .empty, &output)
        }
        output.append("}")
    }

    /// Appends the object with null in the place of every value that is no object, and of what lies deeper than
    /// `depth`; 0 goes all the way.
    static func subkeys(of object: ByteView, depth: Int, _ output: inout ByteWriter) {
        guard isObject(object) else {
            output.append("null")
            return
        }
        output.append("{")
        for (index, member) in Members(object).order.enumerated() {
            output.append(text: index > 0 ? ",\"" : "\"")
            output.append(member.key)
            output.append("\":")
            if member.value.kind == .object && depth != 1 {
                subkeys(of: raw(member.value, in: object), depth: max(depth - 1, 0), &output)
            } else {
                output.append("null")
            }
        }
        output.append("}")
    }

    private static func isObject(_ text: ByteView) -> Bool {
        var scanner = JSONScanner(text, depthLimit: 1)
        return scanner.peek() == UInt8(ascii: "{")
    }

    /// The text of a value, the quotes of strings included.
    static func raw(_ value: JSONValue, in text: ByteView) -> ByteView {
        value.isString ? text.slice(value.offset - 1, value.count + 2) : text.slice(value.offset, value.count)
    }
}
