internal import Bytes
internal import EngineKit
internal import Glibc
internal import KeyRings

/// What encrypt, decrypt, rewrap and HMAC have in common: a key, and items of which each gets a result.
struct BatchWork: Sendable {
    let name: KeyName
    let texts: RequestTexts
    /// All parameters, for those that only one endpoint has.
    let parameters: Parameters
    let items: [BatchItem]
    /// Whether the client sent `batch_input`; else there is exactly one item, and its result stands alone.
    let isBatch: Bool
    /// `partial_failure_response_code`.
    let partialFailureCode: Int?
    /// Sentences about the parameters.
    let warnings: [String]
    /// Whether the items may be spread over the crypto pool.
    let mayFanOut: Bool

    /// Whether every item wants the latest version, as most requests do.
    var wantsOnlyLatest: Bool { items.allSatisfy { $0.keyVersion == 0 } }

    /// The reply to a batch with these results.
    func reply(_ tally: BatchTally, extra: [String] = []) -> EngineReply {
        tally.reply(partialFailureCode: partialFailureCode, warnings: warnings + extra)
    }

    /// Writes the results of a batch: `write` appends one item's members, or throws, which becomes the item's error.
    ///
    /// **Layout** `{"batch_results":[{…members,"error":"…","reference":"…"},…]}`. `failure` is written instead of the
    /// members of an item that failed. **Cost** no allocation per item.
    func appendResults(
        failure: StaticString, to body: inout ByteWriter,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) -> BatchTally {
        body.append("{\"batch_results\":[")
        let tally = appendResults(of: items.indices, failure: failure, to: &body, write)
        body.append("]}")
        return tally
    }

    /// The same for a part of the items, without the frame around them.
    func appendResults(
        of range: Range<Int>, failure: StaticString, to body: inout ByteWriter,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) -> BatchTally {
        var tally = BatchTally()
        var workspace = Workspace()
        for index in range {
            let item = items[index]
            body.append(index > range.lowerBound ? ",{" : "{")
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
            if item.reference.isBlank {
                body.append(",\"reference\":\"\"}")
            } else {
                body.append(",\"reference\":")
                body.append(jsonString: texts.view(item.reference))
                body.append("}")
            }
        }
        return tally
    }

    /// `appendResults` on the crypto pool: the items in as many contiguous parts as there are cores.
    func appendResultsInParallel(
        failure: StaticString, to body: inout ByteWriter,
        _ write: @escaping @Sendable (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) async -> BatchTally {
        let parts = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 64)
        guard mayFanOut, parts > 1, items.count >= 2 * parts else {
            return appendResults(failure: failure, to: &body, write)
        }
        let done = await withTaskGroup(of: BatchPart.self) { group in
            for part in 0..<parts {
                let range = items.count * part / parts..<items.count * (part + 1) / parts
                group.addTask { BatchPart(part, self, range, failure, write) }
            }
            var done: [BatchPart] = []
            for await part in group { done.append(part) }
            return done.sorted { $0.number < $1.number }
        }
        var tally = BatchTally()
        body.append("{\"batch_results\":[")
        for part in done {
            if part.number > 0 { body.append(",") }
            body.append(part.body.view)
            tally.add(part.tally)
        }
        body.append("]}")
        return tally
    }
}

/// The results of one part of a batch, made by one thread of the pool.
private final class BatchPart: Sendable {
    let number: Int
    let body: ByteWriter
    let tally: BatchTally

    init(
        _ number: Int, _ work: BatchWork, _ range: Range<Int>, _ failure: StaticString,
        _ write: (Int, BatchItem, inout Workspace, inout ByteWriter) throws(TransitError) -> Void
    ) {
        self.number = number
        var body = ByteWriter(capacity: range.count * 128)
        tally = work.appendResults(of: range, failure: failure, to: &body, write)
        self.body = body
    }
}
