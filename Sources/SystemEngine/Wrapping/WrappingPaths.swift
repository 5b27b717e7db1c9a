package import Bytes
package import EngineKit
internal import Storage
package import Tokens
package import Vocabulary

/// `sys/wrapping/`: answers kept for one reader. **Source** system wire facts §9.
package final class WrappingPaths: SecretsEngine {
    /// A resolved request.
    package enum Command: Sendable {
        /// Whatever the client sent, to be wrapped on its way out.
        case wrap(ByteView, isWrapped: Bool)
        case lookup(SealSecret)
        case unwrap(Subject)
        case rewrap(Subject)
    }

    /// Which wrapping token is meant.
    package enum Subject: Sendable {
        /// The one that the request came with.
        case caller(Caller)
        case token(SealSecret)
    }

    private static let fields = FieldTable("token")
    private let store: TokenStore

    package let typeName = "system"

    /// The section over the store.
    package init(store: TokenStore) { self.store = store }

    package func isOpenToAll(_ request: EngineRequest) -> Bool { request.path.equals("wrapping/lookup") }

    package func resolve(_ request: EngineRequest) throws(WrappingError) -> Command {
        switch (request.path.string, request.operation) {
        case ("wrapping/wrap", .write): return .wrap(try Self.object(request), isWrapped: request.wrapSeconds > 0)
        case ("wrapping/lookup", .write), ("wrapping/lookup", .read):
            return .lookup(try Self.token(request) ?? SealSecret(copying: request.token))
        case ("wrapping/unwrap", .write): return .unwrap(try Self.subject(request))
        case ("wrapping/rewrap", .write): return .rewrap(try Self.subject(request))
        case ("wrapping/wrap", _), ("wrapping/lookup", _), ("wrapping/unwrap", _), ("wrapping/rewrap", _):
            throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    package func capability(for command: Command) -> Capability { .update }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(WrappingError) -> Handling {
        if case .wrap(_, isWrapped: false) = command { throw .needsWrapping }
        return .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(WrappingError) -> EngineReply {
        var reply = EngineReply()
        do throws(TokenError) {
            switch command {
            case .wrap(let object, let isWrapped):
                guard isWrapped else { throw TokenError.refused(WrappingError.needsWrapping.wireText) }
                body.append(object)
            case .lookup(let token):
                guard let facts = try await store.wrapFacts(token) else { throw TokenError.unknown }
                Self.describe(facts).write(into: &body)
            case .unwrap(let subject):
                let answer =
                    switch subject {
                    case .caller(let caller): try await store.unwrap(by: caller)
                    case .token(let token): try await store.unwrap(token)
                    }
                guard let answer else { throw TokenError.unknown }
                reply.grant = .unwrapped(answer)
            case .rewrap(let subject):
                let info =
                    switch subject {
                    case .caller(let caller): try await store.rewrap(by: caller)
                    case .token(let token): try await store.rewrap(token)
                    }
                guard let info else { throw TokenError.unknown }
                reply.grant = .wrapped(info)
            }
        } catch {
            throw error == .unknown ? .invalidToken : .store(error)
        }
        return reply
    }

    private static func describe(_ facts: TokenStore.WrapFacts) -> JSON {
        var time = ByteWriter(capacity: 32)
        let isTime = TimestampText.append(seconds: facts.created, nanoseconds: facts.createdNanoseconds, to: &time)
        return .object([
            "creation_path": .string(facts.path), "creation_time": isTime ? .string(time.view.string) : .null,
            "creation_ttl": .int(facts.seconds),
        ])
    }

    // MARK: - Parameters

    /// The whole body as it came, when it is an object.
    private static func object(_ request: EngineRequest) throws(WrappingError) -> ByteView {
        do throws(JSONFault) {
            var scanner = JSONScanner(request.body, depthLimit: request.maxJSONDepth)
            guard scanner.peek() == UInt8(ascii: "{") else {
                if try scanner.openDocument() { throw .notAnObject }
                return ByteView("{}")
            }
            let value = try scanner.scanValue()
            return request.body.slice(value.offset, value.count)
        } catch {
            throw .parameters(.json(error))
        }
    }

    private static func token(_ request: EngineRequest) throws(WrappingError) -> SealSecret? {
        do throws(ParameterFault) {
            let text = try Parameters(request, fields).string(0) ?? ""
            return text.isEmpty ? nil : SealSecret(exposing: text)
        } catch {
            throw .parameters(error)
        }
    }

    private static func subject(_ request: EngineRequest) throws(WrappingError) -> Subject {
        guard let caller = request.caller else { throw .invalidToken }
        guard let token = try token(request) else { return .caller(caller) }
        // Named once more in the body, it is still the one whose use is counted.
        return token.exposing { ConstantTime.equal($0, request.token) } ? .caller(caller) : .token(token)
    }
}
