internal import Vocabulary

/// The policies that the house comes with.
///
/// **Source** system wire facts §10.
enum BuiltInPolicies {
    static let wrapping = "response-wrapping"

    /// What `default` says until somebody writes it anew.
    static let standardText = """
        # What every token may do that was not made without this policy.

        # Look at itself, renew itself, end itself.
        path "auth/token/lookup-self" { capabilities = ["read"] }
        path "auth/token/renew-self"  { capabilities = ["update"] }
        path "auth/token/revoke-self" { capabilities = ["update"] }

        # Ask what it may do.
        path "sys/capabilities-self"         { capabilities = ["update"] }
        path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }

        # Look up its own entity, by id and by name.
        path "identity/entity/id/{{identity.entity.id}}"     { capabilities = ["read"] }
        path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }

        # Renew leases, and look at them by their id.
        path "sys/renew"         { capabilities = ["update"] }
        path "sys/leases/renew"  { capabilities = ["update"] }
        path "sys/leases/lookup" { capabilities = ["update"] }

        # Keep things in its cubbyhole.
        path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }

        # Wrap answers, look at wrapping tokens, unwrap.
        path "sys/wrapping/wrap"   { capabilities = ["update"] }
        path "sys/wrapping/lookup" { capabilities = ["update"] }
        path "sys/wrapping/unwrap" { capabilities = ["update"] }

        # Hash.
        path "sys/tools/hash"   { capabilities = ["update"] }
        path "sys/tools/hash/*" { capabilities = ["update"] }

        # Ask how its own control group requests stand.
        path "sys/control-group/request" { capabilities = ["update"] }

        """

    /// What wrapping tokens may do; nobody can change it.
    static let wrappingText = """
        path "cubbyhole/response"  { capabilities = ["create", "read"] }
        path "sys/wrapping/unwrap" { capabilities = ["update"] }

        """

    static func text(_ name: String) -> String? {
        switch name {
        case PolicyName.root: ""
        case PolicyName.standard: standardText
        case wrapping: wrappingText
        default: nil
        }
    }
}
