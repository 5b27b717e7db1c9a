internal import ArgumentParser

/// `strongroom operator`: what the operators of a server do.
struct OperatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Tasks of the operators of a server.",
        subcommands: [
            OperatorInitCommand.self, OperatorUnsealCommand.self, OperatorSealCommand.self, OperatorRekeyCommand.self,
            OperatorGenerateRootCommand.self, OperatorRotateCommand.self, OperatorKeyStatusCommand.self,
            OperatorSnapshotCommand.self, OperatorStepDownCommand.self, OperatorDiagnoseCommand.self,
            ValidateConfigCommand.self, RestoreCommand.self, OperatorMigrateCommand.self,
        ])
}
