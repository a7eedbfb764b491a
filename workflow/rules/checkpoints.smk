# What is known only after a checkpoint has run. Functions of the plan ask for it by these names.
from recycling.ground.checkpoints import made
from recycling.plan.work import merging, pool, selection


def vetted_shards(_):
    """Numbers of the pool's shards."""
    return pool.shard_numbers(made(checkpoints.vet_pool).vetted)


def ranked_shards(wildcards, arm):
    """The shard of each adapter of an arm's ranking, in its order."""
    of = merging.ranking(STUDY, arm, wildcards.task, wildcards.replicate)
    ranked = made(checkpoints.rank_adapters, **of._asdict())
    return selection.shards_in_order(ranked.ranking)


plan.later |= {"shards": vetted_shards, "ranked_shards": ranked_shards}
