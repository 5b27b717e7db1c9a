internal import Bytes
internal import EngineKit
internal import Vocabulary

/// Why there is no profile.
package enum ProfileFault: Error, Equatable {
    /// One runs already.
    case isRunning
    /// The system refused.
    case unavailable
}

/// Looks at where the process spends its processor time.
package protocol Profiling: Sendable {
    /// Samples for so long. One line a stack, outermost function first, functions separated by `;`, a space, and the
    /// number of samples: the form that flame graph tools read. The text holds names of functions, never data.
    func profile(seconds: Int) async throws(ProfileFault) -> String
}

/// `sys/pprof/profile?seconds=N`, for who has `sudo`, where the configuration says `profiling = true`.
package enum ProfileSection {
    private static let fields = FieldTable("seconds")
    private static let seconds = 1...60
    private static let off = SectionFault(
        .invalidRequest, "profiling is off; set profiling = true in the server's configuration")

    /// The section; without a profiler it says that profiling is off.
    package static func make(_ profiler: (any Profiling)?) -> SystemSection {
        SystemSection([
            SectionPath(
                "pprof/profile",
                read: { (request, _) throws(SectionFault) in
                    guard let profiler else { throw off }
                    let fields = try parameters(request, fields)
                    let asked = try reading { () throws(ParameterFault) in try fields.int(0) } ?? 10
                    guard seconds.contains(asked) else {
                        throw SectionFault(.invalidRequest, "seconds must be 1 to \(seconds.upperBound)")
                    }
                    return .later(.read) { (body) async throws(SectionFault) in
                        body.append(text: try await taken(profiler, asked))
                        var reply = EngineReply(form: .bare)
                        reply.contentType = "text/plain; charset=utf-8"
                        return reply
                    }
                }
            ).told(
                "Where the server spends its processor time.",
                .read(
                    "Samples it, where the configuration allows that.",
                    takes: [.int("seconds", "For how long: 1 to 60.")], gives: .file("text/plain")))
        ])
    }

    private static func taken(_ profiler: any Profiling, _ seconds: Int) async throws(SectionFault) -> String {
        do throws(ProfileFault) { return try await profiler.profile(seconds: seconds) } catch {
            switch error {
            case .isRunning: throw SectionFault(.tooManyRequests, "another profile is being taken")
            case .unavailable: throw SectionFault(.unavailable, "this system takes no profiles")
            }
        }
    }
}
