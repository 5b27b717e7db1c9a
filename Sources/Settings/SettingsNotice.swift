internal import HCL

/// Where a setting was written.
package enum SettingsPlace: Sendable, Hashable, CustomStringConvertible {
    /// A place in a configuration file.
    case file(String, line: Int, column: Int)
    /// A configuration file or folder as a whole.
    case path(String)
    /// An environment variable.
    case environment(String)
    /// An option of the command line.
    case flag(String)
    /// All sources taken together, as for something that is nowhere.
    case configuration

    /// `file:line:column`, or the source in plain words.
    package var description: String {
        switch self {
        case .file(let file, let line, let column): "\(file):\(line):\(column)"
        case .path(let path): path
        case .environment(let name): "environment variable \(name)"
        case .flag(let name): "option -\(name)"
        case .configuration: "configuration"
        }
    }

    init(_ file: String, _ position: HCLPosition) {
        self = .file(file, line: position.line, column: position.column)
    }
}

/// What can be wrong, or worth a word, with settings. Values are never part of it, since they may be secrets.
package enum SettingsFault: Error, Sendable, Equatable {
    /// The file is not the configuration language; the text says what was expected.
    case language(String)
    /// A file or folder that cannot be read, and why.
    case unreadable(String)
    /// A wrong type or value: the setting, what is expected, and the kind that was found if that is what is wrong.
    case expected(setting: String, String, found: String?)
    /// No setting of that name, and one that may be meant.
    case unknown(setting: String, suggestion: String?)
    /// A setting of the field that has no effect here.
    case unused(setting: String)
    /// A setting or stanza that is there twice where one is allowed.
    case repeated(setting: String, first: SettingsPlace)
    /// A setting that a later file sets again.
    case superseded(setting: String, first: SettingsPlace)
    /// Something that has to be there.
    case missing(setting: String, String)
    /// Settings that do not go together, or should be thought about.
    case rule(String)
    /// This many more notices of the kind, which are not listed.
    case more(Int)
}

extension SettingsFault: CustomStringConvertible {
    /// The fault in plain words.
    package var description: String {
        switch self {
        case .language(let what): what
        case .unreadable(let why): "cannot be read: \(why)"
        case .expected(let setting, let what, let found):
            "\(setting): expected \(what)" + (found.map { ", found \($0)" } ?? "")
        case .unknown(let setting, let suggestion):
            "\(setting) is not known" + (suggestion.map { "; did you mean \($0)?" } ?? "")
        case .unused(let setting): "\(setting) has no effect in Strongroom"
        case .repeated(let setting, let first): "\(setting) is there twice; first at \(first)"
        case .superseded(let setting, let first): "\(setting) replaces the value of \(first)"
        case .missing(let setting, let what): "\(setting) is missing: \(what)"
        case .rule(let sentence): sentence
        case .more(let count): "and \(count) more"
        }
    }
}

/// An error or warning about settings, and its place.
package struct SettingsNotice: Sendable, Equatable, CustomStringConvertible {
    /// Where.
    package let place: SettingsPlace
    /// What.
    package let fault: SettingsFault

    /// The place, a colon and the fault.
    package var description: String { "\(place): \(fault)" }
}

/// One setting that was found and understood.
package struct UnderstoodSetting: Sendable, Equatable {
    /// Its full name, such as `listener[1].tls_disable`.
    package let name: String
    /// Its value as it was understood; `(secret)` for a secret.
    package let value: String
    /// Where it was written.
    package let place: SettingsPlace
}

/// What is found while settings are read. Bounded: past a hundred notices of a kind they are counted only.
final class SettingsFindings {
    static let most = 100
    let environment: [String: String]
    /// False when a file could not be read: what seems to be missing may stand in it.
    var hasAllFiles = true
    private(set) var errors: [SettingsNotice] = []
    private(set) var warnings: [SettingsNotice] = []
    private(set) var understood: [UnderstoodSetting] = []
    private var surplus = (errors: 0, warnings: 0)

    init(environment: [String: String]) { self.environment = environment }

    var hasRoomForWarnings: Bool { warnings.count < Self.most }

    func fail(_ fault: SettingsFault, at place: SettingsPlace) {
        if errors.count < Self.most {
            errors.append(SettingsNotice(place: place, fault: fault))
        } else {
            surplus.errors += 1
        }
    }

    func warn(_ fault: SettingsFault, at place: SettingsPlace) {
        if hasRoomForWarnings {
            warnings.append(SettingsNotice(place: place, fault: fault))
        } else {
            surplus.warnings += 1
        }
    }

    func note(_ name: String, _ value: String, at place: SettingsPlace) {
        understood.append(UnderstoodSetting(name: name, value: value, place: place))
    }

    /// Says how many notices were left out.
    func close() {
        if surplus.errors > 0 {
            errors.append(SettingsNotice(place: .configuration, fault: .more(surplus.errors)))
        }
        if surplus.warnings > 0 {
            warnings.append(SettingsNotice(place: .configuration, fault: .more(surplus.warnings)))
        }
    }
}
