internal import Foundation
internal import SQLiteStorage
internal import Storage

/// `storage-writer DIRECTORY hold`: opens the database and keeps it until its input ends.
/// `storage-writer DIRECTORY write FROM`: commits numbered batches from eight tasks until it is killed, and prints each
/// number when it has been answered.
/// `storage-writer DIRECTORY starve BYTES`: writes with files limited to so many bytes until nothing fits, then lifts
/// the limit and writes on; prints what it finds.
@main
struct StorageWriter {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { return }
        let storage: SQLiteBackend
        do throws(SQLiteStorageError) {
            storage = try await SQLiteBackend.open(directory: arguments[1])
        } catch {
            say("refused: \(error)")
            return
        }
        let number = arguments.count > 3 ? Int(arguments[3]) ?? 0 : 0
        switch arguments[2] {
        case "write": await write(storage, from: number)
        case "starve": try await starve(storage, bytes: number)
        default:
            say("open")
            while readLine() != nil {}
            await storage.close()
        }
    }

    private static func say(_ text: String) {
        // One write each, so that lines of several tasks stay whole, and nothing is kept back when the kill comes.
        let bytes = Array((text + "\n").utf8)
        _ = Foundation.write(1, bytes, bytes.count)
    }

    /// Each batch has three keys of one number; the second value is large now and then.
    private static func write(_ storage: SQLiteBackend, from start: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var number = start + worker
                    while true {
                        var batch = WriteBatch()
                        let digits = Array(String(number).utf8)
                        batch.put(StorageKey("first/\(number)"), digits)
                        let filler = [UInt8](repeating: digits[digits.count - 1], count: number % 50 == 0 ? 40_000 : 20)
                        batch.put(StorageKey("second/\(number)"), digits + filler)
                        batch.put(StorageKey("third/\(number)"), digits)
                        if (try? await storage.commit(batch)) != nil { say("\(number)") }
                        number += 8
                    }
                }
            }
        }
    }

    private static func starve(_ storage: SQLiteBackend, bytes: Int) async throws {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let former = limit.rlim_cur
        limit.rlim_cur = rlim_t(bytes)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        var answered = 0
        var refusal: StorageError?
        while refusal == nil {
            var batch = WriteBatch()
            for part in 0..<3 { batch.put(StorageKey("row/\(answered)/\(part)"), [UInt8](repeating: 1, count: 3000)) }
            do throws(StorageError) {
                try await storage.commit(batch)
                answered += 1
            } catch {
                refusal = error
            }
        }
        say("refusal: \(refusal.map { "\($0)" } ?? "none")")
        let found = try await storage.list(under: "row/", after: nil, limit: .max).count
        say(found == answered * 3 ? "whole" : "found \(found) of \(answered * 3)")
        limit.rlim_cur = former
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        var batch = WriteBatch()
        batch.put(StorageKey("after"), [1])
        try await storage.commit(batch)
        say("answered \(answered)")
        await storage.close()
    }
}
