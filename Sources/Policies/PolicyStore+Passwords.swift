package import EngineKit
internal import Storage
internal import Synchronization
internal import Vocabulary

extension PolicyStore: PasswordMaking {
    private static let passwordFolder = "password/"

    func readPasswordPolicies() async throws(PolicyFault) -> [String: PasswordPolicy.Stored] {
        var result: [String: PasswordPolicy.Stored] = [:]
        var cursor: String?
        do {
            while true {
                let page = try await storage.entries(under: Self.passwordFolder, after: cursor, limit: 1000)
                if page.isEmpty { return result }
                for item in page {
                    let text = String(decoding: item.entry.value, as: UTF8.self)
                    guard let name = item.key.dropping(Self.passwordFolder)?.path else { continue }
                    result[name] = .init(text: text, policy: try PasswordPolicy(reading: text))
                }
                cursor = page.last?.key.path
            }
        } catch let fault as PolicyFault {
            throw fault
        } catch {
            throw .storage
        }
    }

    /// The names of the password policies, in byte order.
    package var passwordPolicyNames: [String] {
        passwords.withLock { Array($0.keys) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The text of a password policy; nil when there is none of that name.
    package func passwordPolicyText(of name: String) -> String? {
        let name = PolicyName.canonical(name)
        return passwords.withLock { $0[name]?.text }
    }

    /// Stores a password policy.
    package func putPasswordPolicy(_ name: String, text: String) async throws(PolicyFault) {
        let name = PolicyName.canonical(name)
        guard PolicyName.isStorable(name) else { throw .malformedName }
        let policy = try PasswordPolicy(reading: text)
        try await turns.run { () async throws(PolicyFault) in
            try await self.commit { $0.put(StorageKey(Self.passwordFolder + name), Array(text.utf8)) }
            self.passwords.withLock { $0[name] = .init(text: text, policy: policy) }
        }
    }

    /// Removes a password policy; one that is not there is fine.
    package func deletePasswordPolicy(_ name: String) async throws(PolicyFault) {
        let name = PolicyName.canonical(name)
        guard passwords.withLock({ $0[name] != nil }) else { return }
        try await turns.run { () async throws(PolicyFault) in
            try await self.commit { $0.delete(StorageKey(Self.passwordFolder + name)) }
            self.passwords.withLock { $0[name] = nil }
        }
    }

    package func password(byPolicy name: String) -> SealSecret? {
        let name = PolicyName.canonical(name)
        return passwords.withLock { $0[name]?.policy }?.password(random)
    }
}
