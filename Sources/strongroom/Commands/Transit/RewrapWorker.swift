internal import StrongroomClient

/// Sends ciphertexts to be sealed anew, a batch at a time.
struct RewrapWorker: Sendable {
    let session: Session
    let path: String
    let latest: Int
    let context: String?

    /// A batch that came back.
    struct Outcome: Sendable {
        /// The records as they are to be written.
        var texts: [String?]
        var counts = RewrapCounts()
        /// The first sentence of the server about a record that it refused.
        var complaint: String?
    }

    /// Whether a record needs to be sealed anew.
    func isOld(_ record: RewrapRecord) -> Bool { record.version.map { $0 < latest } ?? false }

    /// New ciphertexts for the records that need one; nil for those that stay.
    func rewrap(_ records: [RewrapRecord]) async throws(CommandFault) -> Outcome {
        var outcome = Outcome(texts: [String?](repeating: nil, count: records.count))
        let old = records.indices.filter { isOld(records[$0]) }
        for record in records where !isOld(record) {
            if record.version == nil { outcome.counts.others += 1 } else { outcome.counts.current += 1 }
        }
        guard !old.isEmpty else { return outcome }
        let items = old.map { at -> JSONNode in
            var item: JSONNode = ["ciphertext": .string(records[at].ciphertext)]
            if let context = records[at].context ?? context { item["context"] = .string(context) }
            return item
        }
        let body: JSONNode = ["batch_input": .array(items), "partial_failure_response_code": 200]
        let reply = try await session.quietly(ClientRequest(.post, path, body), allowing: [400])
        guard let results = reply.data?["batch_results"]?.elements, results.count == old.count else {
            throw .server(.refused(reply.status, reply.errors, "POST", path))
        }
        for (at, result) in zip(old, results) {
            if let text = result["ciphertext"]?.text, result["error"]?.text?.isEmpty != false {
                outcome.texts[at] = text
                outcome.counts.rewrapped += 1
            } else {
                outcome.counts.failed += 1
                if outcome.complaint == nil { outcome.complaint = result["error"]?.text }
            }
        }
        return outcome
    }
}
