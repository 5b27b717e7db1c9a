package import Bytes
package import EngineKit
package import Policies
package import Vocabulary

/// `sys/policy`, `sys/policies` and `sys/capabilities*`: sections of `sys/`.
///
/// **Concurrency** stateless; texts and compiled rules are in memory, only writing needs storage.
package final class PolicyPaths: SecretsEngine {
    /// The first segments below `sys/` that it answers for.
    package static let heads = ["policy", "policies", "capabilities", "capabilities-self", "capabilities-accessor"]

    /// Whose rights are asked for.
    package enum Subject: Sendable {
        /// The caller's own.
        case caller(Caller)
        /// Those of the token's bearer.
        case token([UInt8])
        /// Those of the bearer of the token with this accessor.
        case accessor(String)
        /// Those of policies alone.
        case policies([String])
    }

    /// A resolved request.
    package enum Command: Sendable {
        case names(isOld: Bool)
        case read(String, isOld: Bool)
        case write(String, text: String, warnings: [String])
        case delete(String)
        case passwordNames
        case readPassword(String)
        case writePassword(String, text: String)
        case deletePassword(String)
        case generate(String)
        case capabilities(Subject, paths: [String])
        case explain(Subject, Question)
    }

    /// What an explanation is about.
    package struct Question: Sendable {
        /// The path, without its leading slash.
        var path: String
        /// The right that is wanted.
        var capability: Capability
        /// Parameters that would be sent: a JSON object or nothing.
        var parameters: [UInt8]
    }

    package let typeName = "system"
    let policies: PolicyStore
    let callers: any CallerLookup

    /// The sections' engine; `callers` finds the bearers of other tokens.
    package init(policies: PolicyStore, callers: any CallerLookup) {
        self.policies = policies
        self.callers = callers
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .names, .passwordNames: .list
        case .read, .readPassword, .generate: .read
        case .delete, .deletePassword: .delete
        case .write, .writePassword, .capabilities, .explain: .update
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(PolicyPathError) -> Handling {
        switch command {
        case .names(let isOld): return .done(listNames(isOld: isOld, into: &body))
        case .read(let name, let isOld): return .done(try read(name, isOld: isOld, into: &body))
        case .passwordNames:
            let names = policies.passwordPolicyNames
            if names.isEmpty { throw .nothingThere }
            JSON.object(["keys": .array(names.map { .string($0) })]).write(into: &body)
            return .done(EngineReply())
        case .readPassword(let name):
            guard let text = policies.passwordPolicyText(of: name) else { throw .nothingThere }
            JSON.object(["policy": .string(text)]).write(into: &body)
            return .done(EngineReply())
        case .generate(let name):
            guard policies.passwordPolicyText(of: name) != nil else { throw .nothingThere }
            guard let password = policies.password(byPolicy: name) else { throw .policy(.noRandomness) }
            body.append("{\"password\":")
            password.exposing { body.append(jsonString: $0) }
            body.append("}")
            return .done(EngineReply())
        case .capabilities(.caller(let caller), let paths):
            return .done(tell(rules(of: caller), paths, into: &body))
        case .explain(.caller(let caller), let question):
            return .done(explain(caller.policies, rules(of: caller), question, into: &body))
        case .explain(.policies(let names), let question):
            return .done(explain(names, policies.acl(of: names, nil), question, into: &body))
        case .write, .delete, .writePassword, .deletePassword, .capabilities, .explain: return .needsStorage
        }
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(PolicyPathError) -> EngineReply {
        switch command {
        case .capabilities(let subject, let paths):
            let caller = try await caller(subject)
            return tell(rules(of: caller), paths, into: &body)
        case .explain(.policies(let names), let question):
            return explain(names, policies.acl(of: names, nil), question, into: &body)
        case .explain(let subject, let question):
            let caller = try await caller(subject)
            return explain(caller.policies, rules(of: caller), question, into: &body)
        case .write(let name, let text, let warnings):
            let told = try await changing { () async throws(PolicyFault) in
                try await self.policies.put(name, text: text).map { "\($0)" }
            }
            return warnings.isEmpty && told.isEmpty ? .noContent : EngineReply(warnings: warnings + told)
        case .delete(let name):
            try await changing { () async throws(PolicyFault) in try await self.policies.delete(name) }
            return .noContent
        case .writePassword(let name, let text):
            try await changing { () async throws(PolicyFault) in
                try await self.policies.putPasswordPolicy(name, text: text)
            }
            return .noContent
        case .deletePassword(let name):
            try await changing { () async throws(PolicyFault) in try await self.policies.deletePasswordPolicy(name) }
            return .noContent
        case .names, .read, .passwordNames, .readPassword, .generate:
            guard case .done(let reply) = try perform(command, into: &body) else { throw .unsupportedOperation }
            return reply
        }
    }

    private func changing<Result: Sendable>(
        _ change: () async throws(PolicyFault) -> Result
    ) async throws(PolicyPathError) -> Result {
        do throws(PolicyFault) { return try await change() } catch { throw .policy(error) }
    }

    func rules(of caller: Caller) -> any AccessRules { policies.rules(of: caller) }

    private func caller(_ subject: Subject) async throws(PolicyPathError) -> Caller {
        do throws(TokenFault) {
            switch subject {
            case .caller(let caller): return caller
            case .token(let token):
                if let caller = try await callers.caller(ofToken: token) { return caller }
            case .accessor(let accessor):
                if let caller = try await callers.caller(ofAccessor: accessor) { return caller }
                throw TokenFault(.invalidRequest, PolicyPathError.invalidAccessor.wireText)
            case .policies: break
            }
        } catch {
            throw .token(error)
        }
        throw .invalidToken
    }

    // MARK: - Texts

    private func listNames(isOld: Bool, into body: inout ByteWriter) -> EngineReply {
        let names = JSON.array((policies.names + [PolicyName.root]).map { .string($0) })
        JSON.object(isOld ? ["keys": names, "policies": names] : ["keys": names]).write(into: &body)
        return EngineReply(form: isOld ? .mirrored : .enveloped)
    }

    private func read(
        _ name: String, isOld: Bool, into body: inout ByteWriter
    ) throws(PolicyPathError) -> EngineReply {
        guard let text = policies.text(of: name) else { throw .nothingThere }
        let shown = JSON.string(PolicyName.canonical(name))
        JSON.object(["name": shown, isOld ? "rules" : "policy": .string(text)]).write(into: &body)
        return EngineReply(form: isOld ? .mirrored : .enveloped)
    }
}
