internal import Bytes
internal import EngineKit
internal import Glibc
internal import KeyRings
internal import Primitives
internal import Synchronization

/// What encrypt, decrypt, rewrap and HMAC have in common: a key, and items of which each gets a result.
struct BatchWork: Sendable {
    let name: KeyName
    let texts: RequestTexts
    /// All parameters, for those that only one endpoint has.
    let parameters: Parameters
    let items: [BatchItem]
    /// Whether every item is its input and nothing else.
    var isPlain = false
    /// Whether the client sent `batch_input`; else there is exactly one item, and its result stands alone.
    let isBatch: Bool
    /// `partial_failure_response_code`.
    let partialFailureCode: Int?
    /// Sentences about the parameters.
    let warnings: [String]
    /// Whether the items may be spread over the crypto pool.
    let mayFanOut: Bool
    /// How RSA pads what is decrypted, or, where nothing is decrypted, what is encrypted.
    var padding = RSAEncryptionPadding.oaep(.sha2_256)
    /// How RSA pads what is encrypted after decryption.
    var resealPadding = RSAEncryptionPadding.oaep(.sha2_256)

    /// Whether every item wants the latest version, as most requests do.
    var wantsOnlyLatest: Bool { isPlain || items.allSatisfy { $0.keyVersion == 0 } }

    /// Versions of a large ring that the items name as their own, and that are not in memory.
    func missingKeyVersions(_ ring: KeyRing) -> Set<Int> {
        if ring.isFullyResident || wantsOnlyLatest { return [] }
        return ring.missing(items.lazy.map(\.keyVersion).filter { $0 != 0 })
    }

    /// Versions of a large ring that the items' ciphertexts name, and that are not in memory.
    func missingCiphertextVersions(_ ring: KeyRing) -> Set<Int> {
        if ring.isFullyResident { return [] }
        return ring.missing(
            items.lazy.compactMap { try? CiphertextText(texts.view($0.input), ring.settings).version })
    }

    /// The reply when every item fails alike; a request without a batch fails as a whole.
    func refuse(
        _ error: KeyRingError, failure: StaticString, to body: inout ByteWriter
    ) throws(TransitError) -> BatchTally {
        guard isBatch else { throw .ring(error) }
        return appendResults(failure: failure, to: &body) { (_, _, _, _) throws(TransitError) in throw .ring(error) }
    }

    /// The reply to a batch with these results.
    func reply(_ tally: BatchTally, extra: [String] = []) -> EngineReply {
        tally.reply(partialFailureCode: partialFailureCode, warnings: warnings + extra)
    }

    /// Writes the results of a batch: `write` appends one item's members, or throws, which becomes the item's error.
    ///
    /// **Layout** `{"batch_results":[{…members,"error":"…","reference":"…"},…]}`. `failure` is written instead of the
    /// members of an item that failed. Items that are their input and nothing else go to `soles` first; those that it
    /// has a result for never come to `write`. **Cost** no allocation per item.
    func appendResults(
        failure: StaticString, to body: inout ByteWriter, soles: SoleItems = .asOthers,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) -> BatchTally {
        body.append("{\"batch_results\":[")
        let tally = appendResults(of: items.indices, failure: failure, to: &body, soles: soles, write)
        body.append("]}")
        return tally
    }

    /// The same for a part of the items, without the frame around them.
    func appendResults(
        of range: Range<Int>, failure: StaticString, to body: inout ByteWriter, soles: SoleItems = .asOthers,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) -> BatchTally {
        var tally = BatchTally()
        var workspace = Workspace()
        body.reserve(expectedBytes(range))
        var run = soles.run
        for index in range {
            let item = items[index]
            if index > range.lowerBound { body.append(",") }
            if item.isSole, run.append(texts.bodyText(item.input), to: &body) {
                tally.succeeded += 1
                continue
            }
            body.append("{")
            let mark = body.count
            do throws(TransitError) {
                try write(index, item, &workspace, &body)
                tally.succeeded += 1
            } catch {
                body.truncate(to: mark)
                body.append(failure)
                body.append("\"error\":")
                body.append(jsonString: error.wireText)
                tally.count(error)
            }
            if body.count > mark { body.append(",") }
            if item.reference.isBlank {
                body.append("\"reference\":\"\"}")
            } else {
                body.append("\"reference\":")
                body.append(jsonString: texts.view(item.reference))
                body.append("}")
            }
        }
        return tally
    }

    /// Bytes that the results of a part will take, about: as much as came in, and the frame of each item.
    private func expectedBytes(_ range: Range<Int>) -> Int {
        let frame = 112
        return parameters.text.count / max(items.count, 1) * range.count + range.count * frame + 256
    }
}

/// Batches on the crypto pool.
extension BatchWork {
    // Below so many bytes, handing parts to other threads costs more than it saves.
    private static let leastBytesPerPart = 256 * 1024

    /// `appendResults` on the crypto pool: the items in as many contiguous parts as there are cores. `leastItems` says
    /// how many are worth a thread where the work is slow; else their bytes decide.
    func appendResultsInParallel(
        failure: StaticString, leastItems: Int? = nil, to body: inout ByteWriter,
        soles: SoleItems = .asOthers,
        _ write: @escaping @Sendable (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) async -> BatchTally {
        let cores = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 64)
        let worth = leastItems.map { items.count / max($0, 1) } ?? parameters.text.count / Self.leastBytesPerPart
        let parts = min(cores, worth, items.count)
        let stretch = leastItems.map { max($0, 1) * 4 } ?? .max
        guard mayFanOut, parts > 1 else {
            body.append("{\"batch_results\":[")
            let tally = await appendInStretches(items.indices, stretch, failure: failure, to: &body, soles, write)
            body.append("]}")
            return tally
        }
        body.append("{\"batch_results\":[")
        let tally = await withTaskGroup(of: BatchPart.self) { group in
            for part in 1..<parts {
                let range = range(part, of: parts)
                group.addTask { await BatchPart(part, self, range, stretch, failure, soles, write) }
            }
            // The first part is done here, straight into the body.
            var tally = await appendInStretches(range(0, of: parts), stretch, failure: failure, to: &body, soles, write)
            var done: [BatchPart] = []
            for await part in group { done.append(part) }
            for part in done.sorted(by: { $0.number < $1.number }) {
                body.append(",")
                part.buffer.append(to: &body)
                tally.add(part.tally)
                PartBuffer.give(back: part.buffer)
            }
            return tally
        }
        body.append("]}")
        return tally
    }

    /// Slow items in stretches, between which the thread is offered to others: a batch of a hundred thousand RSA
    /// signatures must not keep everybody else's requests from the pool.
    private func appendInStretches(
        _ range: Range<Int>, _ stretch: Int, failure: StaticString, to body: inout ByteWriter,
        _ soles: SoleItems,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) async -> BatchTally {
        var tally = BatchTally()
        for part in stretches(range, stretch) {
            if part.lowerBound > range.lowerBound {
                body.append(",")
                await Task.yield()
            }
            tally.add(appendResults(of: part, failure: failure, to: &body, soles: soles, write))
        }
        return tally
    }

    /// The range cut into pieces of at most `length`.
    fileprivate func stretches(_ range: Range<Int>, _ length: Int) -> [Range<Int>] {
        guard range.count > length else { return [range] }
        return stride(from: range.lowerBound, to: range.upperBound, by: length).map {
            $0..<min($0 + length, range.upperBound)
        }
    }

    private func range(_ part: Int, of parts: Int) -> Range<Int> {
        items.count * part / parts..<items.count * (part + 1) / parts
    }
}

/// The results of one part of a batch, made by one thread of the pool.
private struct BatchPart: Sendable {
    let number: Int
    let buffer: PartBuffer
    let tally: BatchTally

    init(
        _ number: Int, _ work: BatchWork, _ range: Range<Int>, _ stretch: Int, _ failure: StaticString,
        _ soles: SoleItems,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) async {
        self.number = number
        buffer = PartBuffer.take()
        var tally = BatchTally()
        for part in work.stretches(range, stretch) {
            if part.lowerBound > range.lowerBound { await Task.yield() }
            tally.add(
                buffer.fill { output in
                    if part.lowerBound > range.lowerBound { output.append(",") }
                    return work.appendResults(of: part, failure: failure, to: &output, soles: soles, write)
                })
        }
        self.tally = tally
    }
}

/// Memory for the results of a part, kept for the next batch: fresh pages would cost more than the encryption.
///
/// **Concurrency** one holder at a time; the shelf is behind a lock.
// Unchecked: handed from the pool's thread to the batch's task by the task group, which orders the two.
private final class PartBuffer: @unchecked Sendable {
    private static let shelf = Mutex<[PartBuffer]>([])
    private static let most = 4
    private static let bytesKept = 8 * 1024 * 1024
    private var writer = ByteWriter()

    static func take() -> PartBuffer { shelf.withLock { $0.popLast() } ?? PartBuffer() }

    static func give(back buffer: PartBuffer) {
        buffer.writer.reset(keeping: bytesKept)
        shelf.withLock { if $0.count < most { $0.append(buffer) } }
    }

    func fill(_ body: (inout ByteWriter) -> BatchTally) -> BatchTally { body(&writer) }

    func append(to body: inout ByteWriter) { body.append(writer.view) }
}
