internal import Glibc

/// Why a device does not record.
package enum SinkFault: Error, Equatable, Sendable {
    /// It cannot be opened; the system's error number.
    case cannotOpen(Int32)
    /// There is something at the path that is no plain file, or that may be executed.
    case notAPlainFile
    /// There is a file at the path that does not look like an audit log: nothing is added to it.
    case notALog
    /// Its name does not resolve.
    case unknownHost
    /// The disk is full, or the file may not grow.
    case noSpace
    /// The other end is gone.
    case closedByPeer
    /// It took nothing for longer than its deadline.
    case timedOut
    /// It refused; the system's error number.
    case refused(Int32)

    /// The fault that an error number stands for.
    init(writing number: Int32) {
        switch number {
        case ENOSPC, EFBIG, EDQUOT: self = .noSpace
        case EPIPE, ECONNRESET, ECONNREFUSED, ENOTCONN, ECONNABORTED: self = .closedByPeer
        case ETIMEDOUT, EAGAIN: self = .timedOut
        default: self = .refused(number)
        }
    }

    /// What an operator reads.
    package var text: String {
        switch self {
        case .cannotOpen(let number): "cannot be opened: \(Self.text(number))"
        case .notAPlainFile: "is not a plain file without execute permission"
        case .notALog: "the file holds something other than an audit log"
        case .unknownHost: "the address does not resolve"
        case .noSpace: "no space left"
        case .closedByPeer: "the other end is closed"
        case .timedOut: "took nothing within its deadline"
        case .refused(let number): "write failed: \(Self.text(number))"
        }
    }

    private static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "error \(number)" : text
    }
}
