package import Storage

/// What a scenario runs against: storage that is new and empty.
package protocol StorageSubject: Sendable {
    /// The storage; after `reopen`, what was opened then.
    var storage: any StorageBackend { get async }
    /// Closes the storage and opens it again; false where it ends with the process.
    func reopen() async throws -> Bool
    /// Whether batches that are under way at once may share a revision.
    var sharesRevisions: Bool { get }
}

extension StorageSubject {
    package var sharesRevisions: Bool { false }
}

/// Something that every storage backend has to do. It throws `ConformanceFault` when the backend does not, and passes
/// on what the backend throws without being meant to.
package struct StorageScenario: Sendable, CustomStringConvertible {
    /// What has to hold, a sentence.
    package let description: String
    /// Whether it moves so many bytes that running it hundreds of times takes minutes.
    package let isBulky: Bool
    /// Runs the scenario.
    package let run: @Sendable (any StorageSubject) async throws -> Void

    init(
        _ description: String, isBulky: Bool = false,
        _ run: @escaping @Sendable (any StorageSubject) async throws -> Void
    ) {
        self.description = description
        self.isBulky = isBulky
        self.run = run
    }

    /// All of them.
    package static let all = entries + batches + listings + crowds + feeds + terms
}

/// What a backend got wrong.
package struct ConformanceFault: Error, CustomStringConvertible {
    /// Where, and what was there.
    package let description: String
}

/// Throws a fault when the condition does not hold.
func check(
    _ condition: Bool, _ what: @autoclosure () -> String = "does not hold", file: StaticString = #fileID,
    line: UInt = #line
) throws {
    if !condition { throw ConformanceFault(description: "\(file):\(line): \(what())") }
}

/// Throws a fault when the two differ.
func checkEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, file: StaticString = #fileID, line: UInt = #line
) throws {
    try check(found == expected, "found \(found), not \(expected)", file: file, line: line)
}

/// Throws a fault when the batch goes through, or is refused for another reason.
func checkRefused(
    _ error: StorageError, _ batch: WriteBatch, by storage: any StorageBackend, file: StaticString = #fileID,
    line: UInt = #line
) async throws {
    var answer: StorageError?
    do throws(StorageError) { try await storage.commit(batch) } catch let refusal { answer = refusal }
    // Other failures are for the caller's caller: an injected one, for example.
    if let answer, answer == .unavailable { throw answer }
    try check(answer == error, "a batch got \(answer as Any), not \(error)", file: file, line: line)
}

extension WriteBatch {
    /// A batch that stores these values.
    init(_ pairs: [(String, [UInt8])], epoch: UInt64 = 0) {
        self.init(epoch: epoch)
        for (path, value) in pairs { put(StorageKey(path), value) }
    }
}
