internal import Bytes

/// Writes JSON once more with every string and number hashed; names of members, booleans and nulls stay.
///
/// **Cost** one pass, no allocation per value; depth costs a bit in a fixed stack.
struct JSONHashing {
    /// Members of the outermost object that stay in clear, with all below them.
    let plainKeys: [String]
    /// Whether `keys` and `key_info` of the outermost object are replaced by their lengths.
    let elidesLists: Bool

    private var open = [16 of UInt64](repeating: 0)
    private var depth = 0
    /// Values at this depth and below are in clear.
    private var plainDepth = Int.max
    // The objects of a batch are mostly alike: the shape of the first, and what the next one holds.
    private var shape = JSONObjectShape()
    private var values = [4 of JSONValue](repeating: .absent)
    private var isFirstElement = false

    init(plainKeys: [String] = [], elidesLists: Bool = false) {
        self.plainKeys = plainKeys
        self.elidesLists = elidesLists
    }

    /// Appends the document; false when it is not JSON, and then something may have been appended.
    mutating func write(
        _ text: ByteView, _ hasher: inout ValueHasher, _ scratch: AuditScratch, to output: inout ByteWriter
    ) -> Bool {
        var scanner = JSONScanner(text, depthLimit: JSONScanner.deepestLimit)
        do throws(JSONFault) {
            try writeValue(&scanner, isPlain: false, &hasher, scratch, &output)
            var isFirst = true
            while depth > 0 {
                let (wasFirst, isObject, before) = (isFirst, isTopObject, depth)
                var isPlain = false
                if isObject {
                    guard let name = try scanner.nextMember(&isFirst) else {
                        leave(&isFirst, "}", &output)
                        continue
                    }
                    if !wasFirst { output.append(",") }
                    write(name: name, in: text, scratch, &output)
                    if depth == 1, try elide(name, &scanner, text, &output) { continue }
                    isPlain = depth == 1 && !plainKeys.isEmpty && self.isPlain(name, text)
                } else {
                    guard try scanner.nextElement(&isFirst) else {
                        leave(&isFirst, "]", &output)
                        continue
                    }
                    if !wasFirst { output.append(",") }
                    if writeAlike(&scanner, &hasher, scratch, &output) { continue }
                }
                try writeValue(&scanner, isPlain: isPlain, &hasher, scratch, &output)
                if depth > before { isFirst = true }
            }
            return true
        } catch {
            return false
        }
    }

    /// Writes an object that is like the first one of its array; false, and nothing written, for any other.
    private mutating func writeAlike(
        _ scanner: inout JSONScanner, _ hasher: inout ValueHasher, _ scratch: AuditScratch, _ output: inout ByteWriter
    ) -> Bool {
        guard depth < plainDepth, !hasher.isRaw, scanner.peek() == UInt8(ascii: "{") else { return false }
        if isFirstElement { shape = JSONObjectShape(scanner.text, at: scanner.position) }
        isFirstElement = false
        guard scanner.scanObject(like: shape, &values) else { return false }
        for member in 0..<shape.count {
            output.append(shape.literal(member, in: scanner.text))
            write(scanner.text.slice(values[member].offset, values[member].count), &hasher, scratch, &output)
        }
        output.append("}")
        return true
    }

    /// Writes a value, or the beginning of one that holds others.
    private mutating func writeValue(
        _ scanner: inout JSONScanner, isPlain: Bool, _ hasher: inout ValueHasher, _ scratch: AuditScratch,
        _ output: inout ByteWriter
    ) throws(JSONFault) {
        let first = scanner.peek()
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            try scanner.enter()
            output.append(first)
            push(first == UInt8(ascii: "{"))
            if isPlain { plainDepth = depth }
            return
        }
        let value = try scanner.scanValue()
        let raw = scanner.text.slice(value.offset, value.count)
        let isClear = isPlain || depth >= plainDepth
        switch value.kind {
        case .null, .true, .false: output.append(raw)
        case .number: if isClear || hasher.isRaw { output.append(raw) } else { write(raw, &hasher, scratch, &output) }
        case .string: if isClear { output.append(jsonString: raw) } else { write(raw, &hasher, scratch, &output) }
        case .escapedString:
            scratch.unescaped.truncate(to: 0)
            JSONText.unescape(raw, into: &scratch.unescaped)
            let text = scratch.unescaped.view
            if isClear { output.append(jsonString: text) } else { hasher.append(text, to: &output) }
        case .absent, .array, .object: break
        }
    }

    @inline(__always)
    private func write(
        _ value: ByteView, _ hasher: inout ValueHasher, _ scratch: AuditScratch, _ output: inout ByteWriter
    ) {
        if hasher.isRaw || !scratch.append(common: value, &hasher, to: &output) { hasher.append(value, to: &output) }
    }

    private func write(name: JSONValue, in text: ByteView, _ scratch: AuditScratch, _ output: inout ByteWriter) {
        let raw = text.slice(name.offset, name.count)
        if name.kind == .escapedString {
            scratch.unescaped.truncate(to: 0)
            JSONText.unescape(raw, into: &scratch.unescaped)
            output.append(jsonString: scratch.unescaped.view)
        } else {
            output.append(jsonString: raw)
        }
        output.append(":")
    }

    /// Writes the length of a list in the list's place, where that is wished for.
    private func elide(
        _ name: JSONValue, _ scanner: inout JSONScanner, _ text: ByteView, _ output: inout ByteWriter
    ) throws(JSONFault) -> Bool {
        guard elidesLists else { return false }
        let name = text.slice(name.offset, name.count)
        let first = scanner.peek()
        var (count, isFirst) = (0, true)
        if name.equals("keys"), first == UInt8(ascii: "[") {
            try scanner.enter()
            while try scanner.nextElement(&isFirst) {
                _ = try scanner.scanValue()
                count += 1
            }
        } else if name.equals("key_info"), first == UInt8(ascii: "{") {
            try scanner.enter()
            while try scanner.nextMember(&isFirst) != nil {
                _ = try scanner.scanValue()
                count += 1
            }
        } else {
            return false
        }
        output.append(decimal: count)
        return true
    }

    private func isPlain(_ name: JSONValue, _ text: ByteView) -> Bool {
        let name = JSONText.string(name, in: text)
        return plainKeys.contains(name)
    }

    private mutating func leave(_ isFirst: inout Bool, _ bracket: StaticString, _ output: inout ByteWriter) {
        output.append(bracket)
        depth -= 1
        if depth < plainDepth { plainDepth = .max }
        isFirst = false
    }

    private var isTopObject: Bool {
        let top = max(depth - 1, 0)
        return open[(top >> 6) & 15] >> UInt64(top & 63) & 1 == 1
    }

    private mutating func push(_ isObject: Bool) {
        let (word, mask) = ((depth >> 6) & 15, UInt64(1) << UInt64(depth & 63))
        open[word] = isObject ? open[word] | mask : open[word] & ~mask
        depth += 1
        isFirstElement = !isObject
    }
}
