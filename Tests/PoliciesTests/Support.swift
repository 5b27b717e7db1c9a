import Bytes
import EngineKit
import Policies
import Storage
import TestAids
import Vocabulary

func acl(_ policies: String..., facts: TemplateFacts? = nil) throws -> CompiledACL {
    let named = try policies.enumerated().map { index, text in
        NamedPolicy(name: "p\(index)", document: try PolicyDocument(reading: text))
    }
    return CompiledACL(named, facts: facts)
}

extension CompiledACL {
    func granted(_ path: String, isList: Bool = false) -> [String] {
        withView(path) { decidingRule(for: $0, isList: isList) }?.capabilities.names ?? ["deny"]
    }

    func allows(_ path: String, _ body: String) -> Bool {
        withView(path) { decidingRule(for: $0, isList: false) }.map { rule in
            withView(body) { rule.allows(parameters: $0, maxJSONDepth: 300) }
        } ?? false
    }
}

func message(_ text: String) -> String {
    do throws(PolicyFault) {
        _ = try PolicyDocument(reading: text)
        return ""
    } catch {
        return error.wireText
    }
}

func warnings(_ text: String) throws -> [String] { try PolicyDocument(reading: text).warnings.map { "\($0)" } }

func store(
    _ backend: any StorageBackend = InMemoryStorage(), identity: any IdentityDirectory = NoIdentity()
) -> PolicyStore {
    PolicyStore(storage: StorageView(backend, prefix: "policies/"), identity: identity) { memory in
        for index in memory.indices { memory[index] = UInt8.random(in: 0...255) }
        return true
    }
}
