package import EngineKit
package import Vocabulary

/// What can go wrong in the database engine. **Source** system wire facts §19.
package enum DatabaseError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// A name that cannot be one.
    case malformedName
    /// No plugin was named, or none of that name is built in.
    case pluginMissing
    case unknownPlugin(String)
    /// The database cannot be used with these details.
    case verification(DatabaseFault)
    /// The details themselves are wrong.
    case details(String)
    /// A role without a database, or a database without details.
    case databaseMissing
    case unknownDatabase(String)
    /// A role without a user, or that may not be changed so.
    case usernameMissing
    case usernameFixed
    /// Neither a period nor a schedule, or both, or one that is none.
    case rotationMissing
    case invalidSchedule
    case periodTooShort
    /// No statements say how users are made.
    case creationMissing
    /// The default is above the maximum.
    case defaultAboveMax
    /// There is no such role.
    case unknownRole(String)
    case unknownStaticRole
    /// The database is not for this role.
    case roleNotAllowed(String)
    /// The password policy is not there.
    case unknownPolicy
    /// The template for names is none.
    case invalidTemplate(String)
    /// Nothing there, and nothing to say about it.
    case nothingThere
    /// The database did not do it.
    case database(DatabaseFault)
    /// Users that were being made could not be undone yet.
    case halfMade
    /// Storage did not answer.
    case storage
    /// The random source failed.
    case noRandomness
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .malformedName, .pluginMissing, .unknownPlugin, .verification, .details, .databaseMissing,
            .unknownDatabase, .usernameMissing, .usernameFixed, .rotationMissing, .invalidSchedule, .periodTooShort,
            .creationMissing, .defaultAboveMax, .unknownRole, .unknownStaticRole, .unknownPolicy, .invalidTemplate,
            .roleNotAllowed:
            .invalidRequest
        case .nothingThere: .nothingThere
        // Not 503, which tells clients that this server is sealed.
        case .database, .halfMade: .internal
        case .storage, .noRandomness: .unavailable
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .malformedName: "names are made of letters, digits, '.', '_' and '-'"
        case .pluginMissing: "empty plugin name"
        case .unknownPlugin(let name):
            "error creating database object: invalid database version: 2 errors occurred: plugin not found in the "
                + "catalog: \(name)"
        case .verification(let fault):
            "error creating database object: error verifying connection: \(fault.text)"
        case .details(let text): "error creating database object: \(text)"
        case .databaseMissing: "database name is required"
        case .unknownDatabase(let name): "failed to find entry for connection with name: \"\(name)\""
        case .usernameMissing: "username is a required field to create a static account"
        case .usernameFixed: "cannot update static account username"
        case .rotationMissing: "one of rotation_schedule or rotation_period must be provided to create a static account"
        case .invalidSchedule: "could not parse rotation_schedule"
        case .periodTooShort: "rotation_period must be 5 seconds or more"
        case .creationMissing: "creation_statements are required"
        case .defaultAboveMax: "default_ttl cannot be greater than max_ttl"
        case .unknownRole(let name): "unknown role: \(name)"
        case .unknownStaticRole: "no static role found for role name"
        case .roleNotAllowed(let name): "\"\(name)\" is not an allowed role"
        case .unknownPolicy: "the password policy does not exist or makes no password"
        case .invalidTemplate(let text): "invalid username_template: \(text)"
        case .nothingThere: ""
        case .database(let fault): fault.text
        case .halfMade:
            "users that were being made could not be undone yet; try again when the database answers, or delete its "
                + "connection to give them up"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        }
    }
}
