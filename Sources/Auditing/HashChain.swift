internal import Bytes
internal import Primitives

/// The hash chain over the lines of an audit file.
///
/// **Layout** a chained line begins with `{"prev":"` and the 64 hex digits of the state before it. The state after it
/// is the SHA-256 of the line, without its newline. A line without a link, the remains of an interrupted write, makes
/// the SHA-256 of the 64 digits and itself the state: so the next link covers it, too.
struct HashChain {
    private static let opening: StaticString = "{\"prev\":\""
    private static let digits = 64
    /// The state before the first line.
    static let genesis = [UInt8](repeating: UInt8(ascii: "0"), count: digits)

    /// The state after the last line, in hex.
    private(set) var state = genesis
    private var scratch = [UInt8]()

    /// The link that a line carries; nil for none.
    static func link(of line: ByteView) -> ByteView? {
        guard line.hasPrefix(opening), line[opening.utf8CodeUnitCount + digits] == UInt8(ascii: "\"") else {
            return nil
        }
        return line.slice(opening.utf8CodeUnitCount, digits)
    }

    /// Whether any line of a file's end carries a link.
    static func holdsLink(_ tail: [UInt8]) -> Bool {
        tail.withUnsafeBytes { bytes in
            var isFound = false
            forEachLine(of: ByteView(bytes)) { isFound = isFound || link(of: $0) != nil }
            return isFound
        }
    }

    static func forEachLine(of text: ByteView, _ body: (ByteView) -> Void) {
        var rest = text
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
            body(rest.slice(0, end))
            rest = rest.dropFirst(end + 1)
        }
    }

    /// Takes up the chain behind the last lines of a file. False, and nothing changed, when none of them is chained.
    mutating func resume(after tail: [UInt8]) -> Bool {
        guard Self.holdsLink(tail) else { return false }
        tail.withUnsafeBytes { bytes in Self.forEachLine(of: ByteView(bytes)) { absorb($0) } }
        return true
    }

    /// Goes on past a line of a file.
    mutating func absorb(_ line: ByteView) {
        if Self.link(of: line) != nil {
            advance(over: line)
        } else {
            scratch = state
            scratch.append(contentsOf: line.buffer)
            scratch.withUnsafeBytes { advance(over: ByteView($0)) }
            scratch = []
        }
    }

    /// Appends a line, which is a JSON object without its newline, as the next one of the chain, with its newline.
    mutating func append(_ line: ByteView, to output: inout ByteWriter) {
        let start = output.count
        output.append(Self.opening)
        state.withUnsafeBytes { output.append(ByteView($0)) }
        output.append("\",")
        output.append(line.dropFirst(1))
        advance(over: output.view.dropFirst(start))
        output.append("\n")
    }

    private mutating func advance(over line: ByteView) {
        var digest = ByteWriter(capacity: 32)
        digest.append(room: 32) { out in
            do throws(CryptoError) { try DigestAlgorithm.sha2_256.hash(line, into: out) } catch { return 0 }
            return 32
        }
        // Without the library the chain breaks, which is what its reader is to see.
        state = digest.count == 32 ? Array(Hex.encode(digest.view).utf8) : Self.genesis
    }
}
