internal import Bytes

/// Some entries on their way to a device: their lines, and where each entry ends.
///
/// **Concurrency** passed from whoever records to the device's thread and back; only its holder touches it.
// Unchecked: the broker's lock is the guard of every handover.
final class AuditChunk: @unchecked Sendable {
    /// The end of one entry.
    struct Mark {
        let ticket: UInt64
        let end: Int
    }

    /// A chunk that holds this much takes no further entries.
    static let roomBytes = 256 * 1024

    var bytes = ByteWriter()
    var marks: [Mark] = []

    var isFull: Bool { bytes.count >= Self.roomBytes }

    /// Adds an entry's lines by copying them.
    func append(_ lines: ByteView, ticket: UInt64) {
        if bytes.count == 0 { bytes.reserve(Self.roomBytes / 4) }
        bytes.append(lines)
        marks.append(Mark(ticket: ticket, end: bytes.count))
    }

    /// Empties it for the next entries.
    func clear() {
        bytes.reset(keeping: 4 * Self.roomBytes)
        marks.removeAll(keepingCapacity: marks.count <= 4096)
    }
}

/// The entries that wait for one device, in order.
struct AuditQueue {
    private(set) var chunks: [AuditChunk] = []
    private(set) var byteCount = 0
    private var spare: [AuditChunk] = []

    private static let sparesKept = 4
    private static let groupBytes = 1 << 20
    /// Entries from this size on are handed over instead of being copied.
    static let largeBytes = 64 * 1024

    var isEmpty: Bool { chunks.isEmpty }

    /// The tickets that wait.
    var tickets: RangeSet<UInt64> {
        var result = RangeSet<UInt64>()
        for chunk in chunks { result.formUnion(chunk.tickets) }
        return result
    }

    /// Adds an entry; a large one's memory changes hands, and `lines` is then empty.
    mutating func append(_ lines: inout ByteWriter, ticket: UInt64) {
        byteCount += lines.count
        guard lines.count < Self.largeBytes else {
            // One that was used before gives its memory for the next large entry.
            let chunk = spare.popLast() ?? AuditChunk()
            swap(&chunk.bytes, &lines)
            chunk.marks.append(AuditChunk.Mark(ticket: ticket, end: chunk.bytes.count))
            return chunks.append(chunk)
        }
        if chunks.last.map(\.isFull) ?? true { chunks.append(spare.popLast() ?? AuditChunk()) }
        chunks.last?.append(lines.view, ticket: ticket)
    }

    /// Everything that waits.
    mutating func takeAll() -> [AuditChunk] {
        defer { (chunks, byteCount) = ([], 0) }
        return chunks
    }

    /// The first of what waits, about a megabyte or one entry: so that no entry waits for the end of a long queue.
    mutating func takeSome() -> [AuditChunk] {
        var (count, bytes) = (0, 0)
        while count < chunks.count, bytes < Self.groupBytes {
            bytes += chunks[count].bytes.count
            count += 1
        }
        guard count < chunks.count else { return takeAll() }
        defer {
            chunks.removeFirst(count)
            byteCount -= bytes
        }
        return Array(chunks[..<count])
    }

    /// Takes back chunks whose entries are done with.
    mutating func recycle(_ used: [AuditChunk]) {
        for chunk in used where spare.count < Self.sparesKept && chunk.bytes.count <= 2 * AuditChunk.roomBytes {
            chunk.clear()
            spare.append(chunk)
        }
    }
}

extension AuditChunk {
    /// The tickets of its entries.
    var tickets: RangeSet<UInt64> { Self.tickets(of: marks[...]) }

    /// The tickets of some marks, which are in ascending order.
    static func tickets(of marks: ArraySlice<Mark>) -> RangeSet<UInt64> {
        var result = RangeSet<UInt64>()
        var run: Range<UInt64>?
        for mark in marks {
            if let known = run, known.upperBound == mark.ticket {
                run = known.lowerBound..<mark.ticket + 1
            } else {
                if let run { result.insert(contentsOf: run) }
                run = mark.ticket..<mark.ticket + 1
            }
        }
        if let run { result.insert(contentsOf: run) }
        return result
    }
}
