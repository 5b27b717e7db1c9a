internal import Foundation

/// The file with the token of the last login: `~/.strongroom-token`; `~/.vault-token` is read where there is none.
enum TokenFile {
    static func path(_ environment: [String: String]) -> String {
        environment["STRONGROOM_TOKEN_FILE"].flatMap { $0.isEmpty ? nil : $0 } ?? home(environment)
            + "/.strongroom-token"
    }

    private static func home(_ environment: [String: String]) -> String {
        environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    }

    /// The token, if one is kept.
    static func read(_ environment: [String: String]) -> String? {
        for path in [path(environment), home(environment) + "/.vault-token"] {
            guard let handle = FileHandle(forReadingAtPath: path) else { continue }
            defer { try? handle.close() }
            guard let data = try? handle.read(upToCount: 64 * 1024) else { continue }
            let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if !token.isEmpty { return token }
        }
        return nil
    }

    /// Keeps the token, readable by its owner only: written beside the old file, then put in its place.
    static func write(_ token: String, _ environment: [String: String]) throws(CommandFault) {
        let path = path(environment)
        let fresh = path + ".\(getpid())"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .local(
                "cannot write \(path): \(String(cString: strerror(errno)))",
                next: "log in with -no-store and keep the token in STRONGROOM_TOKEN")
        }
        let bytes = Array(token.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        close(descriptor)
        guard isWritten, rename(fresh, path) == 0 else {
            unlink(fresh)
            throw .local("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Forgets the token that is kept, if it is that one.
    static func forget(_ token: String, _ environment: [String: String]) {
        let path = path(environment)
        guard let data = FileManager.default.contents(atPath: path),
            String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) == token
        else { return }
        unlink(path)
    }
}
