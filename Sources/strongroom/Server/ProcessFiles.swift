internal import Foundation

/// The file with the number of the process, for those who send it signals.
enum PIDFile {
    static func write(_ path: String?) throws {
        guard let path else { return }
        let text = "\(ProcessInfo.processInfo.processIdentifier)\n"
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw StartFault.configuration("pid_file: cannot write \(path)")
        }
    }

    static func remove(_ path: String?) {
        if let path { unlink(path) }
    }
}

/// Runs an action at every SIGHUP.
// Unchecked: the source is made once and only cancelled afterwards.
final class HangUpSignal: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    init(_ action: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler(handler: action)
        source.resume()
    }

    func stop() { source.cancel() }
}
