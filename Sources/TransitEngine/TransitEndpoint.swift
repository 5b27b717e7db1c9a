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
    case export(kind: ByteView, KeyName, version: ByteView)
    case byokExport(destination: KeyName, source: KeyName, version: ByteView)
    case backup(KeyName)
    case restore(name: ByteView)
    case wrappingKey
    case deriveKey(KeyName)
    case encapsulate(KeyName)
    case decapsulate(KeyName)
    case hpke(KeyName, opens: Bool)
    case hash(algorithm: ByteView)
    case random(rest: ByteView)
    case cacheConfig
    case keysConfig

    /// What can be done to a key below `keys/:name/`.
    enum KeyAction: Sendable {
        case config, rotate, trim, softDelete, softDeleteRestore, importKey, importVersion, csr, setCertificate

        private static let names: [(StaticString, KeyAction)] = [
            ("config", .config), ("rotate", .rotate), ("trim", .trim), ("soft-delete", .softDelete),
            ("soft-delete-restore", .softDeleteRestore), ("import", .importKey), ("import_version", .importVersion),
            ("csr", .csr), ("set-certificate", .setCertificate),
        ]

        init?(_ name: ByteView) {
            guard let action = Self.names.first(where: { name.equals($0.0) })?.1 else { return nil }
            self = action
        }
    }

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
        } else if path.equals("wrapping_key") {
            self = .wrappingKey
        } else if path.equals("restore") {
            self = .restore(name: .empty)
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
        } else if let action = KeyAction(action) {
            self = .keyAction(name, action)
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
            self.init(transfer: head, tail, first: first, rest: rest)
        }
    }

    private init?(transfer head: ByteView, _ tail: ByteView, first: ByteView, rest: ByteView) {
        // What follows a name, if anything.
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
        let (second, third) = (rest.slice(0, slash), rest.dropFirst(slash + 1))
        if head.equals("export"), let name = KeyName(second) {
            self = .export(kind: first, name, version: third)
        } else if head.equals("byok-export"), let destination = KeyName(first), let source = KeyName(second) {
            self = .byokExport(destination: destination, source: source, version: third)
        } else if head.equals("backup"), let name = KeyName(tail) {
            self = .backup(name)
        } else if head.equals("restore") {
            self = .restore(name: tail)
        } else if head.equals("derive-key"), let name = KeyName(tail) {
            self = .deriveKey(name)
        } else if head.equals("encapsulate"), let name = KeyName(tail) {
            self = .encapsulate(name)
        } else if head.equals("decapsulate"), let name = KeyName(tail) {
            self = .decapsulate(name)
        } else if head.equals("hpke"), let name = KeyName(rest), first.equals("seal") || first.equals("open") {
            self = .hpke(name, opens: first.equals("open"))
        } else {
            return nil
        }
    }
}
