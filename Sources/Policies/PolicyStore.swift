internal import Bytes
package import EngineKit
package import Storage
internal import Synchronization
package import Vocabulary

/// The policies: texts in storage, read and compiled in memory.
///
/// **Concurrency** reading is from memory, behind short locks; writing goes one after the other. What is written holds
/// for the next request of every token: callers' rules are compiled anew when `generation` has risen.
package final class PolicyStore: RightsGranting {
    /// A policy as it is stored.
    package struct StoredPolicy: Sendable {
        /// The text, as it was written.
        package let text: String
        /// What it says.
        package let document: PolicyDocument
    }

    private struct State {
        var policies: [String: StoredPolicy] = [:]
        var compiled = ACLCache()
    }

    private static let folder = "acl/"
    let storage: StorageView
    let identity: any IdentityDirectory
    let passwords = Mutex<[String: PasswordPolicy.Stored]>([:])
    let random: PasswordPolicy.Random
    let turns = Turns()
    private let state = Mutex(State())
    private let changes = Atomic<UInt64>(1)

    /// A store over its part of storage; `load` reads it. `random` fills memory with random bytes, or says that it
    /// could not.
    package init(
        storage: StorageView, identity: any IdentityDirectory = NoIdentity(), random: @escaping PasswordPolicy.Random
    ) {
        self.storage = storage
        self.identity = identity
        self.random = random
        state.withLock { $0.policies = Self.builtIn }
    }

    private static let builtIn: [String: StoredPolicy] = {
        var result: [String: StoredPolicy] = [:]
        for name in [PolicyName.standard, BuiltInPolicies.wrapping] {
            guard let text = BuiltInPolicies.text(name), let document = try? PolicyDocument(reading: text) else {
                continue
            }
            result[name] = StoredPolicy(text: text, document: document)
        }
        return result
    }()

    /// Rises with every change of a policy and of identity. **Cost** two atomic loads.
    package var generation: UInt64 { changes.load(ordering: .acquiring) &+ identity.generation }

    // MARK: - Storage

    /// Reads everything from storage. Called after each unsealing.
    package func load() async throws(PolicyFault) {
        try await turns.run { () async throws(PolicyFault) in try await self.read() }
    }

    private func read() async throws(PolicyFault) {
        var policies = Self.builtIn
        var cursor: String?
        do {
            while true {
                let page = try await storage.entries(under: Self.folder, after: cursor, limit: 1000)
                if page.isEmpty { break }
                for item in page {
                    let text = String(decoding: item.entry.value, as: UTF8.self)
                    guard let name = item.key.dropping(Self.folder)?.path else { continue }
                    policies[name] = StoredPolicy(text: text, document: try PolicyDocument(reading: text))
                }
                cursor = page.last?.key.path
            }
        } catch let fault as PolicyFault {
            throw fault
        } catch {
            throw .storage
        }
        let stored = try await readPasswordPolicies()
        passwords.withLock { $0 = stored }
        publish { $0 = policies }
    }

    /// Forgets everything that came from storage. Called before each sealing.
    package func unload() {
        passwords.withLock { $0 = [:] }
        publish { $0 = Self.builtIn }
    }

    private func publish(_ change: (inout [String: StoredPolicy]) -> Void) {
        state.withLock {
            change(&$0.policies)
            $0.compiled = ACLCache()
            changes.add(1, ordering: .acquiringAndReleasing)
        }
    }

    // MARK: - Policies

    /// The names, in byte order, without root. **Cost** a sort.
    package var names: [String] {
        state.withLock { Array($0.policies.keys) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether there is a policy of that name, root included.
    package func exists(_ name: String) -> Bool {
        let name = PolicyName.canonical(name)
        return name == PolicyName.root || state.withLock { $0.policies[name] != nil }
    }

    /// The text of a policy, as it was written; empty for root; nil when there is none of that name.
    package func text(of name: String) -> String? {
        let name = PolicyName.canonical(name)
        if name == PolicyName.root { return "" }
        return state.withLock { $0.policies[name]?.text }
    }

    /// The names of the list that no policy has.
    package func unknown(among names: [String]) -> [String] { names.filter { !exists($0) } }

    /// Stores a policy, and says what is strange about it.
    package func put(_ name: String, text: String) async throws(PolicyFault) -> [PolicyWarning] {
        let name = PolicyName.canonical(name)
        guard PolicyName.isStorable(name) else { throw .malformedName }
        if name == PolicyName.root || name == BuiltInPolicies.wrapping { throw .cannotUpdate(name) }
        let document = try PolicyDocument(reading: text)
        let warnings = document.warnings
        try await turns.run { () async throws(PolicyFault) in
            try await self.commit { $0.put(StorageKey(Self.folder + name), Array(text.utf8)) }
            self.publish { $0[name] = StoredPolicy(text: text, document: document) }
        }
        return warnings
    }

    /// Removes a policy; one that is not there is fine.
    package func delete(_ name: String) async throws(PolicyFault) {
        let name = PolicyName.canonical(name)
        if [PolicyName.root, PolicyName.standard, BuiltInPolicies.wrapping].contains(name) {
            throw .cannotDelete(name)
        }
        guard exists(name) else { return }
        try await turns.run { () async throws(PolicyFault) in
            try await self.commit { $0.delete(StorageKey(Self.folder + name)) }
            self.publish { $0[name] = nil }
        }
    }

    func commit(_ fill: (inout WriteBatch) -> Void) async throws(PolicyFault) {
        var batch = WriteBatch()
        fill(&batch)
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
    }

    // MARK: - Rights

    package func rules(of caller: Caller) -> any AccessRules {
        if caller.isRoot { return RootRules.shared }
        let now = generation
        if let rules = caller.rights.rules(of: now) { return rules }
        let rules = compiledRules(of: caller)
        caller.rights.keep(rules, of: now)
        return rules
    }

    private func compiledRules(of caller: Caller) -> any AccessRules {
        if caller.entityID.isEmpty { return acl(of: caller.tokenPolicies, nil) }
        switch identity.standing(of: caller.entityID) {
        case .absent, .disabled: return NoRules.shared
        case .active(let rights): return acl(of: caller.tokenPolicies + rights.policies, rights.facts)
        }
    }

    /// The compiled rules of policies for an entity, or for nobody. Names that no policy has grant nothing; `root`
    /// among them grants nothing either: that only tokens can have.
    package func acl(of names: [String], _ facts: TemplateFacts?) -> CompiledACL {
        let names = PolicyName.canonical(names)
        return state.withLock { state in
            let policies = names.compactMap { name in
                state.policies[name].map { NamedPolicy(name: name, document: $0.document) }
            }
            let isTemplated = policies.contains { $0.document.isTemplated }
            let key = ACLCache.Key(names: policies.map(\.name), facts: isTemplated ? facts : nil)
            if let known = state.compiled[key] { return known }
            let acl = CompiledACL(policies, facts: facts)
            state.compiled[key] = acl
            return acl
        }
    }
}

/// Compiled rules by what they were compiled from, so that the tokens of one role share them. Bounded: when it is full
/// it is emptied, and filled anew by those who are there.
struct ACLCache {
    struct Key: Hashable {
        let names: [String]
        let facts: TemplateFacts?
    }

    /// Most rules that are kept, over all compiled sets; one set is kept whatever its size.
    private static let maxRules = 200_000
    private static let maxSets = 20_000
    private var sets: [Key: CompiledACL] = [:]
    private var rules = 0

    subscript(key: Key) -> CompiledACL? {
        get { sets[key] }
        set {
            guard let newValue else { return }
            if rules + newValue.rules.count > Self.maxRules || sets.count >= Self.maxSets { (sets, rules) = ([:], 0) }
            sets[key] = newValue
            rules += newValue.rules.count
        }
    }
}
