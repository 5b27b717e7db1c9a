package import Bytes

extension KeySettings {
    /// The stored form. **Layout** format 1: type, 8 flags, latest, 3 minimums, period, 3 limits, derivation,
    /// convergent version, key size, parameter set, hybrid parts, backup mark, restore mark, template, disabled
    /// versions.
    package var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(type.storedNumber)
        let flags = [
            isDerived, isConvergent, isExportable, allowsPlaintextBackup, allowsDeletion, isSoftDeleted, isImported,
            allowsImportedRotation,
        ]
        for flag in flags { writer.put(flag) }
        for number in [latestVersion, minDecryptionVersion, minEncryptionVersion, minAvailableVersion] {
            writer.put(number)
        }
        writer.put(autoRotateSeconds)
        for limit in [usageLimits.warn, usageLimits.rotate, usageLimits.refuse] { writer.put(limit) }
        for number in [derivation.rawValue, convergentVersion, keySize] { writer.put(number) }
        for text in [parameterSet, hybrid?.postQuantum ?? "", hybrid?.classic ?? ""] { writer.put(text: text) }
        for mark in [backup, restore] { writer.put(mark) }
        writer.put(text: versionTemplate)
        writer.put(disabledVersions.count)
        for version in disabledVersions { writer.put(version) }
        return writer.record
    }

    /// Reads the stored form back and checks that the numbers fit each other.
    package init(record: ByteView) throws(KeyRingError) {
        do throws(RecordFault) {
            var reader = try RecordReader(record)
            guard reader.format == 1, let type = KeyType(storedNumber: try reader.int()) else { throw RecordFault() }
            self.init(type: type)
            try readFlags(&reader)
            latestVersion = try reader.int()
            minDecryptionVersion = try reader.int()
            minEncryptionVersion = try reader.int()
            minAvailableVersion = try reader.int()
            autoRotateSeconds = try reader.int()
            usageLimits.warn = try reader.int()
            usageLimits.rotate = try reader.int()
            usageLimits.refuse = try reader.int()
            guard let derivation = KeyDerivation(rawValue: try reader.int()) else { throw RecordFault() }
            self.derivation = derivation
            convergentVersion = try reader.int()
            keySize = try reader.int()
            parameterSet = try reader.text()
            let (postQuantum, classic) = (try reader.text(), try reader.text())
            guard !postQuantum.isEmpty || classic.isEmpty else { throw RecordFault() }
            if !postQuantum.isEmpty { hybrid = HybridParts(postQuantum: postQuantum, classic: classic) }
            backup = try reader.mark()
            restore = try reader.mark()
            versionTemplate = try reader.text()
            let count = try reader.int()
            guard count >= 0, count <= record.count / 8 else { throw RecordFault() }
            for _ in 0..<count { disabledVersions.append(try reader.int()) }
            try reader.finish()
            guard flaw == nil else { throw RecordFault() }
        } catch {
            throw .corruptRecord
        }
    }

    private mutating func readFlags(_ reader: inout RecordReader) throws(RecordFault) {
        isDerived = try reader.bool()
        isConvergent = try reader.bool()
        isExportable = try reader.bool()
        allowsPlaintextBackup = try reader.bool()
        allowsDeletion = try reader.bool()
        isSoftDeleted = try reader.bool()
        isImported = try reader.bool()
        allowsImportedRotation = try reader.bool()
    }
}

extension RecordWriter {
    fileprivate mutating func put(_ mark: BackupMark?) {
        for number in [mark?.version ?? 0, mark?.moment.seconds ?? 0, mark?.moment.nanoseconds ?? 0] { put(number) }
    }
}

extension RecordReader {
    fileprivate mutating func mark() throws(RecordFault) -> BackupMark? {
        let version = try int()
        let moment = try moment()
        if version > 0 { return BackupMark(moment: moment, version: version) }
        guard version == 0, moment == Moment(seconds: 0) else { throw RecordFault() }
        return nil
    }

    fileprivate mutating func text() throws(RecordFault) -> String {
        let bytes = try view()
        let text = bytes.string
        // Bytes that are no UTF-8 would come back as others.
        guard text.utf8.elementsEqual(bytes.array) else { throw RecordFault() }
        return text
    }

    /// Reads seconds and nanoseconds.
    mutating func moment() throws(RecordFault) -> Moment {
        let (seconds, nanoseconds) = (try int(), try int())
        let moment = Moment(seconds: seconds, nanoseconds: nanoseconds)
        guard moment.nanoseconds == nanoseconds else { throw RecordFault() }
        return moment
    }
}
