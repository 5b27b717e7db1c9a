internal import CProfiler
internal import Glibc
internal import SystemEngine

/// Profiles of this process by `SIGPROF`. **Cost** a system call per frame, 97 times a second of processor time.
struct ProcessProfiler: Profiling {
    private static let hertz: UInt32 = 97
    private static let capacity: UInt32 = 16_384

    func profile(seconds: Int) async throws(ProfileFault) -> String {
        switch strongroom_profile_start(Self.hertz, Self.capacity) {
        case 0: break
        case EBUSY: throw .isRunning
        default: throw .unavailable
        }
        // A client that has gone does not keep the timer running for longer.
        try? await Task.sleep(for: .seconds(seconds))
        let count = strongroom_profile_stop(nil)
        defer { strongroom_profile_finish() }
        return Self.folded(count)
    }

    private static func folded(_ count: UInt32) -> String {
        var names: [UInt: String] = [:]
        var stacks: [[UInt]: Int] = [:]
        var frames = [UInt](repeating: 0, count: Int(STRONGROOM_PROFILE_DEPTH))
        for index in 0..<count {
            let depth = Int(strongroom_profile_sample(index, &frames))
            guard depth > 0 else { continue }
            stacks[Array(frames[..<depth].reversed()), default: 0] += 1
        }
        var lines: [String: Int] = [:]
        for (stack, samples) in stacks {
            let line = stack.map { address in
                if let known = names[address] { return known }
                let name = name(of: address)
                names[address] = name
                return name
            }.joined(separator: ";")
            lines[line, default: 0] += samples
        }
        return lines.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private static func name(of address: UInt) -> String {
        var text = [CChar](repeating: 0, count: 1024)
        strongroom_profile_name(address, &text, text.count)
        let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(name.map { $0 == ";" || $0 == "\n" ? " " : $0 })
    }
}
