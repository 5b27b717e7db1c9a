package import Bytes
internal import Primitives
package import Storage

/// What is wrong with a snapshot, or with taking or restoring one.
package enum SnapshotFault: Error, Equatable, Sendable {
    /// The bytes are no snapshot, or not a whole one.
    case malformed
    /// The storage cannot be read or replaced as a whole.
    case unsupported
    /// The disk does not take the copy.
    case noRoom
    /// The root key in use is not the snapshot's: it is of another database, or of before a rekey.
    case otherKeys
    /// The shares, or the automatic seal, do not open it.
    case keysDoNotOpen
    /// What is in it is not genuine, or not of one moment.
    case tampered
    /// The database is sealed, so that nothing can be compared with it.
    case sealed
    /// The storage failed.
    case storage(StorageError)
    /// The seal failed.
    case seal(SealError)
}

/// A whole database as it is stored, in one run of bytes.
///
/// **Layout** `SRSNAP1` LF ‖ pages ‖ `0(4)` ‖ rows(8) ‖ chain(32). A page is its length(4) and rows, each
/// `key length(4) ‖ value length(4) ‖ key ‖ value`. Numbers are little-endian. The chain begins as SHA-256 of the first
/// eight bytes, and each page makes it SHA-256(chain ‖ page): it finds accidents; who meddles is found by the manifest.
package struct Snapshot: EntrySource {
    static let magic = Array("SRSNAP1\n".utf8)
    static let largestPage = 64 << 20
    private let bytes: ByteView
    /// How many rows there are.
    package let rows: Int

    /// The snapshot in those bytes, which must outlive it. Everything is looked through. **Throws** `.malformed`.
    package init(_ bytes: ByteView) throws(SnapshotFault) {
        guard bytes.count > Self.magic.count + 44, bytes.slice(0, Self.magic.count).array == Self.magic else {
            throw .malformed
        }
        self.bytes = bytes
        var count = 0
        var at = Self.magic.count
        var chain = try Self.link(nil, bytes.slice(0, at))
        var previous: StorageKey?
        while true {
            let length = try Self.number(bytes, at)
            at += 4
            if length == 0 { break }
            guard length <= Self.largestPage, length <= bytes.count - at else { throw .malformed }
            let page = bytes.slice(at, length)
            chain = try Self.link(chain, page)
            try Self.read(page) { key, _ in
                let isOrderly = previous.map { $0 < key } ?? true
                previous = key
                count += 1
                return isOrderly && SealedStorage.owns(key)
            }
            at += length
        }
        let end = bytes.dropFirst(at)
        guard end.count == 40, try Self.number(bytes, at) == count & 0xFFFF_FFFF,
            try Self.number(bytes, at + 4) == count >> 32, end.dropFirst(8).array == chain
        else { throw .malformed }
        rows = count
    }

    /// Hands every row on, in byte order of the keys, until `body` says no; false when it did.
    func visit(_ body: (StorageKey, ByteView) throws(SnapshotFault) -> Bool) throws(SnapshotFault) -> Bool {
        var at = Self.magic.count
        while true {
            let length = try Self.number(bytes, at)
            at += 4
            if length == 0 { return true }
            var goesOn = true
            let page = bytes.slice(at, length)
            try Self.read(page) { (key, value) throws(SnapshotFault) in
                if goesOn { goesOn = try body(key, value) }
                return true
            }
            if !goesOn { return false }
            at += length
        }
    }

    /// The value of a row near the front; nil when it is not there.
    func value(at wanted: StorageKey) -> [UInt8]? {
        var found: [UInt8]?
        _ = try? visit { key, value in
            if key == wanted { found = value.array }
            return key < wanted
        }
        return found
    }

    /// The rows one after the other, from the first.
    package func iterator() -> EntryIterator {
        var at = Self.magic.count
        var end = at
        return { [bytes] in
            while at >= end {
                guard let length = try? Self.number(bytes, at), length > 0 else { return nil }
                at += 4
                end = at + length
            }
            guard let row = try? Self.row(bytes.slice(0, end), at) else { return nil }
            at = row.end
            return StoredEntry(key: row.key, entry: StorageEntry(value: row.value.array, revision: 0))
        }
    }

    private static func read(
        _ page: ByteView, _ body: (StorageKey, ByteView) throws(SnapshotFault) -> Bool
    ) throws(SnapshotFault) {
        var at = 0
        while at < page.count {
            let row = try row(page, at)
            guard try body(row.key, row.value) else { throw .malformed }
            at = row.end
        }
    }

    private static func row(
        _ page: ByteView, _ start: Int
    ) throws(SnapshotFault) -> (key: StorageKey, value: ByteView, end: Int) {
        let (keyLength, valueLength) = (try number(page, start), try number(page, start + 4))
        guard keyLength > 0, keyLength + valueLength <= page.count - start - 8 else { throw .malformed }
        let key = page.slice(start + 8, keyLength)
        let text = key.string
        guard text.utf8.elementsEqual(key.buffer) else { throw .malformed }
        let value = page.slice(start + 8 + keyLength, valueLength)
        return (StorageKey(text), value, start + 8 + keyLength + valueLength)
    }

    /// Four bytes, which are a number below 2^32. **Throws** `.malformed` when they are not all there.
    private static func number(_ bytes: ByteView, _ at: Int) throws(SnapshotFault) -> Int {
        guard at >= 0, bytes.count - at >= 4 else { throw .malformed }
        return (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }

    static func link(_ chain: [UInt8]?, _ page: ByteView) throws(SnapshotFault) -> [UInt8] {
        var message = ByteWriter(capacity: page.count + 32)
        if let chain { lending(chain) { message.append($0) } }
        message.append(page)
        var digest = [UInt8](repeating: 0, count: 32)
        do throws(CryptoError) {
            let view = message.view
            try digest.withUnsafeMutableBufferPointer { (buffer) throws(CryptoError) in
                guard let out = buffer.baseAddress else { return }
                try DigestAlgorithm.sha2_256.hash(view, into: out)
            }
        } catch {
            throw .unsupported
        }
        return digest
    }
}

/// Writes a snapshot, page by page.
struct SnapshotWriter {
    private var chain: [UInt8]
    private var rows = 0

    /// Writes the beginning. The closure takes bytes to where they are kept; false ends everything with `.noRoom`.
    init(_ write: (ByteView) -> Bool) throws(SnapshotFault) {
        let magic = Snapshot.magic
        chain = try lending(magic) { (magic) throws(SnapshotFault) in try Snapshot.link(nil, magic) }
        guard lending(magic, write) else { throw .noRoom }
    }

    mutating func add(_ entries: [StoredEntry], _ write: (ByteView) -> Bool) throws(SnapshotFault) {
        var page = ByteWriter(capacity: 1 << 16)
        for row in entries {
            Self.append(row.key.path.utf8.count, to: &page)
            Self.append(row.entry.value.count, to: &page)
            page.append(text: row.key.path)
            lending(row.entry.value) { page.append($0) }
        }
        guard !page.view.isEmpty else { return }
        guard page.count <= Snapshot.largestPage else { throw .unsupported }
        rows += entries.count
        chain = try Snapshot.link(chain, page.view)
        var length = ByteWriter(capacity: 8)
        Self.append(page.count, to: &length)
        guard write(length.view), write(page.view) else { throw .noRoom }
    }

    func finish(_ write: (ByteView) -> Bool) throws(SnapshotFault) {
        var end = ByteWriter(capacity: 64)
        Self.append(0, to: &end)
        Self.append(rows & 0xFFFF_FFFF, to: &end)
        Self.append(rows >> 32, to: &end)
        lending(chain) { end.append($0) }
        guard write(end.view) else { throw .noRoom }
    }

    private static func append(_ number: Int, to page: inout ByteWriter) {
        for shift in [0, 8, 16, 24] { page.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
