internal import Bytes
internal import Glibc

/// What the hash chain of some audit files shows.
package struct ChainReport: Sendable, Equatable {
    /// Lines that carry a link, each of which fits.
    package var chained = 0
    /// Lines before the first chained one: from before the chain was switched on.
    package var unchained = 0
    /// Interrupted writes; covered by the link behind them, if there is one.
    package var torn = 0
    /// The state after the last line, in hex; equal to `chain_head` of `sys/audit` when nothing is missing at the end.
    package var head = ""
    /// Where the chain first does not fit; nil when it does.
    package var firstBreak: Break?

    /// A place in a file.
    package struct Break: Sendable, Equatable {
        /// The file.
        package var file: String
        /// The line, from 1.
        package var line: Int
        /// What is wrong there.
        package var reason: Reason
    }

    /// What can be wrong with a line.
    package enum Reason: String, Sendable {
        /// Lines before it were changed, removed, added or moved.
        case linkMismatch = "its link is not the hash of what stands before it"
        /// It is a whole line that is not part of the chain.
        case unlinked = "it is a whole line without a link"
    }
}

/// Checks the hash chain of audit files, in the order in which they were written.
package struct ChainVerifier: ~Copyable {
    private static let longestLine = 1 << 30

    private var chain = HashChain()
    private var report = ChainReport()
    private var hasStarted = false
    private var pending = ByteWriter()

    /// A verifier before its first file.
    package init() {}

    /// Reads one file; false when it cannot be read. After the first break, nothing more is looked at.
    package mutating func read(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var number = 0
        while report.firstBreak == nil {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0, pending.count < Self.longestLine else { return false }
            if count == 0 { break }
            block.withUnsafeBytes { bytes in
                take(ByteView(UnsafeRawBufferPointer(rebasing: bytes[0..<count])), path, &number)
            }
        }
        if report.firstBreak == nil, pending.count > 0 { endLine(.empty, path, &number) }
        pending.reset(keeping: 1 << 20)
        return true
    }

    /// What was found.
    package consuming func finish() -> ChainReport {
        report.head = hasStarted ? String(decoding: chain.state, as: UTF8.self) : ""
        return report
    }

    private mutating func take(_ block: ByteView, _ path: String, _ number: inout Int) {
        var rest = block
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), report.firstBreak == nil {
            endLine(rest.slice(0, end), path, &number)
            rest = rest.dropFirst(end + 1)
        }
        pending.append(rest)
    }

    private mutating func endLine(_ part: ByteView, _ path: String, _ number: inout Int) {
        number += 1
        if pending.count == 0 { return check(part, path, number) }
        pending.append(part)
        var line = ByteWriter()
        swap(&line, &pending)
        check(line.view, path, number)
    }

    private mutating func check(_ line: ByteView, _ path: String, _ number: Int) {
        guard let link = HashChain.link(of: line) else {
            guard hasStarted else {
                report.unchained += 1
                return
            }
            if line.isEmpty { return chain.absorb(line) }
            // Nobody but the server writes whole entries, and it links them all.
            if Self.isObject(line) {
                report.firstBreak = ChainReport.Break(file: path, line: number, reason: .unlinked)
            }
            report.torn += 1
            return chain.absorb(line)
        }
        let isFitting = chain.state.withUnsafeBytes { ByteView($0).equalsVariableTime(link) }
        guard isFitting || !hasStarted else {
            report.firstBreak = ChainReport.Break(file: path, line: number, reason: .linkMismatch)
            return
        }
        hasStarted = true
        report.chained += 1
        chain.absorb(line)
    }

    private static func isObject(_ line: ByteView) -> Bool {
        var scanner = JSONScanner(line, depthLimit: JSONScanner.deepestLimit)
        do throws(JSONFault) {
            let value = try scanner.scanValue()
            return value.kind == .object && scanner.position == line.count
        } catch {
            return false
        }
    }
}
