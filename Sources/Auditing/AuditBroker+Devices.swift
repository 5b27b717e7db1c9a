package import Bytes
internal import Dispatch
internal import Primitives
package import Storage
internal import Synchronization

/// Enabling, listing and disabling devices; loading them after an unsealing.
extension AuditBroker {
    private static let folderOfRecords = "core/audit/"
    private static let headersKey = StorageKey("core/audited-headers")
    /// So long a device's end is waited for, in turns of ten milliseconds.
    private static let endTurns = 200

    /// The enabled devices by path, and how they are.
    package var devices: [(wish: DeviceWish, status: DeviceStatus)] {
        let devices = picture.withLock { $0.devices }
        return order.withLock { _ in
            devices.map { device in
                var status = device.lane.status
                status.waitingBytes = device.lane.queue.byteCount
                return (device.wish, status)
            }
        }
    }

    /// Opens a device and records on it from now on. It is stored, and opened again after each unsealing.
    package func enable(_ wish: DeviceWish) async throws(AuditFault) {
        var wish = wish
        wish.path = try Self.normalised(wish.path)
        let ready = wish
        try await changes.run { () async throws(AuditFault) in try await self.add(ready) }
    }

    /// Ends a device and forgets it. A path without one is fine.
    package func disable(_ path: String) async throws(AuditFault) {
        let path = path.hasSuffix("/") ? path : path + "/"
        try await changes.run { () async throws(AuditFault) in try await self.remove(path) }
    }

    /// The hash that the device at the path writes for a value.
    package func hash(_ input: ByteView, for path: String) throws(AuditFault) -> String {
        let path = path.hasSuffix("/") ? path : path + "/"
        guard let device = picture.withLock({ $0.devices.first { $0.wish.path == path } }) else {
            throw .unknownDevice(path)
        }
        guard !input.isEmpty else { throw .inputMissing }
        var hasher = ValueHasher(device)
        var output = ByteWriter(capacity: 128)
        hasher.append(hash: input, to: &output)
        guard !hasher.isBroken else { throw .noRandomness }
        return output.view.slice(1, output.count - 2).string
    }

    /// Opens the stored devices, and reads which headers are recorded. One that cannot be opened is tried again for
    /// ever; as long as no other records, requests fail.
    package func load(from storage: any StorageBackend) async throws(AuditFault) {
        if picture.withLock({ !$0.devices.isEmpty }) { await unload() }
        loads.add(1, ordering: .relaxed)
        try await changes.run { () async throws(AuditFault) in try await self.open(storage) }
    }

    /// Ends every device without forgetting it, before each sealing and at the end. What waits is written first, for
    /// two seconds at most.
    package func unload() async {
        do throws(AuditFault) {
            try await changes.run { () async throws(AuditFault) in
                let devices = self.picture.withLock { picture in
                    defer { picture = Picture(isPutAway: true) }
                    return picture.devices
                }
                self.show([])
                self.stored.withLock { $0 = nil }
                for device in devices { await self.close(device) }
            }
        } catch {
            log("audit devices were not closed: \(error.wireText)")
        }
    }

    /// The same in a second, unless the devices are loaded anew before.
    package func unloadSoon() {
        let now = loads.load(ordering: .relaxed)
        Task {
            try await Task.sleep(for: .seconds(1))
            if loads.load(ordering: .relaxed) == now { await unload() }
        }
    }

    // MARK: - One at a time

    private func add(_ wish: DeviceWish) async throws(AuditFault) {
        let devices = picture.withLock { $0.devices }
        guard !devices.contains(where: { $0.wish.path.hasPrefix(wish.path) || wish.path.hasPrefix($0.wish.path) })
        else { throw .pathInUse }
        guard devices.count < Self.deviceLimit else { throw .tooMany(limit: Self.deviceLimit) }
        let device = try AuditDevice(wish, folder: folder, salt: try Self.salt())
        guard !devices.contains(where: { $0.options.target == device.options.target && device.isExclusive }) else {
            throw .option("another audit device writes there")
        }
        order.withLock { $0.devices.append(device) }
        if let fault = await DeviceLoop.start(device, self, isPatient: false) {
            order.withLock { order in order.devices.removeAll { $0 === device } }
            throw .unusable(fault)
        }
        do throws(AuditFault) { try await store(device) } catch {
            await close(device)
            throw error
        }
        watch.start(self)
        show((devices + [device]).sorted { $0.wish.path < $1.wish.path })
        log("audit device \(wish.path) is enabled" + (device.options.isRaw ? "; it records values in clear" : ""))
    }

    private func remove(_ path: String) async throws(AuditFault) {
        let devices = picture.withLock { $0.devices }
        guard let device = devices.first(where: { $0.wish.path == path }) else { return }
        if let storage = stored.withLock({ $0 }) {
            var batch = WriteBatch()
            batch.delete(StorageKey(Self.folderOfRecords + path))
            do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
        }
        show(devices.filter { $0 !== device })
        await close(device)
        log("audit device \(path) is disabled")
    }

    private func open(_ storage: any StorageBackend) async throws(AuditFault) {
        stored.withLock { $0 = storage }
        var devices: [AuditDevice] = []
        do throws(StorageError) {
            let entries = try await Self.entries(storage)
            for entry in entries {
                guard let record = try? DeviceRecord(entry.entry.value),
                    let device = try? AuditDevice(record.wish, folder: folder, salt: record.salt)
                else {
                    log("the stored audit device \(entry.key.path) cannot be used")
                    continue
                }
                devices.append(device)
            }
            // Somebody wanted records: without a single device nothing may be answered.
            if devices.isEmpty, !entries.isEmpty { throw .unavailable }
            let headers = try await storage.read(Self.headersKey).map { HeaderRecord.headers($0.value) } ?? []
            picture.withLock { $0.headers = headers }
        } catch {
            throw .storage
        }
        for device in devices {
            order.withLock { $0.devices.append(device) }
            _ = await DeviceLoop.start(device, self, isPatient: true)
        }
        if !devices.isEmpty { watch.start(self) }
        picture.withLock { $0.isPutAway = false }
        show(devices)
    }

    private static func entries(_ storage: any StorageBackend) async throws(StorageError) -> [StoredEntry] {
        var result: [StoredEntry] = []
        while true {
            let page = try await storage.entries(under: folderOfRecords, after: result.last?.key, limit: 100)
            if page.isEmpty { return result }
            result += page
        }
    }

    /// Ends a device's thread when what waits is written; one that hangs is left behind.
    private func close(_ device: AuditDevice) async {
        order.withLock { _ in device.lane.phase = .closing }
        device.isUp.store(false, ordering: .relaxed)
        device.alarm.signal()
        for _ in 0..<Self.endTurns {
            if order.withLock({ order in !order.devices.contains { $0 === device } }) { return }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
        }
        order.withLock { order in
            _ = order.expire(device)
            publish(order)
            order.devices.removeAll { $0 === device }
        }
        announce()
    }

    private func store(_ device: AuditDevice) async throws(AuditFault) {
        guard let storage = stored.withLock({ $0 }) else { return }
        var batch = WriteBatch()
        let record = DeviceRecord(wish: device.wish, salt: device.salt)
        batch.put(StorageKey(Self.folderOfRecords + device.wish.path), record.bytes)
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
    }

    private static func salt() throws(AuditFault) -> [UInt8] {
        do throws(CryptoError) {
            return try RandomSource.secret(count: AuditDevice.saltLength).exposing { $0.array }
        } catch {
            throw .noRandomness
        }
    }

    private static func normalised(_ path: String) throws(AuditFault) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let trimmed = parts.last == "" ? parts.dropLast() : parts[...]
        guard !trimmed.isEmpty, path.utf8.count <= 256 else { throw .malformedPath }
        for part in trimmed {
            let isSound = part.utf8.allSatisfy { byte in
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
            guard !part.isEmpty, part != ".", part != "..", isSound else { throw .malformedPath }
        }
        return trimmed.joined(separator: "/") + "/"
    }

    // MARK: - Headers

    /// The headers that entries show, by name.
    package var auditedHeaders: [AuditedHeader] { picture.withLock { $0.headers } }

    /// Records a header from now on.
    package func setHeader(_ header: AuditedHeader) async throws(AuditFault) {
        var header = header
        header.name = header.name.lowercased()
        let isSound = header.name.utf8.allSatisfy { byte in
            byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
        guard !header.name.isEmpty, header.name.utf8.count <= 128, isSound else { throw .malformedHeader }
        // What lets somebody in is never shown.
        if ["x-vault-token", "authorization", "cookie"].contains(header.name) { header.isHashed = true }
        let ready = header
        try await changes.run { () async throws(AuditFault) in
            var headers = self.auditedHeaders.filter { $0.name != ready.name }
            guard headers.count < 64 else { throw .tooManyHeaders }
            headers.append(ready)
            try await self.keep(headers.sorted { $0.name < $1.name })
        }
    }

    /// Records a header no more.
    package func removeHeader(_ name: String) async throws(AuditFault) {
        let name = name.lowercased()
        try await changes.run { () async throws(AuditFault) in
            let headers = self.auditedHeaders.filter { $0.name != name }
            guard headers.count < self.auditedHeaders.count else { throw .unknownHeader }
            try await self.keep(headers)
        }
    }

    private func keep(_ headers: [AuditedHeader]) async throws(AuditFault) {
        if let storage = stored.withLock({ $0 }) {
            var batch = WriteBatch()
            batch.put(Self.headersKey, HeaderRecord.bytes(headers))
            do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
        }
        picture.withLock { $0.headers = headers }
    }
}
