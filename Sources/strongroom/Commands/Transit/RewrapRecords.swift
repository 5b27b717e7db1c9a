internal import Foundation
internal import StrongroomClient

/// One record of the input: a line, or a row of CSV.
struct RewrapRecord: Sendable {
    /// Its bytes, line end included.
    let raw: [UInt8]
    /// Where the ciphertext stands in them; nil when there is none.
    let field: Range<Int>?
    /// The version that sealed the ciphertext.
    let version: Int?
    /// The context, for derived keys.
    let context: String?

    var ciphertext: String { field.map { String(decoding: raw[$0], as: UTF8.self) } ?? "" }

    /// The record with another ciphertext.
    func replacing(_ text: String) -> [UInt8] {
        guard let field else { return raw }
        return Array(raw[..<field.lowerBound]) + Array(text.utf8) + Array(raw[field.upperBound...])
    }

    /// The number in `vault:vN:`; nil for what is no ciphertext.
    static func version(of bytes: ArraySlice<UInt8>) -> Int? {
        let head = Array("vault:v".utf8)
        guard bytes.starts(with: head), let colon = bytes.dropFirst(head.count).firstIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        let digits = bytes[(bytes.startIndex + head.count)..<colon]
        guard (1...9).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

/// How records look.
enum RewrapLayout: Sendable {
    /// One ciphertext a line.
    case lines
    /// Rows with a header; the columns of the ciphertext and of the context. **Source** RFC 4180.
    case rows(separator: UInt8, ciphertext: String, context: String?, hasHeader: Bool)
}

/// Reads records one after the other, and knows how many bytes they took.
final class RewrapReader {
    private let stream: ByteStream
    private let layout: RewrapLayout
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var columns: (ciphertext: Int, context: Int?)?
    /// Bytes of the input that the records so far took.
    private(set) var offset: Int

    private static let longestRecord = 16 << 20

    /// From the beginning, or from where an earlier run stopped.
    init(_ path: String, _ layout: RewrapLayout, from offset: Int) throws(CommandFault) {
        stream = try ByteStream(reading: path)
        self.layout = layout
        self.offset = 0
        if case .rows(_, let ciphertext, let context, let hasHeader) = layout, !hasHeader {
            columns = (
                try Self.number(ciphertext), try context.map { name throws(CommandFault) in try Self.number(name) }
            )
        }
        guard offset > 0 else { return }
        // The header says which columns to look at; only then are the records skipped that are done.
        if case .rows(_, _, _, true) = layout { _ = try next() }
        try stream.seek(to: offset)
        (buffer, position, isAtEnd, self.offset) = ([], 0, false, offset)
    }

    private static func number(_ name: String) throws(CommandFault) -> Int {
        guard let number = Int(name), number > 0 else {
            throw .local("without a header, a column is a number from 1 on")
        }
        return number - 1
    }

    /// The next record; nil at the end.
    func next() throws(CommandFault) -> RewrapRecord? {
        let raw = try nextRaw()
        guard !raw.isEmpty else { return nil }
        offset += raw.count
        switch layout {
        case .lines:
            var end = raw.count
            while end > 0, raw[end - 1] == 0x0A || raw[end - 1] == 0x0D { end -= 1 }
            return Self.record(raw, 0..<end, nil)
        case .rows(let separator, let ciphertext, let context, _):
            let fields = Self.fields(raw, separator)
            guard let columns else {
                self.columns = try Self.columns(raw, fields, ciphertext, context)
                return RewrapRecord(raw: raw, field: nil, version: nil, context: nil)
            }
            guard columns.ciphertext < fields.count else {
                return RewrapRecord(raw: raw, field: nil, version: nil, context: nil)
            }
            let words = columns.context.flatMap {
                $0 < fields.count ? String(decoding: raw[fields[$0]], as: UTF8.self) : nil
            }
            return Self.record(raw, fields[columns.ciphertext], words)
        }
    }

    private static func record(_ raw: [UInt8], _ field: Range<Int>, _ context: String?) -> RewrapRecord {
        let version = RewrapRecord.version(of: raw[field])
        return RewrapRecord(raw: raw, field: version == nil ? nil : field, version: version, context: context)
    }

    private static func columns(
        _ raw: [UInt8], _ fields: [Range<Int>], _ ciphertext: String, _ context: String?
    ) throws(CommandFault) -> (Int, Int?) {
        let names = fields.map { String(decoding: raw[$0], as: UTF8.self).trimmingCharacters(in: .whitespaces) }
        guard let first = names.firstIndex(of: ciphertext) else {
            throw .local("there is no column \"\(ciphertext)\"", next: "there are: " + names.joined(separator: ", "))
        }
        guard let context else { return (first, nil) }
        guard let second = names.firstIndex(of: context) else { throw .local("there is no column \"\(context)\"") }
        return (first, second)
    }

    /// The fields of a row, without the quotes around them.
    static func fields(_ raw: [UInt8], _ separator: UInt8) -> [Range<Int>] {
        var fields: [Range<Int>] = []
        var (at, end) = (0, raw.count)
        while end > 0, raw[end - 1] == 0x0A || raw[end - 1] == 0x0D { end -= 1 }
        let quote = UInt8(ascii: "\"")
        while at <= end {
            if at < end, raw[at] == quote {
                var close = at + 1
                while close < end, raw[close] != quote || close + 1 < end && raw[close + 1] == quote {
                    close += raw[close] == quote ? 2 : 1
                }
                fields.append((at + 1)..<min(max(close, at + 1), end))
                at = close + 1
                while at < end, raw[at] != separator { at += 1 }
            } else {
                let start = at
                while at < end, raw[at] != separator { at += 1 }
                fields.append(start..<at)
            }
            at += 1
        }
        return fields
    }

    /// The bytes up to the next line end that is not inside quotes.
    private func nextRaw() throws(CommandFault) -> [UInt8] {
        var searched = position
        var isQuoted = false
        while true {
            if let newline = Self.newline(buffer, from: searched) {
                if case .rows = layout {
                    for at in searched..<newline where buffer[at] == UInt8(ascii: "\"") { isQuoted.toggle() }
                }
                searched = newline + 1
                if isQuoted { continue }
                let raw = Array(buffer[position...newline])
                position = newline + 1
                return raw
            }
            if isAtEnd {
                let raw = Array(buffer[position...])
                (buffer, position) = ([], 0)
                return raw
            }
            guard buffer.count - position < Self.longestRecord else {
                throw .local("a record of \(stream.name) is longer than \(Self.longestRecord) bytes")
            }
            if case .rows = layout {
                for at in searched..<buffer.count where buffer[at] == UInt8(ascii: "\"") { isQuoted.toggle() }
            }
            let kept = buffer.count - position
            let more = try stream.read(1 << 20)
            isAtEnd = more.count < 1 << 20
            buffer = Array(buffer[position...]) + more
            (position, searched) = (0, kept)
        }
    }

    private static func newline(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, start < buffer.count,
                let found = memchr(base + start, 0x0A, buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
