import Foundation

/// What one writer of the kill test has asked for: what was acknowledged must be there, and of what was under way when
/// the server died, all or nothing.
class KillWriter {
    let client: WireClient
    let name: String
    var random: SystemRandomNumberGenerator = SystemRandomNumberGenerator()
    private(set) var acknowledged = 0
    /// Answers that a healthy server does not give.
    private(set) var surprises: [String] = []

    init(_ client: WireClient, _ name: String) {
        self.client = client
        self.name = name
    }

    /// Writes until the server is gone.
    func run() {
        while true {
            do { try step() } catch { return }
        }
    }

    func step() throws {}
    /// What is wrong with what the server holds now.
    func faults() throws -> [String] { [] }

    func ask(_ method: String, _ path: String, _ body: Any? = nil) throws -> WireAnswer {
        let answer = try client.call(method, path, body)
        if (200..<300).contains(answer.status) {
            acknowledged += 1
        } else {
            surprises.append("\(method) \(path): \(answer.status) \(answer.errors)")
        }
        return answer
    }
}

/// Makes keys, rotates them, sets their configuration, encrypts.
final class KeyWriter: KillWriter {
    private struct Key {
        var latest = 0
        var isRotating = false
        var minimum = 0
        var wishedMinimum = 0
        var ciphertexts: [Int: String] = [:]
    }

    private var keys: [String: Key] = [:]
    private var wishedName: String?

    override func step() throws {
        let key = "\(name)-\(Int.random(in: 0..<5, using: &random))"
        guard let known = keys[key] else {
            wishedName = key
            _ = try ask("POST", "transit/keys/\(key)")
            keys[key] = Key(latest: 1)
            wishedName = nil
            return
        }
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
            keys[key]?.isRotating = true
            _ = try ask("POST", "transit/keys/\(key)/rotate")
            keys[key]?.isRotating = false
            keys[key]?.latest += 1
        case 2:
            let wish = Int.random(in: 0...known.latest, using: &random)
            keys[key]?.wishedMinimum = wish
            _ = try ask("POST", "transit/keys/\(key)/config", ["min_encryption_version": wish])
            keys[key]?.minimum = wish
        default:
            let answer = try ask("POST", "transit/encrypt/\(key)", ["plaintext": Data(key.utf8).base64EncodedString()])
            let text = answer.data["ciphertext"] as? String ?? ""
            keys[key]?.ciphertexts[answer.data["key_version"] as? Int ?? 0] = text
        }
    }

    override func faults() throws -> [String] {
        var faults: [String] = []
        if let name = wishedName, try client.call("GET", "transit/keys/\(name)").status == 200 {
            keys[name] = Key(latest: 1)
        }
        wishedName = nil
        for (name, key) in keys {
            let answer = try client.call("GET", "transit/keys/\(name)")
            let latest = answer.data["latest_version"] as? Int ?? -1
            let minimum = answer.data["min_encryption_version"] as? Int ?? -1
            if latest != key.latest, !(key.isRotating && latest == key.latest + 1) {
                faults.append("\(name): version \(latest), acknowledged \(key.latest)")
            }
            if minimum != key.minimum, minimum != key.wishedMinimum {
                faults.append("\(name): minimum \(minimum), acknowledged \(key.minimum)")
            }
            keys[name]?.latest = latest
            keys[name]?.isRotating = false
            keys[name]?.minimum = minimum
            keys[name]?.wishedMinimum = minimum
            faults += try unusable(name, key, latest, minimum)
        }
        return faults
    }

    /// Every version decrypts what it encrypted, and those that may encrypt do.
    private func unusable(_ name: String, _ key: Key, _ latest: Int, _ minimum: Int) throws -> [String] {
        let texts = key.ciphertexts.sorted { $0.key < $1.key }
        let plain = Data(name.utf8).base64EncodedString()
        var faults: [String] = []
        if !texts.isEmpty {
            let answer = try client.call(
                "POST", "transit/decrypt/\(name)", ["batch_input": texts.map { ["ciphertext": $0.value] }])
            let results = answer.data["batch_results"] as? [[String: Any]] ?? []
            if results.count != texts.count || results.contains(where: { $0["plaintext"] as? String != plain }) {
                faults.append("\(name): ciphertexts are lost: \(answer.status) \(answer.errors)")
            }
        }
        guard latest > 0 else { return faults }
        let versions = Array(max(minimum, 1)...latest)
        let answer = try client.call(
            "POST", "transit/encrypt/\(name)",
            ["batch_input": versions.map { ["plaintext": plain, "key_version": $0] as [String: Any] }])
        let results = answer.data["batch_results"] as? [[String: Any]] ?? []
        for (version, result) in zip(versions, results) {
            if let text = result["ciphertext"] as? String {
                keys[name]?.ciphertexts[version] = text
            } else {
                faults.append("\(name): version \(version) does not encrypt: \(result)")
            }
        }
        if results.count != versions.count { faults.append("\(name): \(answer.status) \(answer.errors)") }
        return faults
    }
}

/// Turns the terms of the barrier over, sets when they end, mounts and unmounts.
final class SystemWriter: KillWriter {
    private var term = 1
    private var isRotating = false
    private var limit = 3_865_470_566
    private var wishedLimit = 3_865_470_566
    private var mounts: Set<String> = []
    private var wished: String?

    override func step() throws {
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            isRotating = true
            _ = try ask("POST", "sys/rotate")
            isRotating = false
            term += 1
        case 1:
            wishedLimit = Int.random(in: 1_000_000...3_000_000_000, using: &random)
            _ = try ask("POST", "sys/rotate/config", ["max_operations": wishedLimit])
            limit = wishedLimit
        default:
            let path = "m\(Int.random(in: 0..<4, using: &random))/"
            wished = path
            if mounts.contains(path) {
                _ = try ask("DELETE", "sys/mounts/\(path)")
                mounts.remove(path)
            } else {
                _ = try ask("POST", "sys/mounts/\(path)", ["type": "transit"])
                mounts.insert(path)
            }
            wished = nil
        }
    }

    override func faults() throws -> [String] {
        var faults: [String] = []
        let found = try client.call("GET", "sys/key-status").data["term"] as? Int ?? -1
        if found != term, !(isRotating && found == term + 1) {
            faults.append("term \(found), acknowledged \(term)")
        }
        let limit = try client.call("GET", "sys/rotate/config").data["max_operations"] as? Int ?? -1
        if limit != self.limit, limit != wishedLimit {
            faults.append("max_operations \(limit), acknowledged \(self.limit)")
        }
        let all = Set(try client.call("GET", "sys/mounts").data.keys.filter { $0.hasPrefix("m") })
        let differing = all.symmetricDifference(mounts)
        if !differing.subtracting(wished.map { [$0] } ?? []).isEmpty {
            faults.append("mounts \(all.sorted()), acknowledged \(mounts.sorted())")
        }
        (term, isRotating, self.limit, wishedLimit, mounts, wished) = (found, false, limit, limit, all, nil)
        return faults
    }
}
