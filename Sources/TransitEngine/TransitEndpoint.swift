internal import Bytes
internal import KeyRings

/// The paths of a transit mount. **Source** transit wire facts §2.
enum TransitEndpoint {
    case keyList
    case key(KeyName)
    case keyAction(KeyName, KeyAction)
    case encrypt(KeyName)
    case decrypt(KeyName)
    case rewrap(KeyName)
    case dataKey(kind: ByteView, KeyName, isList: Bool)
    case derivedKeys(kind: ByteView, KeyName)
    case hmac(KeyName, algorithm: ByteView)
    case sign(KeyName, algorithm: ByteView)
    case verify(KeyName, algorithm: ByteView)
    case cmac(KeyName, length: ByteView)
    case hash(algorithm: ByteView)
    case random(rest: ByteView)
    case cacheConfig
    case keysConfig

    /// What can be done to a key below `keys/:name/`.
    enum KeyAction: Sendable { case config, rotate, trim, softDelete, softDeleteRestore }

    /// The endpoint at `path`, or nil: unsupported path.
    init?(_ path: ByteView) {
        guard let slash = path.firstIndex(of: UInt8(ascii: "/")) else {
            self.init(alone: path)
            return
        }
        let head = path.slice(0, slash)
        let tail = path.dropFirst(slash + 1)
        if head.equals("encrypt"), let name = KeyName(tail) {
            self = .encrypt(name)
        } else if head.equals("decrypt"), let name = KeyName(tail) {
            self = .decrypt(name)
        } else if head.equals("rewrap"), let name = KeyName(tail) {
            self = .rewrap(name)
        } else if head.equals("keys") {
            self.init(underKeys: tail)
        } else {
            self.init(head, tail)
        }
    }

    private init?(alone path: ByteView) {
        if path.equals("keys") {
            self = .keyList
        } else if path.equals("random") {
            self = .random(rest: .empty)
        } else if path.equals("hash") {
            self = .hash(algorithm: .empty)
        } else if path.equals("cache-config") {
            self = .cacheConfig
        } else {
            return nil
        }
    }

    private init?(underKeys tail: ByteView) {
        if tail.isEmpty {
            self = .keyList
            return
        }
        let slash = tail.firstIndex(of: UInt8(ascii: "/")) ?? tail.count
        guard let name = KeyName(tail.slice(0, slash)) else { return nil }
        let action = tail.dropFirst(slash + 1)
        if slash == tail.count {
            self = .key(name)
        } else if action.equals("config") {
            self = .keyAction(name, .config)
        } else if action.equals("rotate") {
            self = .keyAction(name, .rotate)
        } else if action.equals("trim") {
            self = .keyAction(name, .trim)
        } else if action.equals("soft-delete") {
            self = .keyAction(name, .softDelete)
        } else if action.equals("soft-delete-restore") {
            self = .keyAction(name, .softDeleteRestore)
        } else {
            return nil
        }
    }

    private init?(_ head: ByteView, _ tail: ByteView) {
        // An optional last part matches anything, slashes included; captured, it overrides the body.
        let slash = tail.firstIndex(of: UInt8(ascii: "/")) ?? tail.count
        let first = tail.slice(0, slash)
        let rest = tail.dropFirst(slash + 1)
        if head.equals("datakey"), let name = KeyName(rest) {
            self = .dataKey(kind: first, name, isList: false)
        } else if head.equals("datakeys"), let name = KeyName(rest) {
            self = .dataKey(kind: first, name, isList: true)
        } else if head.equals("derivedkeys"), let name = KeyName(rest) {
            self = .derivedKeys(kind: first, name)
        } else if head.equals("hmac"), let name = KeyName(first) {
            self = .hmac(name, algorithm: rest)
        } else if head.equals("sign"), let name = KeyName(first) {
            self = .sign(name, algorithm: rest)
        } else if head.equals("verify"), let name = KeyName(first) {
            self = .verify(name, algorithm: rest)
        } else if head.equals("cmac"), let name = KeyName(first) {
            self = .cmac(name, length: rest)
        } else if head.equals("hash") {
            self = .hash(algorithm: tail)
        } else if head.equals("random") {
            self = .random(rest: tail)
        } else if head.equals("config") && tail.equals("keys") {
            self = .keysConfig
        } else {
            return nil
        }
    }
}
