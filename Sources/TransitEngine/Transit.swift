package import Bytes
package import EngineKit
internal import Glibc
internal import KeyRings
internal import Primitives
package import Storage
internal import Synchronization
package import Vocabulary

/// Encryption as a service: named key rings that never leave, and what can be done with them.
///
/// **Concurrency** requests on rings in memory are answered synchronously on any thread; the rest goes through storage.
package final class Transit: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        enum Work {
            case encrypt(EncryptCommand)
            case decrypt(DecryptCommand)
            case rewrap(RewrapCommand)
            case dataKey(DataKeyCommand)
            case derivedKeys(DerivedKeysCommand)
            case hmac(HMACCommand)
            case sign(SignCommand)
            case verify(VerifyCommand)
            case cmac(CMACCommand)
            case hash(HashCommand)
            case random(RandomCommand)
            case importKey(ImportCommand)
            case export(ExportCommand)
            case byokExport(BYOKExportCommand)
            case backup(KeyName)
            case restore(RestoreCommand)
            case readWrappingKey
            case certificate(CertificateCommand)
            case deriveKey(DeriveKeyCommand)
            case encapsulation(EncapsulationCommand)
            case hybridEncryption(HybridEncryptionCommand)
            case key(KeyCommand)
            case config(ConfigCommand)
        }

        let work: Work
        let capability: Capability
    }

    let storage: StorageView
    let catalog: KeyCatalog
    let config = MountConfig()
    let wrappingKey: WrappingKey
    let now: @Sendable () -> Int
    // Rings that rotate by age, with the second at which they are due.
    private let rotations = RotationClock()

    package let typeName = "transit"

    /// An engine over its part of storage; `open` reads what is there. `now` gives Unix seconds.
    package init(storage: StorageView, now: @escaping @Sendable () -> Int) {
        self.storage = storage
        self.now = now
        wrappingKey = WrappingKey(storage: storage)
        catalog = KeyCatalog(storage: storage) { Self.moment(now()) }
    }

    /// Reads the mount's settings and learns which rings rotate by age. Throws when storage cannot be read.
    package func open() async throws(TransitError) {
        try await loadConfig()
        await catalog.limit(to: config.cacheSize)
        for text in try await catalog.names(after: nil, limit: .max) {
            guard let name = KeyName(text: text) else { continue }
            do throws(TransitError) {
                guard try await catalog.settings(name)?.autoRotateSeconds ?? 0 > 0,
                    let ring = try await catalog.ring(name)
                else { continue }
                noteRotation(of: ring)
            } catch {
                // One ring that cannot be read must not keep the others from being used.
                guard case .ring = error else { throw error }
            }
        }
    }

    package func resolve(_ request: EngineRequest) throws(TransitError) -> Command {
        guard let endpoint = TransitEndpoint(request.path) else { throw .unsupportedPath }
        switch (endpoint, request.operation) {
        case (.encrypt(let name), .write):
            let command = try EncryptCommand(request, name)
            // Whether the key exists is known here only for those in memory.
            let capability: Capability = catalog.cached(name) == nil ? .create : .update
            return Command(work: .encrypt(command), capability: capability)
        case (.decrypt(let name), .write): return update(.decrypt(try DecryptCommand(request, name)))
        case (.rewrap(let name), .write): return update(.rewrap(try RewrapCommand(request, name)))
        case (.dataKey(let kind, let name, let isList), .write):
            return update(.dataKey(try DataKeyCommand(request, kind: kind, name, isList: isList)))
        case (.derivedKeys(let kind, let name), .write):
            return update(.derivedKeys(try DerivedKeysCommand(request, kind: kind, name)))
        case (.hmac(let name, let algorithm), .write):
            return update(.hmac(try HMACCommand(request, name, algorithm: algorithm)))
        case (.sign(let name, let algorithm), .write):
            return update(.sign(try SignCommand(request, name, algorithm: algorithm)))
        case (.verify(let name, let algorithm), .write):
            return update(.verify(try VerifyCommand(request, name, algorithm: algorithm)))
        case (.cmac(let name, let length), .write):
            return update(.cmac(try CMACCommand(request, name, length: length)))
        case (.hash(let algorithm), .write): return update(.hash(try HashCommand(request, algorithm: algorithm)))
        case (.random(let rest), .write): return update(.random(try RandomCommand(request, rest: rest)))
        default: return try resolveAdministration(endpoint, request)
        }
    }

    private func resolveAdministration(
        _ endpoint: TransitEndpoint, _ request: EngineRequest
    ) throws(TransitError) -> Command {
        switch (endpoint, request.operation) {
        case (.keyList, .list): return Command(work: .key(try .list(request)), capability: .list)
        // Compatibility: LIST appends a slash, and nothing else is a folder.
        case (_, .list): throw .unsupportedPath
        case (.key(let name), .read): return Command(work: .key(try .read(request, name)), capability: .read)
        case (.key(let name), .write): return update(.key(try .create(request, name)))
        case (.key(let name), .delete): return Command(work: .key(.delete(name)), capability: .delete)
        case (.keyAction(let name, .config), .write): return update(.key(.configure(name, try KeyChanges(request))))
        case (.keyAction(let name, .rotate), .write): return update(.key(try .rotate(request, name)))
        case (.keyAction(let name, .trim), .write): return update(.key(try .trim(request, name)))
        case (.keyAction(let name, .softDelete), .delete):
            return Command(work: .key(.softDelete(name, isDeleted: true)), capability: .delete)
        case (.keyAction(let name, .softDeleteRestore), .write):
            return update(.key(.softDelete(name, isDeleted: false)))
        case (.keyAction(let name, .importKey), .write):
            return update(.importKey(try ImportCommand(request, name, isVersion: false)))
        case (.keyAction(let name, .importVersion), .write):
            return update(.importKey(try ImportCommand(request, name, isVersion: true)))
        case (.keyAction(let name, .csr), .write):
            return update(.certificate(try CertificateCommand(request, name, isChain: false)))
        case (.keyAction(let name, .setCertificate), .write):
            return update(.certificate(try CertificateCommand(request, name, isChain: true)))
        case (.wrappingKey, .read): return Command(work: .readWrappingKey, capability: .read)
        case (.cacheConfig, .read): return Command(work: .config(.readCache), capability: .read)
        case (.cacheConfig, .write): return update(.config(try .writeCache(request)))
        case (.keysConfig, .read): return Command(work: .config(.readKeys), capability: .read)
        case (.keysConfig, .write): return update(.config(try .writeKeys(request)))
        default: return try resolveTransfer(endpoint, request)
        }
    }

    private func resolveTransfer(
        _ endpoint: TransitEndpoint, _ request: EngineRequest
    ) throws(TransitError) -> Command {
        switch (endpoint, request.operation) {
        case (.export(let kind, let name, let version), .read):
            let command = try ExportCommand(request, kind: kind, name, version: version)
            return Command(work: .export(command), capability: .read)
        case (.byokExport(let destination, let source, let version), .read):
            let command = try BYOKExportCommand(request, destination, source, version: version)
            return Command(work: .byokExport(command), capability: .read)
        case (.backup(let name), .read): return Command(work: .backup(name), capability: .read)
        case (.restore(let name), .write): return update(.restore(try RestoreCommand(request, name: name)))
        case (.deriveKey(let name), .write): return update(.deriveKey(try DeriveKeyCommand(request, name)))
        case (.encapsulate(let name), .write):
            return update(.encapsulation(try EncapsulationCommand(request, name, decapsulates: false)))
        case (.decapsulate(let name), .write):
            return update(.encapsulation(try EncapsulationCommand(request, name, decapsulates: true)))
        case (.hpke(let name, let opens), .write):
            return update(.hybridEncryption(try HybridEncryptionCommand(request, name, opens: opens)))
        default: throw .unsupportedOperation
        }
    }

    private func readWrappingKey(into body: inout ByteWriter) async throws(TransitError) -> EngineReply {
        let key = try await wrappingKey.pair()
        var pem = ByteWriter(capacity: 1024)
        key.publicKey.appendPEM(to: &pem)
        body.append("{\"public_key\":")
        body.append(jsonString: pem.view)
        body.append("}")
        return EngineReply()
    }

    private func update(_ work: Command.Work) -> Command { Command(work: work, capability: .update) }

    package func capability(for command: Command) -> Capability { command.capability }

    package func storedCapability(for command: Command) async throws(TransitError) -> Capability {
        guard case .encrypt(let encrypt) = command.work, command.capability == .create else {
            return command.capability
        }
        return try await catalog.settings(encrypt.work.name) == nil ? .create : .update
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(TransitError) -> Handling {
        switch command.work {
        case .encrypt(let command): return try perform(command, into: &body)
        case .decrypt(let command): return try perform(command, into: &body)
        case .rewrap(let command): return try perform(command, into: &body)
        case .dataKey(let command): return try perform(command, into: &body)
        case .derivedKeys, .importKey, .export, .byokExport, .backup, .restore, .readWrappingKey, .certificate,
            .deriveKey, .encapsulation, .hybridEncryption:
            return .needsStorage
        case .hmac(let command): return try perform(command, into: &body)
        case .sign(let command): return try perform(command, into: &body)
        case .verify(let command): return try perform(command, into: &body)
        case .cmac(let command): return try perform(command, into: &body)
        case .hash(let command): return .done(try command.perform(into: &body))
        case .random(let command): return .done(try command.perform(into: &body))
        case .key(let command): return try perform(command, into: &body)
        case .config(let command): return perform(command, into: &body)
        }
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        switch command.work {
        case .encrypt(let command): return try await performStoring(command, into: &body)
        case .decrypt(let command): return try await performStoring(command, into: &body)
        case .rewrap(let command): return try await performStoring(command, into: &body)
        case .dataKey(let command): return try await performStoring(command, into: &body)
        case .derivedKeys(let command): return try await performStoring(command, into: &body)
        case .importKey(let command): return try await performStoring(command, into: &body)
        case .export(let command): return try await performStoring(command, into: &body)
        case .byokExport(let command): return try await performStoring(command, into: &body)
        case .backup(let name): return try await backup(name, into: &body)
        case .restore(let command): return try await performStoring(command, into: &body)
        case .readWrappingKey: return try await readWrappingKey(into: &body)
        case .certificate(let command): return try await performStoring(command, into: &body)
        case .deriveKey(let command): return try await performStoring(command, into: &body)
        case .encapsulation(let command): return try await performStoring(command, into: &body)
        case .hybridEncryption(let command): return try await performStoring(command, into: &body)
        case .hmac(let command): return try await performStoring(command, into: &body)
        case .sign(let command): return try await performStoring(command, into: &body)
        case .verify(let command): return try await performStoring(command, into: &body)
        case .cmac(let command): return try await performStoring(command, into: &body)
        case .hash(let command): return try command.perform(into: &body)
        case .random(let command): return try command.perform(into: &body)
        case .key(let command): return try await performStoring(command, into: &body)
        case .config(let command): return try await performStoring(command, into: &body)
        }
    }

    package func maintain(nowUnixSeconds: Int) async {
        for (name, version) in rotations.due(at: nowUnixSeconds) {
            // Failures of one ring do not stop the others; it stays due and is tried again next time.
            await rotate(name, ifLatestIs: version) { $0.rotationDueUnixSeconds < nowUnixSeconds }
        }
    }

    package func close() async { await catalog.close() }

    /// Now, to the nanosecond where the clock is the system's.
    var moment: Moment { Self.moment(now()) }

    private static func moment(_ seconds: Int) -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(seconds: seconds, nanoseconds: time.tv_sec == seconds ? time.tv_nsec : 0)
    }

    // MARK: - Rotation

    /// The next picture of the ring, with one more version. RSA keys take their time, so they have threads of their
    /// own.
    func next(of ring: KeyRing) async throws(TransitError) -> KeyRing {
        let now = moment
        do throws(KeyRingError) {
            guard ring.settings.type.isRSA else { return try ring.rotated(now: now) }
            return try await SlowWork.run { () throws(KeyRingError) in try ring.rotated(now: now) }
        } catch {
            throw .ring(error)
        }
    }

    /// Keeps in mind when the ring rotates by age.
    func noteRotation(of ring: KeyRing) { rotations.note(ring) }

    /// The name may come back as another ring.
    func forgetRotation(of name: KeyName) { rotations.retire(name) }

    /// Rotates the ring in the background because its messages become too many; once per version.
    func rotateSoon(_ ring: KeyRing) {
        guard rotations.begin(ring.name, ring.settings.latestVersion) else { return }
        Task { [self] in
            await rotate(ring.name, ifLatestIs: ring.settings.latestVersion) { _ in true }
            rotations.end(ring.name, ring.settings.latestVersion)
        }
    }

    private func rotate(_ name: KeyName, ifLatestIs version: Int, and isWanted: (KeyRing) -> Bool) async {
        do throws(TransitError) {
            let rotated = try await catalog.update(name) { (ring) async throws(TransitError) in
                guard ring.settings.latestVersion == version, isWanted(ring) else { return ring }
                return try await next(of: ring)
            }
            if let rotated { noteRotation(of: rotated) } else { rotations.retire(name) }
        } catch {
            // Still due: the next pass tries again.
        }
    }
}
