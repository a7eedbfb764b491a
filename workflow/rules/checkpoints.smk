# What is known only when a checkpoint has run, by the names under which functions of the plan ask.
from recycling.plan.work import merging, pool, selection


def vetted_shards(_):
    """Numbers of the pool's shards."""
    return pool.shard_numbers(checkpoints.vet_pool.get().output.vetted)


def ranked_shards(wildcards):
    """The shard of each adapter of an arm's ranking, in its order."""
    of = merging.ranking(STUDY, wildcards.arm, wildcards.task, wildcards.replicate)
    ranked = checkpoints.rank_adapters.get(**of._asdict())
    return selection.shards_in_order(ranked.output.ranking)


plan.later |= {"shards": vetted_shards, "ranked_shards": ranked_shards}
