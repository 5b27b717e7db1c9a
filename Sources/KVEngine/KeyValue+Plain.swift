internal import Bytes
internal import EngineKit
internal import Storage
internal import Vocabulary

/// Version 1. **Source** system wire facts §16.
extension KeyValue {
    private static let hints = FieldTable("ttl", "lease")

    /// The object of a body, which must have a member; what stands behind it is not looked at.
    static func fields(_ request: EngineRequest) throws(KVError) -> ByteView {
        do throws(JSONFault) {
            var probe = JSONScanner(request.body, depthLimit: request.maxJSONDepth)
            var isFirst = true
            if try probe.openDocument(), try probe.nextMember(&isFirst) != nil {
                var scanner = JSONScanner(request.body, depthLimit: request.maxJSONDepth)
                let value = try scanner.scanValue()
                return request.body.slice(value.offset, value.count)
            }
        } catch {
            throw .parameters(.json(error))
        }
        throw .missingFields
    }

    func readFields(
        _ path: SecretPath, keepSeconds: Int, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        guard path.isLeaf, let entry = try await read(Self.fieldsRoot + path.text) else { throw .nothingThere }
        let text = try Self.text(of: entry)
        var reply = EngineReply()
        reply.keepSeconds = keepSeconds
        text.withBytes { text in
            if let hint = Self.hint(in: text) { reply.keepSeconds = hint }
            body.append(text)
        }
        return reply
    }

    /// The time that the secret's own fields give.
    private static func hint(in fields: ByteView) -> Int? {
        let request = EngineRequest(
            operation: .read, path: .empty, body: fields, maxJSONDepth: JSONScanner.deepestLimit)
        guard let parameters = try? Parameters(request, hints) else { return nil }
        return (try? parameters.durationSeconds(0)) ?? (try? parameters.durationSeconds(1))
    }

    func writeFields(_ path: SecretPath, _ fields: ByteView) async throws(KVError) -> EngineReply {
        var batch = WriteBatch()
        batch.put(StorageKey(Self.fieldsRoot + path.text), try Self.record(ofJSON: fields))
        try await commitPlain(batch)
        return .noContent
    }

    func deleteFields(_ path: SecretPath) async throws(KVError) -> EngineReply {
        guard path.isLeaf, try await read(Self.fieldsRoot + path.text) != nil else { return .noContent }
        var batch = WriteBatch()
        batch.delete(StorageKey(Self.fieldsRoot + path.text))
        try await commitPlain(batch)
        return .noContent
    }

    /// Commits unless the mount has begun to change to version 2.
    private func commitPlain(_ batch: WriteBatch) async throws(KVError) {
        var batch = batch
        batch.require(.absent, at: StorageKey(LayoutState.path))
        guard try await commit(batch) else { throw .upgrading }
    }
}
