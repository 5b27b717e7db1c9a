internal import Vocabulary

/// Environment variables of the client: `STRONGROOM_X` wins over `VAULT_X`, an empty one says nothing.
package struct ClientEnvironment: Sendable {
    private let variables: [String: String]

    /// Of those variables.
    package init(_ variables: [String: String]) { self.variables = variables }

    /// The value of the variable that counts.
    package subscript(suffix: String) -> String? { name(suffix).flatMap { variables[$0] } }

    /// The name of the variable that counts.
    package func name(_ suffix: String) -> String? {
        ["STRONGROOM_", "VAULT_"].map { $0 + suffix }.first { variables[$0]?.isEmpty == false }
    }

    func flag(_ suffix: String) throws(ClientFault) -> Bool? {
        guard let text = self[suffix] else { return nil }
        switch text.lowercased() {
        case "1", "t", "true", "yes": return true
        case "0", "f", "false", "no": return false
        default: throw .badSetting(name(suffix) ?? suffix, "true or false")
        }
    }

    func seconds(_ suffix: String) throws(ClientFault) -> Int? {
        guard let text = self[suffix] else { return nil }
        guard let seconds = DurationText.seconds(text), (0...86400).contains(seconds) else {
            throw .badSetting(name(suffix) ?? suffix, "a duration such as 60s, at most a day")
        }
        return seconds
    }

    func count(_ suffix: String) throws(ClientFault) -> Int? {
        guard let text = self[suffix] else { return nil }
        guard let count = Int(text), (0...100).contains(count) else {
            throw .badSetting(name(suffix) ?? suffix, "a number from 0 to 100")
        }
        return count
    }
}
