# What the last stage of a preconditions study derives from its configuration, and what its rules take
# from.
from recycling.plan.composition import methods as composition_methods

# There is no target that an adapter could be related to.
TARGET_KEYWORDS = []
EXCLUDE_TARGET_RELATED = False
# What the study is run for.
PRODUCTS = [
    "<results>/tables/preconditions.tsv",
    "<results>/tables/preconditions.md",
    "<results>/figures/preconditions.svg",
]


wildcard_constraints:
    rule=one_of(STUDY["rules"]),


def answers_alone(wildcards):
    """The answers of each accepted adapter by itself."""
    return collect("<results>/answers/alone/{shard}.parquet", shard=shards(wildcards))


def answers_that_choose(wildcards):
    """The answers that experts are chosen by; none where both are named."""
    return answers_alone(wildcards) if STUDY["choosing"] else []


def rule_recipe(wildcards):
    """The method of a rule and its options."""
    return STUDY["rules"][wildcards.rule]


def rule_code(wildcards):
    """Digest of the script and of the rule's method."""
    return digest(
        "preconditions/ask_experts", composition_methods()[rule_recipe(wildcards)["method"]]
    )
