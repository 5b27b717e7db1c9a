internal import CHiredis
internal import DatabaseEngine
internal import Glibc

/// One connection to Redis. A user is made, changed and removed by one command, so that nothing is ever half done.
///
/// **Concurrency** for one thread; owns its C context.
final class RedisLink: DatabaseLink {
    private let context: UnsafeMutablePointer<redisContext>
    private let persistence: String
    var isBroken: Bool { context.pointee.err != 0 }

    init(_ address: RedisAddress) throws(DatabaseFault) {
        let limit = timeval(tv_sec: 10, tv_usec: 0)
        let made =
            address.socket.isEmpty
            ? redisConnectWithTimeout(address.host, address.port, limit)
            : redisConnectUnixWithTimeout(address.socket, limit)
        guard let made else { throw .unavailable("out of memory") }
        context = made
        persistence = address.persistence
        guard made.pointee.err == 0 else {
            let text = String(cString: strongroom_redis_failure(made))
            redisFree(made)
            throw .unavailable("cannot connect to Redis: \(text)")
        }
        redisSetTimeout(made, timeval(tv_sec: 30, tv_usec: 0))
        if address.password.isEmpty { return }
        do throws(DatabaseFault) {
            try command(["AUTH"] + (address.username.isEmpty ? [] : [address.username]) + [address.password])
        } catch {
            redisFree(made)
            if case .refused(let text) = error { throw .login(text) }
            throw error
        }
    }

    func close() { redisFree(context) }

    // MARK: - Work

    func perform(_ work: DatabaseWork) throws(DatabaseFault) {
        switch work {
        case .verify: try command(["PING"])
        case .create(let user, let statements):
            let rules = try statements.isEmpty ? ["~*", "+@read"] : Self.rules(statements)
            try command(["ACL", "SETUSER", user.name, "reset", "on", ">" + user.password] + rules)
            try persist()
        case .renew: break
        case .setPassword(let user, let statements):
            let rules = try Self.rules(statements)
            try command(["ACL", "SETUSER", user.name, "resetpass", ">" + user.password] + rules)
            try persist()
        case .delete(let user, _):
            // Ends the user's sessions, too.
            try command(["ACL", "DELUSER", user.name])
            try persist()
        }
    }

    private func persist() throws(DatabaseFault) {
        switch persistence {
        case "REWRITE": try command(["CONFIG", "REWRITE"])
        case "ACLFILE": try command(["ACL", "SAVE"])
        default: break
        }
    }

    /// The ACL rules of statements. A rule about passwords has no place among them.
    static func rules(_ statements: [String]) throws(DatabaseFault) -> [String] {
        var rules: [String] = []
        for statement in statements {
            let trimmed = statement.drop { $0.isWhitespace }
            let text =
                trimmed.hasPrefix("[")
                ? trimmed.map { "[],\"".contains($0) ? " " : $0 }.map(String.init).joined() : String(trimmed)
            rules += text.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        for rule in rules {
            let lowered = rule.lowercased()
            let isAboutPasswords =
                [">", "<", "#", "!"].contains { rule.hasPrefix($0) }
                || ["nopass", "resetpass", "reset"].contains(lowered)
            if isAboutPasswords { throw .refused("ACL rules of statements must not be about passwords") }
        }
        return rules
    }

    // MARK: - Commands

    /// Sends one command, argument by argument: no value can become another argument.
    private func command(_ arguments: [String]) throws(DatabaseFault) {
        var bytes: [CChar] = []
        var lengths: [Int] = []
        for argument in arguments {
            let utf8 = Array(argument.utf8)
            bytes += utf8.map { CChar(bitPattern: $0) }
            lengths.append(utf8.count)
        }
        bytes.append(0)
        let answer = bytes.withUnsafeBufferPointer { buffer -> UnsafeMutableRawPointer? in
            var at = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for length in lengths {
                pointers.append(buffer.baseAddress.map { $0 + at })
                at += length
            }
            return pointers.withUnsafeMutableBufferPointer { list in
                redisCommandArgv(context, Int32(lengths.count), list.baseAddress, lengths)
            }
        }
        guard let answer else {
            throw .unavailable("Redis: " + String(cString: strongroom_redis_failure(context)))
        }
        defer { freeReplyObject(answer) }
        let reply = answer.assumingMemoryBound(to: redisReply.self).pointee
        guard reply.type == REDIS_REPLY_ERROR else { return }
        let text = reply.str.map { String(cString: $0) } ?? "the command failed"
        let passing = ["LOADING", "BUSY", "READONLY", "MASTERDOWN", "OOM", "MISCONF"]
        throw passing.contains { text.hasPrefix($0) } ? .unavailable(text) : .refused(text)
    }
}
