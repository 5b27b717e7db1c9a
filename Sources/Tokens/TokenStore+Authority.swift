package import Bytes
package import EngineKit
package import Vocabulary

/// The store as the stages of a request see it.
extension TokenStore: TokenAuthority {
    package func standing(of token: ByteView, from client: PeerAddress) -> TokenStanding {
        switch lookUp(token, now: now(), from: client) {
        case .known(let known): known.caller(by: identity).map(TokenStanding.known) ?? .unknown
        case .unknown: .unknown
        case .needsStorage: .needsStorage
        }
    }

    package func use(_ token: [UInt8], from client: PeerAddress) async throws(TokenFault) -> TokenUse? {
        do throws(TokenError) {
            // Of the bytes only the digest lives on past a suspension.
            guard let known = try await authenticate(SealSecret(copying: token), now: now(), from: client),
                let caller = known.caller(by: identity)
            else { return nil }
            return TokenUse(caller: caller, isLast: known.isLastUse)
        } catch {
            throw TokenFault(error)
        }
    }

    package func spend(_ use: TokenUse) async {
        guard use.isLast, let digest = TokenDigest(hex: use.caller.tokenID) else { return }
        // What cannot be ended now is unusable all the same, and the clean-up comes by.
        _ = try? await revoke(digest)
    }

    package func issue(
        _ login: Login, at mount: MountPoint, path: String, for client: ClientFacts
    ) async throws(TokenFault) -> IssuedToken {
        let entityID = try await identity.admit(login, at: mount.description) ?? ""
        do throws(TokenError) {
            let result = try await issue(login, on: mount, path: path, entityID: entityID, now: now())
            var issued = result.issued
            issued.warnings += result.warnings
            return issued
        } catch {
            throw TokenFault(error)
        }
    }
}

extension TokenStore: TokenLeases {
    package func lookUpLease(_ leaseID: String) async throws(TokenFault) -> LeaseFacts? {
        do throws(TokenError) { return try await lease(leaseID) } catch { throw TokenFault(error) }
    }

    package func leaseNames(below folder: String) async throws(TokenFault) -> [String] {
        do throws(TokenError) { return try await listLeases(below: folder) } catch { throw TokenFault(error) }
    }

    package func revokeLease(_ leaseID: String) async throws(TokenFault) -> Bool {
        do throws(TokenError) {
            guard try await lease(leaseID) != nil, let digest = Self.leaseDigest(leaseID) else { return false }
            return try await revoke(digest)
        } catch {
            throw TokenFault(error)
        }
    }

    package func revokeLeases(below prefix: String) async throws(TokenFault) {
        do throws(TokenError) { try await revoke(pathsBelow: prefix) } catch { throw TokenFault(error) }
    }
}

extension TokenStore: CallerLookup {
    package func caller(ofToken token: [UInt8]) async throws(TokenFault) -> Caller? {
        do throws(TokenError) {
            return try await inspect(SealSecret(copying: token), now: now())?.caller(by: identity)
        } catch {
            throw TokenFault(error)
        }
    }

    package func caller(ofAccessor accessor: String) async throws(TokenFault) -> Caller? {
        do throws(TokenError) {
            return try await token(ofAccessor: accessor, now: now())?.caller(by: identity)
        } catch {
            throw TokenFault(error)
        }
    }
}
