internal import EngineKit
internal import Synchronization
internal import Vocabulary

/// Passwords by policy for engines, which are listed before the policies are there.
final class LatePasswords: PasswordMaking {
    private let source = Mutex<(any PasswordMaking)?>(nil)

    /// Sets who makes them; once, before the first request.
    func attach(_ maker: any PasswordMaking) { source.withLock { $0 = maker } }

    func password(byPolicy name: String) -> SealSecret? { source.withLock { $0 }?.password(byPolicy: name) }
}
