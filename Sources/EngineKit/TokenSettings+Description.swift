/// The settings of tokens in words, for the rooms whose roles and users have them.
extension PathField {
    /// As they are written.
    package static let tokenSettings: [PathField] = [
        .duration("token_ttl", "Time to live of tokens."), .duration("token_max_ttl", "Longest time to live."),
        .texts("token_policies", "Policies of tokens."), .texts("token_bound_cidrs", "Addresses they may come from."),
        .duration("token_explicit_max_ttl", "Longest time to live, whatever else is set."),
        .flag("token_no_default_policy", "Whether the policy default is left out."),
        .int("token_num_uses", "Requests that a token is good for; 0 for any number."),
        .duration("token_period", "Time to live of tokens that can be renewed for ever."),
        .choice("token_type", ["default", "service", "batch", "default-service", "default-batch"], "Their kind."),
    ]
    /// As they are read.
    package static let shownTokenSettings: [PathField] = [
        PathField.int("token_ttl"), .int("token_max_ttl"), .texts("token_policies"), .texts("token_bound_cidrs"),
        .int("token_explicit_max_ttl"), .flag("token_no_default_policy"), .int("token_num_uses"), .int("token_period"),
        .text("token_type"),
    ].allRequired
}
