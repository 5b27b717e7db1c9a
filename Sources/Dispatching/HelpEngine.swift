internal import Bytes
internal import EngineKit
internal import Vocabulary

/// Answers `?help=1` in an engine's place: what the path is, what can be asked of it. Any token may ask.
/// **Source** system wire facts §1; the field's path-help.
final class HelpEngine: SecretsEngine {
    /// There is no such path.
    struct Failure: WireFault {
        let faultClass = FaultClass.unsupportedPath
        let wireText = "unsupported path"
    }

    let mount: Mount

    init(mount: Mount) { self.mount = mount }

    var typeName: String { mount.engine.typeName }

    /// The path below the mount.
    func resolve(_ request: EngineRequest) -> String { request.path.string }

    func capability(for path: String) -> Capability { .read }

    func perform(_ path: String, into body: inout ByteWriter) throws(Failure) -> Handling { .needsStorage }

    func performStoring(_ path: String, into body: inout ByteWriter) async throws(Failure) -> EngineReply {
        guard let help = PathHelp.answer(path: path, of: mount.description, mount.describedPaths) else {
            throw Failure()
        }
        help.write(into: &body)
        return EngineReply(form: .bare)
    }
}
